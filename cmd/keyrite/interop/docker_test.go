package interop_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"keyrite/cmd/keyrite/interop"
)

func TestDockerReadsTheSameRepository(t *testing.T) {
	t.Parallel()
	s := interop.StartServer(t, interop.ServerOptions{TLS: true})
	n := s.Notary(t)
	n.InitServerSnapshot("example.com/app")
	alice := n.Delegate("example.com/app", "alice", "targets/alice", "targets/releases")
	n.Sign("example.com/app", "v1", digest1, 1, "targets/alice", "targets/releases")
	in, ok := s.DockerTrustInspect(t, "example.com/app")
	if !ok {
		return
	}
	if len(in.SignedTags) != 1 || in.SignedTags[0].Digest != digest1 {
		t.Errorf("signed tags: %v", in.SignedTags)
	}
	if d := cmp.Diff([]string{alice}, interop.KeyIDs(in.Signers, "alice")); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{n.KeyID("targets", "example.com/app")}, interop.KeyIDs(in.AdministrativeKeys, "Repository")); d != "" {
		t.Error(d)
	}
}
