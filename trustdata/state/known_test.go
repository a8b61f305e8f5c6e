package state

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"keyrite/trustdata"
)

func TestKnown(t *testing.T) {
	dir := t.TempDir()
	s, err := OpenStore(dir, func() time.Time { return time.Unix(0, 0) })
	if err != nil {
		t.Fatal(err)
	}
	if guns, err := s.Known(); err != nil || len(guns) != 0 {
		t.Fatalf("an empty store knows %v, %v", guns, err)
	}
	for _, g := range []trustdata.GUN{"b.example/x", "a.example/x"} {
		if err := s.Remember(Seen{GUN: g, Root: RootSeen{Version: 1, SHA256: "00"}}); err != nil {
			t.Fatal(err)
		}
	}
	guns, err := s.Known()
	if want := []trustdata.GUN{"a.example/x", "b.example/x"}; err != nil || !slices.Equal(guns, want) {
		t.Fatalf("Known = %v, %v; want %v", guns, err, want)
	}
	if err := os.Rename(s.seenPath("a.example/x"), filepath.Join(dir, "seen", "other.jsonl")); err != nil {
		t.Fatal(err)
	}
	if guns, err := s.Known(); !errors.Is(err, ErrBroken) {
		t.Fatalf("a log under another name: Known = %v, %v; want ErrBroken", guns, err)
	}
}
