package backup

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"keyrite/backup/media"
)

// newSet makes two copies of one set, and another set of the same keys.
func newSet(t *testing.T) (a, b, stranger *longBackup) {
	t.Helper()
	a = newLongBackup(t, CreateOptions{Operation: "the-set", Copy: 1, Copies: 2})
	again := func(operation string, copy int) *longBackup {
		opt := CreateOptions{Recipients: []Recipient{a.recipient(t)}, Operation: operation, Copy: copy, Copies: 2}
		l := &longBackup{rig: a.rig, id: a.id, file: a.rig.create(t, opt).File, ends: map[string]int64{}}
		l.read(t)
		return l
	}
	return a, again("the-set", 2), again("another", 1)
}

func (l *longBackup) recipient(t *testing.T) Recipient {
	t.Helper()
	to, err := ParseRecipients([]string{l.id.Recipient().String()})
	check(t, err)
	return to[0]
}

// What one copy has lost comes from the other. Nothing is lost if any copy is sound, and then
// nobody has to ask for a salvage.
func TestRestoreFromSeveralCopies(t *testing.T) {
	a, b, stranger := newSet(t)
	end := a.ends[a.lastKey()]
	late, early, headless := a.damagedAt(t, end), b.damagedAt(t, end-plainChunk), filepath.Join(t.TempDir(), "headless.age")
	check(t, os.WriteFile(headless, a.data[:a.payload+100], 0o600))
	strange := stranger.damagedAt(t, end)
	tests := []struct {
		name    string
		files   []string
		salvage bool
		from    string // "" for none
		err     error
	}{
		{"a damaged one", []string{late}, false, "", ErrDamaged},
		{"a damaged one, salvaged", []string{late}, true, late, nil},
		{"a damaged one and a sound one", []string{late, b.file}, false, b.file, nil},
		{"a sound one and a damaged one", []string{b.file, late}, false, b.file, nil},
		{"two damaged ones", []string{early, late}, false, "", ErrDamaged},
		{"two damaged ones, salvaged", []string{early, late}, true, late, nil},
		{"two damaged ones the other way round", []string{late, early}, true, late, nil},
		{"one without a manifest", []string{headless}, true, "", ErrDamaged},
		{"one without a manifest and a sound one", []string{headless, b.file}, false, b.file, nil},
		{"one without a manifest and a damaged one", []string{headless, early}, true, early, nil},
		{"another set", []string{a.file, stranger.file}, false, "", ErrOtherSet},
		{"another set, damaged", []string{late, strange}, true, "", ErrOtherSet},
		{"one that is not there", []string{late, filepath.Join(t.TempDir(), "missing.age")}, true, "", fs.ErrNotExist},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			to := filepath.Join(t.TempDir(), "trust")
			opt := RestoreOptions{Now: testTime, Also: tt.files[1:], Salvage: tt.salvage}
			p, err := PlanRestore(context.Background(), tt.files[0], own(a.id), openDir(t, to), opt)
			if !errors.Is(err, tt.err) {
				t.Fatalf("error %v, want %v", err, tt.err)
			}
			if tt.from == "" {
				return
			}
			if p.File != tt.from || len(p.Given) != len(tt.files) {
				t.Errorf("from %q of %+v", p.File, p.Given)
			}
			r, err := p.Apply(context.Background(), nil)
			check(t, err)
			sound := tt.from == b.file
			if r.OK != sound || sound != (len(r.Lost) == 0) || len(r.Restored)+len(r.Lost) != longKeys {
				t.Errorf("OK is %v with %d restored and %d lost", r.OK, len(r.Restored), len(r.Lost))
			}
			if sound && !maps.Equal(files(t, to), a.rig.files) {
				t.Error("not everything came back")
			}
		})
	}
}

// bad is a folder whose files cannot be read from a place on.
type bad struct {
	media.Folder
	from int64
	with error
}

func (b bad) Open(name string) (media.Reader, error) {
	r, err := b.Folder.Open(name)
	return &badReader{r, b.from, b.with}, err
}

type badReader struct {
	media.Reader
	left int64
	with error
}

func (b *badReader) Read(p []byte) (int, error) {
	if b.left == 0 {
		return 0, b.with
	}
	n, err := b.Reader.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

// A medium that cannot be read from one place on is like one that was cut short there.
func TestSalvageOfWhatCannotBeRead(t *testing.T) {
	l := newLongBackup(t, CreateOptions{})
	var with error = &fs.PathError{Op: "read", Path: "stick", Err: syscall.EIO}
	opt := RestoreOptions{Open: func(path string, make bool) (media.Folder, error) {
		dir, err := media.OpenFolder(path, make)
		return bad{dir, int64(l.payload + 2*sealedChunk), with}, err
	}}
	to := filepath.Join(t.TempDir(), "trust")
	_, err := PlanRestore(context.Background(), l.file, own(l.id), openDir(t, to), opt)
	if !errors.Is(err, syscall.EIO) || errors.Is(err, ErrDamaged) || SalvageOf(err) == nil {
		t.Fatalf("error %v", err)
	}
	opt.Salvage = true
	p := planRestore(t, l.file, own(l.id), to, opt)
	if p.SHA256 != "" {
		t.Errorf("the hash of what cannot be read is %q", p.SHA256)
	}
	r, err := p.Apply(context.Background(), nil)
	check(t, err)
	names, _ := l.before(l.payload + 2*sealedChunk)
	if want := countKeys(names); r.OK || want == 0 || want == longKeys || len(r.Restored) != want || len(r.Lost) != longKeys-want {
		t.Errorf("OK %v, %d restored, want %d, %d lost", r.OK, len(r.Restored), want, len(r.Lost))
	}
	// One that was taken out, or whose reading was given up, is not damaged.
	for _, with = range []error{&media.LostError{Title: "ACME", Mount: "/media/a", Why: media.TakenOut}, &media.HungError{Medium: "ACME"}, context.Canceled} {
		_, err := PlanRestore(context.Background(), l.file, own(l.id), openDir(t, filepath.Join(t.TempDir(), "trust")), opt)
		if !errors.Is(err, with) || errors.Is(err, ErrDamaged) || SalvageOf(err) != nil {
			t.Errorf("%v: %v", with, err)
		}
	}
}
