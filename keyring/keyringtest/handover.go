package keyringtest

import (
	"bytes"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"keyrite/keyring"
	"keyrite/trustdata"
)

func testImport(t *testing.T, s keyring.Store) {
	k := Key(t)
	data := File(t, k, keyring.Header{Role: "targets", GUN: "example.com/acme/app"})
	for _, first := range []bool{true, false} {
		id, added, err := s.Import(t.Context(), data, Passphrase("passphrase"))
		if err != nil || id != k.KeyID() || added != first {
			t.Errorf("Import = %s, %v, %v", id, added, err)
		}
	}
	raw, err := s.Raw(t.Context(), k.KeyID())
	if err != nil || !bytes.Equal(raw, data) {
		t.Errorf("stored are other bytes, %v", err)
	}
	if rows := list(t, s); len(rows) != 1 || rows[0].Role != "targets" || rows[0].Mode.Perm() != 0o600 {
		t.Errorf("rows = %+v", rows)
	}
	_, _, err = s.Import(t.Context(), File(t, k, keyring.Header{Role: "alice"}), Passphrase("passphrase"))
	want(t, "another file of the same key", err, fs.ErrExist)
	if raw, err := s.Raw(t.Context(), k.KeyID()); err != nil || !bytes.Equal(raw, data) {
		t.Errorf("the file was changed, %v", err)
	}
}

func testImportRefuses(t *testing.T, s keyring.Store) {
	k := Key(t)
	good := File(t, k, keyring.Header{Role: "root"})
	for _, c := range []struct {
		data       []byte
		passphrase string
		target     error
	}{
		{good, "wrong", keyring.ErrPassphrase}, {good, "", keyring.ErrPassphrase}, {nil, "", keyring.ErrDamaged},
		{good[:len(good)/2], "passphrase", keyring.ErrDamaged}, {append(good, good...), "passphrase", keyring.ErrDamaged},
	} {
		_, added, err := s.Import(t.Context(), c.data, Passphrase(c.passphrase))
		want(t, "Import", err, c.target)
		if added {
			t.Error("a refused key counts as added")
		}
	}
	if rows := list(t, s); len(rows) != 0 {
		t.Errorf("stored all the same: %v", rows)
	}
	old := Key(t)
	must(t, s.Put(t.Context(), "root_keys/"+string(old.KeyID())+"_root", File(t, old, keyring.Header{Role: "root"})))
	_, _, err := s.Import(t.Context(), File(t, old, keyring.Header{Role: "root"}), Passphrase("passphrase"))
	want(t, "a key that is there in an old layout", err, fs.ErrExist)
}

func testPasswd(t *testing.T, s keyring.Store) {
	k, old := put(t, s, keyring.Header{Role: "targets", GUN: "example.com/acme/app"})
	opened, err := s.Open(t.Context(), k.KeyID(), Passphrase("passphrase"))
	must(t, err)
	for _, end := range []string{".key", ".key.2"} {
		trashed, err := s.Passwd(t.Context(), opened, Passphrase("another"), keyring.Format{Iterations: 4096}, Day)
		must(t, err)
		if len(trashed) != 1 || !strings.HasSuffix(trashed[0], "/trash/2026-11-23/"+string(k.KeyID())+end) {
			t.Errorf("trashed = %q", trashed)
		}
	}
	rows := list(t, s)
	if len(rows) != 1 || rows[0].Role != "targets" || rows[0].GUN != "example.com/acme/app" || rows[0].KDFIterations != 4096 || rows[0].Problem != "" {
		t.Errorf("rows = %+v", rows)
	}
	if again, err := s.Open(t.Context(), k.KeyID(), Passphrase("another")); err != nil || again.KeyID() != k.KeyID() {
		t.Error(err)
	}
	_, err = s.Open(t.Context(), k.KeyID(), Passphrase("passphrase"))
	want(t, "with the old passphrase", err, keyring.ErrPassphrase)
	if waiting, err := s.Pending(t.Context()); len(waiting) != 0 || err != nil {
		t.Errorf("after Passwd there waits %v, %v", waiting, err)
	}
	raw, err := s.Raw(t.Context(), k.KeyID())
	if err != nil || bytes.Equal(raw, old) {
		t.Errorf("the file is the old one, %v", err)
	}
}

func testPasswdRefuses(t *testing.T, s keyring.Store) {
	k, data := put(t, s, keyring.Header{Role: "root"})
	wiped, err := s.Open(t.Context(), k.KeyID(), Passphrase("passphrase"))
	must(t, err)
	wiped.Wipe()
	absent := Key(t)
	_, err = s.Passwd(t.Context(), absent, Passphrase("another"), Fast, Day)
	want(t, "a key that is not there", err, fs.ErrNotExist)
	for what, c := range map[string]struct {
		k *keyring.PrivateKey
		p keyring.Passphrase
		f keyring.Format
	}{
		"no passphrase": {k, keyring.Passphrase{}, Fast}, "few rounds": {k, Passphrase("another"), keyring.Format{Iterations: 2047}},
		"wiped": {wiped, Passphrase("another"), Fast},
	} {
		if trashed, err := s.Passwd(t.Context(), c.k, c.p, c.f, Day); err == nil || len(trashed) != 0 {
			t.Errorf("%s: %q, %v", what, trashed, err)
		}
	}
	raw, err := s.Raw(t.Context(), k.KeyID())
	if err != nil || !bytes.Equal(raw, data) {
		t.Errorf("the file was changed, %v", err)
	}
	if waiting, err := s.Pending(t.Context()); len(waiting) != 0 || err != nil {
		t.Errorf("there waits %v, %v", waiting, err)
	}
}

// testExport hands every key over to itself.
func testExport(t *testing.T, s keyring.Store) {
	root, _ := put(t, s, keyring.Header{Role: "root"})
	targets, data := put(t, s, keyring.Header{Role: "targets", GUN: "example.com/acme/app"})
	old := Key(t)
	must(t, s.Put(t.Context(), "tuf_keys/example.com/acme/old/"+string(old.KeyID())+"_snapshot", File(t, old, keyring.Header{Role: "snapshot"})))
	ids := []trustdata.KeyID{targets.KeyID(), root.KeyID(), old.KeyID()}
	bundle, err := keyring.Export(t.Context(), s, ids...)
	must(t, err)
	blocks, skipped, err := keyring.ParseBundle(bundle)
	if err != nil || len(blocks) != 3 || len(skipped) != 0 {
		t.Fatalf("%d blocks, skipped %q, %v", len(blocks), skipped, err)
	}
	headers := []keyring.Header{{Role: "targets", GUN: "example.com/acme/app"}, {Role: "root"}, {Role: "snapshot", GUN: "example.com/acme/old"}}
	for i, b := range blocks {
		if b.KeyID != ids[i] || b.Header != headers[i] || !b.Encrypted {
			t.Errorf("block %d = %+v", i, b)
		}
		if _, err := b.Open(Passphrase("passphrase")); err != nil {
			t.Error(err)
		}
	}
	if file, err := blocks[0].File(blocks[0].Header); err != nil || !bytes.Equal(file, data) {
		t.Errorf("the file of a block differs from what was exported, %v", err)
	}
	if _, err := keyring.Export(t.Context(), s, Key(t).KeyID()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a key that is not there: %v", err)
	}
	if rows := list(t, s); !slices.ContainsFunc(rows, func(r keyring.Info) bool { return r.Legacy }) || len(rows) != 3 {
		t.Errorf("rows = %+v", rows)
	}
}
