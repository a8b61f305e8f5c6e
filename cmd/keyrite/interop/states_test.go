package interop_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"keyrite/cmd/keyrite/interop"
)

// Images in a real registry, signed, then moved and deleted behind the signer's back.
func TestFourStates(t *testing.T) {
	t.Parallel()
	s, reg := interop.StartServer(t, interop.ServerOptions{}), interop.StartRegistry(t)
	n := s.Notary(t)
	gun := reg.Host + "/team/app"
	n.InitServerSnapshot(gun)
	images := make(map[string]interop.Image)
	for _, tag := range []string{"signed", "moved", "untagged", "deleted"} {
		images[tag] = reg.Push("team/app", tag, tag)
		n.Sign(gun, tag, images[tag].Digest, images[tag].Length)
	}
	other := reg.Push("team/app", "unsigned", "unsigned")
	reg.Tag("team/app", "moved", other)
	reg.Untag("team/app", "untagged")
	reg.Delete("team/app", images["deleted"])

	k := n.Keyrite()
	k.Args = append(k.Args, "--registry", reg.URL)
	row := func(name, signed, serves, state string, length int64) tagJSON {
		tag := tagJSON{Name: name, Digest: signed, Length: length, Roles: []string{}, Signers: []string{}, RegistryDigest: serves, State: state}
		if signed != "" {
			tag.Roles, tag.Signers, tag.Pulled = []string{"targets"}, []string{"Repo Admin"}, true
		}
		return tag
	}
	length := images["signed"].Length
	want := []tagJSON{
		row("deleted", images["deleted"].Digest, "", "gone", images["deleted"].Length),
		row("moved", images["moved"].Digest, other.Digest, "moved", images["moved"].Length),
		row("signed", images["signed"].Digest, images["signed"].Digest, "signed", length),
		row("unsigned", "", other.Digest, "unsigned", 0),
		row("untagged", images["untagged"].Digest, "", "gone", images["untagged"].Length),
	}
	got := interop.JSON[tagsJSON](k, "tags", "--compare", gun).Tags
	slices.SortFunc(got, func(a, b tagJSON) int { return strings.Compare(a.Name, b.Name) })
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]tagJSON{want[1], want[3]}, interop.JSON[tagsJSON](k, "tags", gun, "--state", "unsigned,moved").Tags); d != "" {
		t.Error("--state unsigned,moved:", d)
	}
	for _, tag := range interop.JSON[tagsJSON](k, "tags", gun).Tags {
		if tag.State != "" || tag.RegistryDigest != "" {
			t.Errorf("without --compare: %+v", tag)
		}
	}

	v := interop.JSON[verifyJSON](k, "verify", gun+":signed")
	if !v.Verified || v.Digest != images["signed"].Digest || v.Reference != gun+"@"+images["signed"].Digest {
		t.Errorf("verify: %+v", v)
	}
	if r := k.Try("verify", gun+":unsigned"); r.Code != 3 {
		t.Errorf("verify of an unsigned tag: exit %d\n%s", r.Code, r.Output())
	}
}
