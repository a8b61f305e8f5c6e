package backup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"keyrite/trustdata"
)

func createFrom(t *testing.T, src Source, opt CreateOptions) *CreateResult {
	t.Helper()
	opt.Dir, opt.Now = t.TempDir(), testTime
	p, err := PlanCreate(context.Background(), src, opt)
	check(t, err)
	made, err := p.Apply(context.Background(), nil)
	check(t, err)
	return made
}

// usesOf are the uses of each role's key, in the words of a person.
func (s *signedRig) usesOf(keys []Key) map[string]string {
	got := map[string]string{}
	for _, k := range keys {
		words := []string{}
		for _, u := range k.SignsFor {
			word := u.Role + " of " + string(u.GUN)
			if !u.Expires.IsZero() {
				word += " until " + u.Expires.Format(time.DateOnly)
			}
			if !u.CertificateExpires.IsZero() {
				word += ", certificate until " + u.CertificateExpires.Format(time.DateOnly)
			}
			if u.Verified {
				word += ", verified"
			}
			words = append(words, word)
		}
		got[k.Role] = strings.Join(words, "; ")
	}
	return got
}

func TestKeysSayWhatTheySignFor(t *testing.T) {
	s := newSignedRig(t)
	s.src.Verified = map[trustdata.GUN]bool{testGUN: true}
	id, to := newIdentity(t)
	made := createFrom(t, s.src, CreateOptions{Recipients: []Recipient{to}, Identities: own(id)})
	want := map[string]string{
		"root":          "root of " + testGUN + " until 2027-11-26, certificate until 2036-11-19, verified",
		"targets":       "targets of " + testGUN + " until 2027-11-29, verified",
		"snapshot":      "snapshot of " + testGUN + " until 2027-11-30, verified",
		"targets/alice": "targets/alice of " + testGUN + " until 2027-12-05, verified",
	}
	if diff := cmp.Diff(want, s.usesOf(made.Keys)); diff != "" {
		t.Error("written (-want +got):\n", diff)
	}
	v, err := Verify(context.Background(), made.File, own(id), VerifyOptions{})
	check(t, err)
	if diff := cmp.Diff(want, s.usesOf(v.Keys)); diff != "" {
		t.Error("read (-want +got):\n", diff)
	}
}

// What docker or notary cached counts only where keyrite has no metadata of its own.
func TestUsesOfCachedMetadata(t *testing.T) {
	s := newSignedRig(t)
	writeFile(t, s.dir+"/tuf/"+testGUN+"/metadata/root.json", string(s.root1))
	id, to := newIdentity(t)
	for name, c := range map[string]struct {
		metadata []MetadataFile
		root     string
	}{
		"keyrite has a newer root": {s.src.Metadata, "root of " + testGUN + " until 2027-11-26, certificate until 2036-11-19"},
		"docker's alone":           {nil, ""},
	} {
		src := s.src
		src.Metadata = c.metadata
		made := createFrom(t, src, CreateOptions{Recipients: []Recipient{to}, Identities: own(id)})
		if got := s.usesOf(made.Keys); got["root"] != c.root || !strings.HasPrefix(got["targets"], "targets of "+testGUN) {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// A manifest that says more of a key than the metadata beside it is damage; one that says
// less is completed.
func TestManifestLiesAboutUses(t *testing.T) {
	s := newSignedRig(t)
	id, to := newIdentity(t)
	made := createFrom(t, s.src, CreateOptions{Recipients: []Recipient{to}})
	check(t, os.Remove(made.File+".sha256"))
	files := untar(t, unpack(t, made.File, id))
	var alice string
	for name := range files {
		if strings.HasPrefix(name, "private/"+string(s.keys[signer].KeyID())) {
			alice = name
		}
	}
	tests := []struct {
		name, want string
		change     func(*File)
	}{
		{"another repository", `is said to sign for "targets/alice" of "evil.example/x", and the metadata in the backup does not list it there`, func(f *File) { f.SignsFor[0].GUN = "evil.example/x" }},
		{"another role", `is said to sign for "root" of "` + testGUN + `", and the metadata`, func(f *File) { f.SignsFor[0].Role = "root" }},
		{"one more", `is said to sign for "snapshot" of`, func(f *File) { f.SignsFor = append(f.SignsFor, Use{GUN: testGUN, Role: "snapshot"}) }},
		{"another day", "until another day than the metadata in the backup says", func(f *File) { f.SignsFor[0].Expires = f.SignsFor[0].Expires.AddDate(9, 0, 0) }},
		{"another day of a certificate", "until another day", func(f *File) { f.SignsFor[0].CertificateExpires = testTime }},
		{"no text of a role", `\x1b[2J`, func(f *File) { f.SignsFor[0].Role = "\x1b[2J" }},
		{"a role in the file's header", "says role", func(f *File) { f.Role = "root" }},
		{"a repository in the file's header", "says role", func(f *File) { f.GUN = "evil.example/x" }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			lying := retold(t, files, func(m *Manifest) {
				i := slices.IndexFunc(m.Files, func(f File) bool { return f.Path == alice })
				m.Files[i].SignsFor = slices.Clone(m.Files[i].SignsFor)
				tt.change(&m.Files[i])
			})
			refuses(t, seal(t, lying, id.Recipient()), id, ErrDamaged, tt.want)
		})
	}
	t.Run("a use of a metadata file", func(t *testing.T) {
		lying := retold(t, files, func(m *Manifest) {
			m.Files[0].SignsFor = []Use{{GUN: testGUN, Role: "root"}}
		})
		refuses(t, seal(t, lying, id.Recipient()), id, ErrDamaged, "is said to sign for")
	})
	t.Run("says nothing", func(t *testing.T) {
		silent := retold(t, files, func(m *Manifest) {
			for i := range m.Files {
				m.Files[i].SignsFor = nil
			}
		})
		v, err := Verify(context.Background(), seal(t, silent, id.Recipient()), own(id), VerifyOptions{})
		check(t, err)
		if got := s.usesOf(v.Keys); !strings.HasPrefix(got["root"], "root of "+testGUN) || strings.Contains(got["root"], "verified") {
			t.Errorf("uses %q", got)
		}
	})
	t.Run("the metadata is gone", func(t *testing.T) {
		less := map[string]string{}
		for name, data := range files {
			if !strings.HasSuffix(name, "/targets.json") {
				less[name] = data
			}
		}
		lying := retold(t, less, func(m *Manifest) {
			m.Files = slices.DeleteFunc(m.Files, func(f File) bool { return strings.HasSuffix(f.Path, "/targets.json") })
		})
		refuses(t, seal(t, lying, id.Recipient()), id, ErrDamaged, "is said to sign for")
	})
}

// retold is a backup with another manifest, and without its signature.
func retold(t *testing.T, files map[string]string, change func(*Manifest)) []byte {
	t.Helper()
	var m Manifest
	check(t, json.Unmarshal([]byte(files[manifestName]), &m))
	change(&m)
	data, err := json.Marshal(&m)
	check(t, err)
	members := []member{file(manifestName, string(data))}
	for _, f := range m.Files {
		members = append(members, file(f.Path, files[f.Path]))
	}
	return archive(t, members...)
}

// A key whose metadata is long is judged by all of it, and a file that cannot be read lists
// nothing.
func TestMetadataThatCannotBeRead(t *testing.T) {
	s := newSignedRig(t)
	s.src.Metadata = []MetadataFile{{testGUN, "root.json", func() ([]byte, error) { return []byte("<html>"), nil }}}
	id, to := newIdentity(t)
	made := createFrom(t, s.src, CreateOptions{Recipients: []Recipient{to}, Identities: own(id)})
	if got := s.usesOf(made.Keys); got["root"] != "" || !slices.Equal(made.Metadata, []trustdata.GUN{testGUN}) {
		t.Errorf("uses %q, metadata %q", got, made.Metadata)
	}
}

func TestMetadataChangesAfterItWasRead(t *testing.T) {
	s := newSignedRig(t)
	reads := 0
	s.src.Metadata = []MetadataFile{{testGUN, "root.json", func() ([]byte, error) {
		reads++
		return []byte(strings.Repeat("x", reads)), nil
	}}}
	_, to := newIdentity(t)
	_, err := PlanCreate(context.Background(), s.src, CreateOptions{Dir: t.TempDir(), Recipients: []Recipient{to}, Now: testTime})
	if !errors.Is(err, ErrChanged) {
		t.Errorf("error %v", err)
	}
}

// What is remembered of a key's repositories is bounded, and says how many more there are.
func TestRememberedRepositories(t *testing.T) {
	k := Key{KeyID: trustdata.KeyID(strings.Repeat("a", 64)), Role: "root"}
	for i := range maxRemembered + 5 {
		gun := trustdata.GUN(fmt.Sprintf("reg.example/app-%02d", i))
		k.SignsFor = append(k.SignsFor, Use{GUN: gun, Role: "root"}, Use{GUN: gun, Role: "targets"})
	}
	got := held([]Key{k, {Problem: "damaged"}})
	if len(got) != 1 || len(got[0].SignsFor) != maxRemembered || got[0].More != 5 || got[0].SignsFor[1] != "reg.example/app-01" {
		t.Errorf("%+v", got)
	}
}
