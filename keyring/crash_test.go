package keyring

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"path"
	"testing"
	"time"

	"keyrite/trustdata"
)

var errCrash = errors.New("the machine went away")

// crashing is a disk that does some changes and then none: what is on it is what a kill
// between two changes leaves. Each change is by itself whole or not there.
type crashing struct {
	disk
	left *int
}

func (c crashing) change(do func() error) error {
	if *c.left == 0 {
		return errCrash
	}
	*c.left--
	return do()
}

func (c crashing) create(name string, data []byte) error {
	return c.change(func() error { return c.disk.create(name, data) })
}
func (c crashing) move(from, to string) error {
	return c.change(func() error { return c.disk.move(from, to) })
}
func (c crashing) replace(from, to string) error {
	return c.change(func() error { return c.disk.replace(from, to) })
}

// A passphrase is changed on a machine that stops after 0, 1, 2 ... changes of the disk.
// The key is there each time, under the one passphrase or the other; the old file is
// there or in the trash, byte for byte; and changing it again comes to its end.
func TestPasswdIsCutShort(t *testing.T) {
	k, err := newPrivateKey(ecdsaVector(t))
	if err != nil {
		t.Fatal(err)
	}
	format := Format{MinIterations}
	now := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	before, after := NewPassphrase([]byte("before")), NewPassphrase([]byte("after"))
	old, err := Encode(k, before, Header{Role: "root"}, format)
	if err != nil {
		t.Fatal(err)
	}
	ended := false
	for cut := 0; !ended && cut < 10; cut++ {
		mem := NewMem()
		mem.Set(keyName(k.KeyID()), old)
		left := cut
		broken := vault{crashing{mem.disk, &left}}
		_, err := broken.Passwd(t.Context(), k, after, format, now)
		ended = err == nil
		if err != nil && !errors.Is(err, errCrash) {
			t.Fatal(err)
		}
		p := before
		if opens(mem, k.KeyID(), after) {
			p = after
		} else if !opens(mem, k.KeyID(), before) {
			t.Errorf("after %d changes the key opens with neither passphrase", cut)
		}
		if ended != p.Equal(after) {
			t.Errorf("after %d changes: ended %v, with the new passphrase %v", cut, ended, p.Equal(after))
		}
		if raw, err := mem.Raw(t.Context(), k.KeyID()); err != nil || !bytes.Equal(raw, old) && !inTrashOf(mem, old) {
			t.Errorf("after %d changes the old file is nowhere, %v", cut, err)
		}
		if _, err := mem.Passwd(t.Context(), k, after, format, now); err != nil || !opens(mem, k.KeyID(), after) {
			t.Errorf("again, after %d changes: %v", cut, err)
		}
		if waiting, err := mem.Pending(t.Context()); err != nil || len(waiting) != 0 {
			t.Errorf("after %d changes there waits %v, %v", cut, waiting, err)
		}
	}
	if !ended {
		t.Error("it never came to its end")
	}
}

// A key file is replaced by another on a machine that stops after 0, 1, 2 ... changes of
// the disk: there is a whole one in its place each time, and the old bytes are not lost.
func TestReplaceIsCutShort(t *testing.T) {
	k, err := newPrivateKey(ecdsaVector(t))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	file := func(pass string) []byte {
		data, err := Encode(k, NewPassphrase([]byte(pass)), Header{Role: "root"}, Format{MinIterations})
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	old, from := file("before"), file("after")
	ended := false
	for cut := 0; !ended && cut < 10; cut++ {
		mem := NewMem()
		mem.Set(keyName(k.KeyID()), old)
		left := cut
		_, err := vault{crashing{mem.disk, &left}}.Replace(t.Context(), k.KeyID(), from, now)
		ended = err == nil
		if err != nil && !errors.Is(err, errCrash) {
			t.Fatal(err)
		}
		there, err := mem.Raw(t.Context(), k.KeyID())
		if err != nil || !bytes.Equal(there, old) && !bytes.Equal(there, from) || ended && !bytes.Equal(there, from) {
			t.Errorf("after %d changes the key is neither file, %v", cut, err)
		}
		if !bytes.Equal(there, old) && !inTrashOf(mem, old) {
			t.Errorf("after %d changes the old file is nowhere", cut)
		}
		if _, err := mem.Replace(t.Context(), k.KeyID(), from, now); err != nil {
			t.Errorf("again, after %d changes: %v", cut, err)
		}
		if waiting, err := mem.Pending(t.Context()); err != nil || len(waiting) != 0 {
			t.Errorf("after %d changes there waits %v, %v", cut, waiting, err)
		}
	}
	if !ended {
		t.Error("it never came to its end")
	}
}

func opens(s Store, id trustdata.KeyID, p Passphrase) bool {
	_, err := s.Open(context.Background(), id, p)
	return err == nil
}

func inTrashOf(m *Mem, data []byte) bool {
	d := m.disk.(*memory)
	for name, there := range d.files {
		if ok, err := path.Match(trash+"/*/*", name); err == nil && ok && bytes.Equal(there, data) {
			return true
		}
	}
	return false
}

// An import that is cut short has written the key or nothing.
func TestImportIsCutShort(t *testing.T) {
	k, err := newPrivateKey(ecdsaVector(t))
	if err != nil {
		t.Fatal(err)
	}
	p := NewPassphrase([]byte("before"))
	data, err := Encode(k, p, Header{Role: "root"}, Format{MinIterations})
	if err != nil {
		t.Fatal(err)
	}
	mem := NewMem()
	left := 0
	if _, added, err := (vault{crashing{mem.disk, &left}}).Import(t.Context(), data, p); !errors.Is(err, errCrash) || added {
		t.Errorf("added %v, %v", added, err)
	}
	if _, err := mem.Raw(t.Context(), k.KeyID()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the key is there: %v", err)
	}
}
