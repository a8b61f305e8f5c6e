package main

import (
	"fmt"
	"slices"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/ui/keys"
)

// mislabelled says where what a key's file says of its use and what verified metadata says
// have nothing in common, or "". The headers are not signed, and a root key that passes for
// a repository's may be asked for by its wrong passphrase, or handed on.
func mislabelled(info keyring.Info, uses []keys.Use) string {
	if info.Role == "" || info.Problem != "" || len(uses) == 0 {
		return ""
	}
	fits := func(u keys.Use) bool {
		role := trustdata.Role(info.Role)
		if !role.IsBase() { // signers have names of their own choice
			return u.Role.IsDelegation()
		}
		return u.Role == role && (info.GUN == "" || info.GUN == u.GUN)
	}
	if slices.ContainsFunc(uses, fits) {
		return ""
	}
	return fmt.Sprintf("its file says that it is for %s, but %s lists it for %s",
		forWhom(keyring.Header{Role: info.Role, GUN: info.GUN}), uses[0].GUN, uses[0].Role)
}
