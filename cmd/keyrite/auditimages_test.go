package main

import (
	"strings"
	"testing"
)

func TestReferencesFromStandardInput(t *testing.T) {
	for _, tt := range []struct{ name, in, want, fails string }{
		{"as kubectl writes them", "alpine\n\n  reg.example/app:1.4 \n# a note\nalpine\r\n", "docker.io/library/alpine:latest reg.example/app:1.4", ""},
		{"nothing", "\n", "", "nothing was checked"},
		{"no reference", "alpine\nreg.example/app:1 4\n", "", `line 2 of "-"`},
		{"far too long", strings.Repeat("x", maxReferences+1), "", "larger than 8388608 bytes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			refs, err := newCLI(process{in: strings.NewReader(tt.in), out: new(strings.Builder), err: new(strings.Builder)}).references("-", nil)
			var got []string
			for _, r := range refs {
				got = append(got, string(r.GUN)+":"+r.Tag)
			}
			if strings.Join(got, " ") != tt.want {
				t.Errorf("read %q, want %q", got, tt.want)
			}
			if (err != nil) != (tt.fails != "") || err != nil && !strings.Contains(err.Error(), tt.fails) {
				t.Errorf("error %v, want %q", err, tt.fails)
			}
		})
	}
}
