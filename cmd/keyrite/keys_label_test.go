package main

import (
	"testing"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/ui/keys"
)

func TestMislabelled(t *testing.T) {
	const gun = trustdata.GUN("reg.example/app")
	use := func(role trustdata.Role) []keys.Use { return []keys.Use{{GUN: gun, Role: role}} }
	for name, c := range map[string]struct {
		info keyring.Info
		uses []keys.Use
		bad  bool
	}{
		"root":                   {keyring.Info{Role: "root"}, use("root"), false},
		"targets":                {keyring.Info{Role: "targets", GUN: gun}, use("targets"), false},
		"targets without GUN":    {keyring.Info{Role: "targets"}, use("targets"), false},
		"signer":                 {keyring.Info{Role: "alice"}, use("targets/alice"), false},
		"signer of another name": {keyring.Info{Role: "signer"}, use("targets/alice"), false},
		"one use fits":           {keyring.Info{Role: "root"}, append(use("targets"), use("root")...), false},
		"no role":                {keyring.Info{}, use("root"), false},
		"no use known":           {keyring.Info{Role: "root"}, nil, false},

		"root as targets":       {keyring.Info{Role: "targets"}, use("root"), true},
		"targets as root":       {keyring.Info{Role: "root"}, use("targets"), true},
		"root as signer":        {keyring.Info{Role: "alice"}, use("root"), true},
		"signer as targets":     {keyring.Info{Role: "targets", GUN: gun}, use("targets/alice"), true},
		"of another repository": {keyring.Info{Role: "targets", GUN: "reg.example/other"}, use("targets"), true},
	} {
		if got := mislabelled(c.info, c.uses); (got != "") != c.bad {
			t.Errorf("%s: %q", name, got)
		}
	}
}
