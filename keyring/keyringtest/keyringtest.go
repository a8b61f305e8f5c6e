// Package keyringtest holds what every keyring.Store promises, as a test.
package keyringtest

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"

	"keyrite/keyring"
	"keyrite/trustdata"
)

// Fast is the cheapest format that is allowed: tests need not resist anyone.
var Fast = keyring.Format{Iterations: keyring.MinIterations}

// Day is a moment whose date in UTC is not the one that its zone has.
var Day = time.Date(2026, 11, 22, 23, 30, 0, 0, time.FixedZone("west", -3600))

// Passphrase is a new passphrase of that text.
func Passphrase(text string) keyring.Passphrase { return keyring.NewPassphrase([]byte(text)) }

// Key makes an ecdsa key.
func Key(t *testing.T) *keyring.PrivateKey {
	t.Helper()
	k, err := keyring.Generate(trustdata.KeyECDSA)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// File is a key's file, with the passphrase "passphrase".
func File(t *testing.T, k *keyring.PrivateKey, h keyring.Header) []byte {
	t.Helper()
	data, err := keyring.Encode(k, Passphrase("passphrase"), h, Fast)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Store runs the contract on empty stores that newStore makes.
func Store(t *testing.T, newStore func(*testing.T) keyring.Store) {
	for name, test := range map[string]func(*testing.T, keyring.Store){
		"empty":                testEmpty,
		"put and open":         testPutAndOpen,
		"put never replaces":   testPutNeverReplaces,
		"put refuses":          testPutRefuses,
		"order":                testOrder,
		"wrong passphrase":     testWrongPassphrase,
		"mismatch":             testMismatch,
		"stage and promote":    testStageAndPromote,
		"stage again":          testStageAgain,
		"stage refuses":        testStageRefuses,
		"promote over another": testPromoteOverAnother,
		"discard":              testDiscard,
		"trash":                testTrash,
		"retire":               testRetire,
		"retire refuses":       testRetireRefuses,
		"legacy":               testLegacy,
		"import":               testImport,
		"import refuses":       testImportRefuses,
		"passwd":               testPasswd,
		"passwd refuses":       testPasswdRefuses,
		"export":               testExport,
		"lock":                 testLock,
		"cancelled":            testCancelled,
	} {
		t.Run(name, func(t *testing.T) { test(t, newStore(t)) })
	}
}

func want(t *testing.T, what string, err, target error) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Errorf("%s: %v, want %v", what, err, target)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func list(t *testing.T, s keyring.Store) []keyring.Info {
	t.Helper()
	rows, err := s.List(t.Context())
	must(t, err)
	return rows
}

// put stores a new key and returns it with its file.
func put(t *testing.T, s keyring.Store, h keyring.Header) (*keyring.PrivateKey, []byte) {
	t.Helper()
	k := Key(t)
	data := File(t, k, h)
	must(t, s.Put(t.Context(), string(k.KeyID()), data))
	return k, data
}

func testEmpty(t *testing.T, s keyring.Store) {
	if rows := list(t, s); len(rows) != 0 {
		t.Errorf("an empty store lists %v", rows)
	}
	if staged, err := s.Pending(t.Context()); len(staged) != 0 || err != nil {
		t.Errorf("an empty store has staged %v, %v", staged, err)
	}
	id := Key(t).KeyID()
	_, err := s.Open(t.Context(), id, Passphrase("x"))
	want(t, "Open", err, fs.ErrNotExist)
	_, err = s.Raw(t.Context(), id)
	want(t, "Raw", err, fs.ErrNotExist)
	want(t, "Promote", s.Promote(t.Context(), "op", id), fs.ErrNotExist)
	_, err = s.Trash(t.Context(), id, Day)
	want(t, "Trash", err, fs.ErrNotExist)
	_, err = s.Discard(t.Context(), "op", id, Day)
	want(t, "Discard", err, fs.ErrNotExist)
	if _, err := s.Open(t.Context(), "../private2/x", Passphrase("x")); err == nil {
		t.Error("a path was taken for a key ID")
	}
}

func testPutAndOpen(t *testing.T, s keyring.Store) {
	k, data := put(t, s, keyring.Header{Role: "targets", GUN: "example.com/acme/app"})
	rows := list(t, s)
	if len(rows) != 1 {
		t.Fatalf("%d rows, want 1", len(rows))
	}
	row := rows[0]
	if row.KeyID != k.KeyID() || row.Role != "targets" || row.GUN != "example.com/acme/app" || !row.Encrypted ||
		row.KDFIterations != keyring.MinIterations || row.Algorithm != "" || row.Problem != "" || row.Legacy || row.Mode.Perm() != 0o600 {
		t.Errorf("row = %+v", row)
	}
	if !strings.HasSuffix(row.Path, "/private/"+string(k.KeyID())+".key") {
		t.Errorf("path = %q", row.Path)
	}
	raw, err := s.Raw(t.Context(), k.KeyID())
	if err != nil || !bytes.Equal(raw, data) {
		t.Errorf("Raw differs from what was put, %v", err)
	}
	opened, err := s.Open(t.Context(), k.KeyID(), Passphrase("passphrase"))
	must(t, err)
	if opened.KeyID() != k.KeyID() {
		t.Errorf("opened %v, want %v", opened, k)
	}
	sig, err := opened.Sign([]byte("message"))
	if err != nil || sig.Method != "ecdsa" || len(sig.Bytes) != 64 {
		t.Errorf("Sign: %q, %d bytes, %v", sig.Method, len(sig.Bytes), err)
	}
}

func testPutNeverReplaces(t *testing.T, s keyring.Store) {
	k, data := put(t, s, keyring.Header{Role: "root"})
	want(t, "same bytes", s.Put(t.Context(), string(k.KeyID()), data), fs.ErrExist)
	want(t, "other bytes", s.Put(t.Context(), string(k.KeyID()), File(t, k, keyring.Header{Role: "alice"})), fs.ErrExist)
	raw, err := s.Raw(t.Context(), k.KeyID())
	if err != nil || !bytes.Equal(raw, data) {
		t.Errorf("the file was changed, %v", err)
	}
}

func testPutRefuses(t *testing.T, s keyring.Store) {
	k := Key(t)
	good := File(t, k, keyring.Header{Role: "root"})
	id := string(k.KeyID())
	for _, name := range []string{"", "x", "../" + id, "../../tmp/reverse", "/" + id, "sub/" + id, strings.ToUpper(id),
		id + "/x", "root_keys", "root_keys/../" + id, "root_keys/x", `tuf_keys/a\..\` + id, "tuf_keys//" + id, "tuf_keys/a\nb/" + id, "tuf_keys/a/../b/" + id, "tuf_keys/" + id + "/"} {
		if err := s.Put(t.Context(), name, good); err == nil {
			t.Errorf("the name %q was accepted", name)
		}
	}
	for _, bad := range [][]byte{nil, []byte("hello"), good[:len(good)/2], append(good, good...), append([]byte("x\n"), good...)} {
		want(t, "bad content", s.Put(t.Context(), id, bad), keyring.ErrDamaged)
	}
	if rows := list(t, s); len(rows) != 0 {
		t.Errorf("stored all the same: %v", rows)
	}
}

func testOrder(t *testing.T, s keyring.Store) {
	headers := []keyring.Header{
		{Role: "alice"}, {Role: "snapshot", GUN: "b.example/b"}, {Role: "root"}, {Role: "targets", GUN: "b.example/b"},
		{Role: "targets", GUN: "a.example/a"}, {Role: "root"}, {Role: "snapshot", GUN: "a.example/a"},
	}
	for _, h := range headers {
		put(t, s, h)
	}
	var got []string
	var ids []trustdata.KeyID
	for _, row := range list(t, s) {
		got = append(got, row.Role+" "+string(row.GUN))
		ids = append(ids, row.KeyID)
	}
	order := []string{"root ", "root ", "targets a.example/a", "targets b.example/b", "snapshot a.example/a", "snapshot b.example/b", "alice "}
	if !slices.Equal(got, order) {
		t.Errorf("order %q, want %q", got, order)
	}
	if ids[0] > ids[1] {
		t.Error("the root keys are not in the order of their IDs")
	}
}

func testWrongPassphrase(t *testing.T, s keyring.Store) {
	k, _ := put(t, s, keyring.Header{Role: "root"})
	for _, wrong := range []string{"", "Passphrase", "passphrase\n"} {
		_, err := s.Open(t.Context(), k.KeyID(), Passphrase(wrong))
		want(t, "passphrase "+wrong, err, keyring.ErrPassphrase)
	}
}

func testMismatch(t *testing.T, s keyring.Store) {
	k, other := Key(t), Key(t)
	must(t, s.Put(t.Context(), string(other.KeyID()), File(t, k, keyring.Header{Role: "root"})))
	_, err := s.Open(t.Context(), other.KeyID(), Passphrase("passphrase"))
	want(t, "Open", err, keyring.ErrMismatch)
}

func testTrash(t *testing.T, s keyring.Store) {
	k, data := put(t, s, keyring.Header{Role: "root"})
	for _, end := range []string{".key", ".key.2", ".key.3"} {
		path, err := s.Trash(t.Context(), k.KeyID(), Day)
		if err != nil || !strings.HasSuffix(path, "/trash/2026-11-23/"+string(k.KeyID())+end) {
			t.Errorf("Trash = %q, %v; want it to end in %q", path, err, end)
		}
		_, err = s.Raw(t.Context(), k.KeyID())
		want(t, "Raw", err, fs.ErrNotExist)
		if rows := list(t, s); len(rows) != 0 {
			t.Errorf("listed all the same: %v", rows)
		}
		must(t, s.Put(t.Context(), string(k.KeyID()), data))
	}
	rows, err := s.Trashed(t.Context())
	if err != nil || len(rows) != 1 || rows[0].KeyID != k.KeyID() || rows[0].Role != "root" || rows[0].Problem != "" ||
		!strings.HasSuffix(rows[0].Path, "/trash/2026-11-23/"+string(k.KeyID())+".key") {
		t.Errorf("Trashed = %+v, %v", rows, err)
	}
}

func testLegacy(t *testing.T, s keyring.Store) {
	root, targets := Key(t), Key(t)
	must(t, s.Put(t.Context(), "root_keys/"+string(root.KeyID())+"_root", File(t, root, keyring.Header{Role: "root"})))
	must(t, s.Put(t.Context(), "tuf_keys/example.com/acme/app/"+string(targets.KeyID())+"_targets",
		File(t, targets, keyring.Header{Role: "targets", GUN: "example.com/acme/app"})))
	rows := list(t, s)
	if len(rows) != 2 || !rows[0].Legacy || rows[0].KeyID != root.KeyID() || rows[0].Problem != "" ||
		rows[1].Role != "targets" || rows[1].GUN != "example.com/acme/app" || rows[1].Problem != "" {
		t.Errorf("rows = %+v", rows)
	}
	for _, k := range []*keyring.PrivateKey{root, targets} {
		if _, err := s.Open(t.Context(), k.KeyID(), Passphrase("passphrase")); err != nil {
			t.Error(err)
		}
	}
	_, err := s.Trash(t.Context(), root.KeyID(), Day)
	want(t, "Trash", err, fs.ErrNotExist)
	if again := list(t, s); len(again) != 2 {
		t.Errorf("rows = %+v", again)
	}
}

func testLock(t *testing.T, s keyring.Store) {
	unlock, err := s.Lock(t.Context())
	must(t, err)
	inner, err := s.Lock(t.Context())
	must(t, err)
	put(t, s, keyring.Header{Role: "root"})
	must(t, inner())
	put(t, s, keyring.Header{Role: "root"})
	must(t, unlock())
}

func testCancelled(t *testing.T, s keyring.Store) {
	k, data := put(t, s, keyring.Header{Role: "root"})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.List(ctx)
	want(t, "List", err, context.Canceled)
	_, err = s.Open(ctx, k.KeyID(), Passphrase("passphrase"))
	want(t, "Open", err, context.Canceled)
	_, err = s.Stage(ctx, "op", k, Passphrase("passphrase"), keyring.Header{Role: "root"}, Fast)
	want(t, "Stage", err, context.Canceled)
	_, err = s.Trash(ctx, k.KeyID(), Day)
	want(t, "Trash", err, context.Canceled)
	_, err = s.Passwd(ctx, k, Passphrase("another"), Fast, Day)
	want(t, "Passwd", err, context.Canceled)
	_, _, err = s.Import(ctx, data, Passphrase("passphrase"))
	want(t, "Import", err, context.Canceled)
	raw, err := s.Raw(t.Context(), k.KeyID())
	if err != nil || !bytes.Equal(raw, data) {
		t.Errorf("the key was changed, %v", err)
	}
}
