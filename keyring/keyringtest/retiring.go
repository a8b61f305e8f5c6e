package keyringtest

import (
	"bytes"
	"io/fs"
	"os"
	"strings"
	"testing"

	"keyrite/keyring"
)

func testRetire(t *testing.T, s keyring.Store) {
	k, data := put(t, s, keyring.Header{Role: "root"})
	stays, _ := put(t, s, keyring.Header{Role: "root"})
	for _, end := range []string{".key", ".2.key", ".3.key"} {
		path, err := s.Retire(t.Context(), k.KeyID())
		if err != nil || !strings.HasSuffix(path, "/retired/"+string(k.KeyID())+end) {
			t.Errorf("Retire = %q, %v; want it to end in %q", path, err, end)
		}
		if kept, err := os.ReadFile(path); !strings.HasPrefix(path, "/memory/") && (err != nil || !bytes.Equal(kept, data)) {
			t.Errorf("%s is not the key's file: %v", path, err)
		}
		_, err = s.Raw(t.Context(), k.KeyID())
		want(t, "Raw", err, fs.ErrNotExist)
		if rows := list(t, s); len(rows) != 1 || rows[0].KeyID != stays.KeyID() {
			t.Errorf("in use are %v", rows)
		}
		must(t, s.Put(t.Context(), string(k.KeyID()), data))
	}
	_, err := s.Trash(t.Context(), k.KeyID(), Day)
	must(t, err)
	path, err := s.Retire(t.Context(), k.KeyID())
	if err != nil || !strings.HasSuffix(path, "/retired/"+string(k.KeyID())+".key") {
		t.Errorf("of a key that is retired already: %q, %v", path, err)
	}
	rows, err := s.Retired(t.Context())
	if err != nil || len(rows) != 3 || rows[0].KeyID != k.KeyID() || rows[0].Role != "root" || rows[0].Problem != "" {
		t.Errorf("Retired = %+v, %v", rows, err)
	}
}

func testRetireRefuses(t *testing.T, s keyring.Store) {
	k := Key(t)
	_, err := s.Retire(t.Context(), k.KeyID())
	want(t, "a key that is not there", err, fs.ErrNotExist)
	must(t, s.Put(t.Context(), "root_keys/"+string(k.KeyID())+"_root", File(t, k, keyring.Header{Role: "root"})))
	_, err = s.Retire(t.Context(), k.KeyID())
	want(t, "a key in an old layout", err, fs.ErrNotExist)
	if rows := list(t, s); len(rows) != 1 {
		t.Errorf("after it was refused there are %v", rows)
	}
	_, err = s.Retire(t.Context(), "../../etc/passwd")
	if err == nil {
		t.Error("a name that is no key ID is taken")
	}
	if rows, err := s.Retired(t.Context()); len(rows) != 0 || err != nil {
		t.Errorf("Retired = %v, %v", rows, err)
	}
}
