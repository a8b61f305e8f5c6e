package backup

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"testing"
	"time"

	"keyrite/trustdata"
)

func TestPortableNames(t *testing.T) {
	long := strings.Repeat("X", 100)
	for gun, want := range map[trustdata.GUN]string{
		"reg.example:5000/app":  "archive/reg.example%3A5000/app/1.root.json",
		"Reg.example/App":       "archive/%52eg.example/%41pp/1.root.json",
		"con/aux.d/nul":         "archive/%63on/%61ux.d/%6Eul/1.root.json",
		"reg.example/dot./a":    "archive/reg.example/dot%2E/a/1.root.json",
		"reg.example/größe":     "archive/reg.example/gr%C3%B6%C3%9Fe/1.root.json",
		"reg.example/a+b;c=d":   "archive/reg.example/a%2Bb%3Bc%3Dd/1.root.json",
		trustdata.GUN(long):     "archive/" + long + "/1.root.json", // three times as long is no name any more
		"reg.example/plain-1_x": "archive/reg.example/plain-1_x/1.root.json",
	} {
		if _, err := trustdata.ParseGUN(string(gun)); err != nil {
			t.Fatal(err)
		}
		got := archivePath(gun, "1.root.json")
		kind, err := kindOf(got)
		if got != want || err != nil || kind != KindArchive || describePath(got, kind).GUN != gun {
			t.Errorf("%q: %q (%v, %v), want %q", gun, got, kind, err, want)
		}
	}
	if got := archivePath("a/b", "3.targets/con.json"); got != "archive/a/b/3.targets/%63on.json" || describePath(got, KindArchive).Role != "targets/con" {
		t.Errorf("a reserved delegation: %q", got)
	}
	for _, name := range []string{
		"archive/reg%3a5000/app/root.json", // not how it is written
		"archive/%61pp/root.json",          // needs no escape
		"archive/a%2Fb/root.json",          // a separator
		"archive/a%/root.json", "archive/a%5/root.json", "archive/a%zz/root.json", "archive/a%00b/root.json", "archive/%2E%2E/x/root.json",
	} {
		if kind, err := kindOf(name); err == nil {
			t.Errorf("%q is taken for %s", name, kind)
		}
	}
}

// Two repositories whose names differ in case alone both go in.
func TestRepositoriesThatDifferInCase(t *testing.T) {
	r := newRig(t)
	src := r.source()
	for _, gun := range []trustdata.GUN{"reg.example/app", "reg.example/App"} {
		src.Metadata = append(src.Metadata, MetadataFile{gun, "root.json", func() ([]byte, error) { return []byte(gun), nil }})
	}
	id, to := newIdentity(t)
	file := createFrom(t, src, CreateOptions{Recipients: []Recipient{to}, Identities: own(id)}).File
	files, folded := untar(t, unpack(t, file, id)), map[string]string{}
	for name := range files {
		if other, taken := folded[strings.ToLower(name)]; taken {
			t.Errorf("%q and %q differ in case alone", name, other)
		}
		folded[strings.ToLower(name)] = name
		if strings.HasPrefix(name, archiveDir) && strings.ContainsAny(name, `:<>"|?*\`) {
			t.Errorf("%q is no name on FAT", name)
		}
	}
	if files["archive/reg.example/app/root.json"] != "reg.example/app" || files["archive/reg.example/%41pp/root.json"] != "reg.example/App" {
		t.Errorf("members: %q", folded)
	}
}

// A clock that is years behind is named before anything is written, and the ID of a set
// stays one of its own.
func TestWrongClock(t *testing.T) {
	r := newRig(t)
	_, to := newIdentity(t)
	for name, c := range map[string]struct {
		now  time.Time
		want bool
	}{"1970": {time.Unix(12, 0), true}, "now": {time.Now(), false}} {
		dir := t.TempDir()
		p, err := PlanCreate(context.Background(), r.source(), CreateOptions{Dir: dir, Recipients: []Recipient{to}, Now: c.now, Operation: NewOperation(c.now)})
		check(t, err)
		if got := strings.Contains(strings.Join(p.Warnings, "\n"), "look at the clock"); got != c.want {
			t.Errorf("%s: warnings %q", name, p.Warnings)
		}
		_, err = p.Apply(context.Background(), nil)
		check(t, err)
		_, err = PlanCreate(context.Background(), r.source(), CreateOptions{Dir: dir, Recipients: []Recipient{to}, Now: c.now})
		if !errors.Is(err, fs.ErrExist) {
			t.Errorf("%s: a second one in the same second: %v", name, err)
		}
	}
	if a, b := NewOperation(time.Unix(12, 0)), NewOperation(time.Unix(12, 0)); a == b {
		t.Errorf("two sets are called %q", a)
	}
}

func TestPortableBackupNames(t *testing.T) {
	for _, name := range []string{"", ".hidden", "-flag", "dot.", "a b", "a:b", "a/b", `a\b`, "con", "CON", "nul.2026", "größe", strings.Repeat("a", 121)} {
		if portable(name) {
			t.Errorf("%q passes", name)
		}
	}
	if !portable("keyrite-2026-11-22T095312Z") || !portable("console") {
		t.Error("a good name is refused")
	}
}

// FuzzPortablePath: every name of a repository comes back as it was, in one form alone.
func FuzzPortablePath(f *testing.F) {
	for _, gun := range []string{"reg.example:5000/App", "con/aux", "a./b", "größe/x", strings.Repeat("X", 200)} {
		f.Add(gun)
	}
	f.Fuzz(func(t *testing.T, s string) {
		gun, err := trustdata.ParseGUN(s)
		if err != nil {
			return
		}
		name := portablePath(string(gun))
		back, err := plainPath(name)
		if err != nil || back != s {
			t.Errorf("%q is written %q and read %q, %v", s, name, back, err)
		}
	})
}
