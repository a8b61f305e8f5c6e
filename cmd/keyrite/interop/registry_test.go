package interop_test

import (
	"testing"

	"keyrite/cmd/keyrite/interop"
)

func TestRegistryMovesAndDeletesTags(t *testing.T) {
	t.Parallel()
	r := interop.StartRegistry(t)
	one := r.Push("team/app", "v1", "one")
	two := r.Push("team/app", "v2", "two")
	if one.Digest == two.Digest {
		t.Fatal("two images with one digest")
	}
	r.Tag("team/app", "latest", one)
	r.Tag("team/app", "latest", two)
	r.Untag("team/app", "v2")
	r.Delete("team/app", one)
	for tag, want := range map[string]string{"v1": "", "v2": "", "latest": two.Digest} {
		if got := r.Serves("team/app", tag); got != want {
			t.Errorf("%s serves %q, want %q", tag, got, want)
		}
	}
}
