package backup

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"keyrite/backup/media"
	"keyrite/backup/media/mediatest"
)

// A copy is found on its medium wherever that is mounted now, and looked at from there.
func TestFindACopyOnItsStick(t *testing.T) {
	if !mediatest.Mounting(t) {
		return
	}
	s, ctx := newStickRig(t), context.Background()
	made := s.write(t)
	known := []Copy{{Operation: "op", Number: 1, Of: 2, File: made.File, SHA256: made.SHA256, Medium: made.Medium}}
	if on := On(s.in(t), known); len(on) != 1 {
		t.Errorf("on the stick are %+v", on)
	}
	v, err := s.drives.Verify(ctx, made.File, known, s.ids, VerifyOptions{})
	if err != nil || v.Reading != media.Cold || v.Medium == nil || v.Medium.Token != made.Medium.Token {
		t.Errorf("before it was out: %+v, %v", v, err)
	}
	s.socket.Unmount()
	if _, err := s.drives.Find(ctx, known[0]); !errors.Is(err, ErrElsewhere) {
		t.Errorf("while it is out: %v", err)
	}
	other := mediatest.NewSocket(t)
	other.Insert(s.image, false)
	file, err := s.drives.Find(ctx, known[0])
	if want := filepath.Join(other.Mount, filepath.Base(made.File)); err != nil || file != want {
		t.Fatalf("found %q, %v, want %q", file, err, want)
	}
	v, err = s.drives.Verify(ctx, file, known, s.ids, VerifyOptions{Passphrases: s.passphrases})
	if err != nil || v.Reading != media.Replugged || v.State != StateDrilled {
		t.Errorf("after it came back: %+v, %v", v, err)
	}
	folder := Copy{File: "/somewhere/keyrite.age", Medium: &Medium{}}
	if file, err := s.drives.Find(ctx, folder); err != nil || file != folder.File {
		t.Errorf("a copy in a folder: %q, %v", file, err)
	}
	other.Unmount()
	s.socket.Insert(mediatest.Image(t, "ACME-A"), false)
	if _, err := s.drives.Find(ctx, known[0]); !errors.Is(err, ErrElsewhere) {
		t.Errorf("with another stick in: %v", err)
	}
}
