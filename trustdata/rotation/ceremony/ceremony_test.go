package ceremony_test

import (
	"archive/tar"
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/notary"
	"keyrite/trustdata/rotation/ceremony"
)

const gun = trustdata.GUN("registry.acme.example/pay/web")

var now = time.Date(2026, 11, 28, 9, 0, 0, 0, time.UTC)

// roots makes the first root of a repository and the next, which lists the second key.
func roots(t testing.TB) (files []*notary.File[notary.Root], keys []*keyring.PrivateKey) {
	t.Helper()
	for range 2 {
		k, err := keyring.Generate(trustdata.KeyECDSA)
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, k)
	}
	first, second := certificate(t, keys[0]), certificate(t, keys[1])
	body := notary.Root{Version: 1, Expires: now.AddDate(9, 0, 0), Keys: map[trustdata.ListedID]trustdata.PublicKey{first.ListedID(): first},
		Roles: map[trustdata.Role]notary.RoleKeys{trustdata.RoleRoot: {KeyIDs: []trustdata.ListedID{first.ListedID()}, Threshold: 1}}}
	for _, role := range []trustdata.Role{trustdata.RoleTargets, trustdata.RoleSnapshot, trustdata.RoleTimestamp} {
		k, err := keyring.Generate(trustdata.KeyECDSA)
		if err != nil {
			t.Fatal(err)
		}
		body.Keys[k.Public().ListedID()] = k.Public()
		body.Roles[role] = notary.RoleKeys{KeyIDs: []trustdata.ListedID{k.Public().ListedID()}, Threshold: 1}
	}
	one := sign(t, body, notary.Signer{Key: keys[0], Listed: first.ListedID()})
	next := body.Next(trustdata.RoleRoot, []trustdata.PublicKey{second}, now.AddDate(10, 0, 0))
	two := sign(t, next, notary.Signer{Key: keys[0], Listed: first.ListedID()}, notary.Signer{Key: keys[1], Listed: second.ListedID()})
	return []*notary.File[notary.Root]{one, two}, keys
}

func certificate(t testing.TB, k *keyring.PrivateKey) trustdata.PublicKey {
	t.Helper()
	cert, err := notary.Certificate(k, gun, now)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func sign(t testing.TB, body notary.Root, by ...notary.Signer) *notary.File[notary.Root] {
	t.Helper()
	f, err := notary.SignRoot(body, by)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// prepared is a file that asks for a new root key.
func prepared(t testing.TB) (*ceremony.Bundle, []*notary.File[notary.Root]) {
	t.Helper()
	files, keys := roots(t)
	p := &ceremony.Prepared{Head: ceremony.NewHead(ceremony.StagePrepared, "20261128T090000Z-abcd", "rotate root", "a test", now),
		Repositories: []ceremony.Repository{{GUN: gun, Server: "https://notary.example", Role: trustdata.RoleRoot, Change: ceremony.NewKey,
			Gives: []trustdata.KeyID{keys[0].KeyID()}, New: []ceremony.Key{}, Versions: map[trustdata.Role]int64{trustdata.RoleRoot: 1}, Base: "x"}}}
	p.Repositories[0].SetRoots(1, [][]byte{files[0].Raw})
	raw, err := p.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return parse(t, raw), files
}

// signed is what the offline machine makes of it.
func signed(t testing.TB) *ceremony.Bundle {
	t.Helper()
	b, files := prepared(t)
	s := &ceremony.Signed{Head: ceremony.NewHead(ceremony.StageSigned, b.ID, b.Kind, "a test", now), Backups: []ceremony.Backup{}, Waived: []string{},
		Repositories: []ceremony.SignedRoot{{GUN: gun, Version: 2, Role: trustdata.RoleRoot, Expires: files[1].Body.Expires}}}
	s.Repositories[0].SetRaw(files[1].Raw)
	raw, err := s.Encode(b)
	if err != nil {
		t.Fatal(err)
	}
	return parse(t, raw)
}

func parse(t testing.TB, raw []byte) *ceremony.Bundle {
	t.Helper()
	b, err := ceremony.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestRoundTrip(t *testing.T) {
	b := signed(t)
	repo := &b.Repositories[0]
	chain, err := repo.Chain(notary.Policy{GUN: gun, Now: now})
	if err != nil || len(chain) != 1 || b.Stage() != ceremony.StageSigned || b.SHA256 == b.PreparedSHA256 {
		t.Fatalf("chain %v, %v; stage %q", chain, err, b.Stage())
	}
	next, err := repo.Fits(chain[0], b.Signed.Root(gun).Raw(), notary.Policy{GUN: gun, Now: now})
	if err != nil || next.Body.Version != 2 {
		t.Errorf("the signed root: %v, %v", next, err)
	}
	path, err := ceremony.WriteFile(t.TempDir(), "a.tar", b.Raw)
	if err != nil {
		t.Fatal(err)
	}
	back, err := ceremony.ReadFile(path)
	if err != nil || back.SHA256 != b.SHA256 {
		t.Errorf("read back: %v", err)
	}
	if _, err := ceremony.WriteFile(filepath.Dir(path), "a.tar", b.Raw); err != nil {
		t.Errorf("the same once more: %v", err)
	}
	if _, err := ceremony.WriteFile(filepath.Dir(path), "a.tar", b.Raw[1:]); !errors.Is(err, os.ErrExist) {
		t.Errorf("another file of that name: %v", err)
	}
}

// TestEveryBit turns over one bit in every byte of both files, each bit in turn.
func TestEveryBit(t *testing.T) {
	first, _ := prepared(t)
	for name, raw := range map[string][]byte{"prepared": first.Raw, "signed": signed(t).Raw} {
		for i := range raw {
			bad := bytes.Clone(raw)
			bad[i] ^= 1 << (i % 8)
			if _, err := ceremony.Parse(bad); !errors.Is(err, ceremony.ErrDamaged) {
				t.Fatalf("%s, byte %d of %d: %v", name, i, len(raw), err)
			}
		}
		for _, n := range []int{0, 1, 511, 512, 2048, len(raw) / 2, len(raw) - 512, len(raw) - 1} {
			if _, err := ceremony.Parse(raw[:n]); !errors.Is(err, ceremony.ErrDamaged) {
				t.Errorf("%s, cut to %d bytes: %v", name, n, err)
			}
		}
		if _, err := ceremony.Parse(append(bytes.Clone(raw), make([]byte, 512)...)); !errors.Is(err, ceremony.ErrDamaged) {
			t.Errorf("%s with more behind it: %v", name, err)
		}
	}
}

// reseal writes a tar with these members and the hash that belongs to it: what somebody
// can do who wants to get past the hash.
func reseal(t testing.TB, members []*tar.Header, data [][]byte) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	put := func(h *tar.Header, b []byte) {
		h.Size = int64(len(b))
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(b); err != nil {
			t.Fatal(err)
		}
	}
	for i, h := range members {
		put(h, data[i])
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	put(&tar.Header{Typeflag: tar.TypeReg, Name: "sha256", Mode: 0o644, Format: tar.FormatUSTAR}, []byte(ceremony.Sum(buf.Bytes())))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func members(t testing.TB, raw []byte) (heads []*tar.Header, data [][]byte) {
	t.Helper()
	r := tar.NewReader(bytes.NewReader(raw))
	for {
		h, err := r.Next()
		if err != nil {
			return heads, data
		}
		var b bytes.Buffer
		if _, err := b.ReadFrom(r); err != nil {
			t.Fatal(err)
		}
		if h.Name != "sha256" {
			heads = append(heads, &tar.Header{Typeflag: h.Typeflag, Name: h.Name, Mode: h.Mode, Format: tar.FormatUSTAR})
			data = append(data, b.Bytes())
		}
	}
}

// TestResealed are files that somebody has changed who knows how to hash them.
func TestResealed(t *testing.T) {
	b, _ := prepared(t)
	file := func(name string) *tar.Header {
		return &tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644, Format: tar.FormatUSTAR}
	}
	edit := func(from, to string) func(h []*tar.Header, d [][]byte) ([]*tar.Header, [][]byte) {
		return func(h []*tar.Header, d [][]byte) ([]*tar.Header, [][]byte) {
			changed := bytes.Replace(d[0], []byte(from), []byte(to), 1)
			if bytes.Equal(changed, d[0]) {
				t.Fatalf("%q is not there", from)
			}
			return h, append([][]byte{changed}, d[1:]...)
		}
	}
	type change = func([]*tar.Header, [][]byte) ([]*tar.Header, [][]byte)
	for name, c := range map[string]struct {
		change change
		want   error
		says   string
	}{
		"as it was":       {func(h []*tar.Header, d [][]byte) ([]*tar.Header, [][]byte) { return h, d }, nil, ""},
		"a newer format":  {edit(`"format": 1,`, `"format": 2,`), ceremony.ErrNewer, "format 2"},
		"needs a version": {edit("\"format\": 1,\n  \"needs\": \"1.0\"", "\"format\": 7,\n  \"needs\": \"9.3\""), ceremony.ErrNewer, `keyrite "9.3"`},
		"an older format": {edit(`"format": 1,`, `"format": 0,`), ceremony.ErrDamaged, ""},
		"another member":  {edit(`"kind":`, `"more": 1, "kind":`), ceremony.ErrDamaged, "unknown field"},
		"a name twice":    {edit(`"kind":`, `"kind": "x", "kind":`), ceremony.ErrDamaged, "keyrite writes"},
		"white space":     {edit(`"kind":`, ` "kind":`), ceremony.ErrDamaged, "keyrite writes"},
		"no ceremony":     {edit(`"20261128T090000Z-abcd"`, `"../../etc"`), ceremony.ErrDamaged, ""},
		"no repository":   {edit(`"registry.acme.example/pay/web"`, `"\u001b]0;x"`), ceremony.ErrDamaged, ""},
		"other versions":  {edit(`"last_root": 1`, `"last_root": 2`), ceremony.ErrDamaged, "not in its place"},
		"endless":         {edit(`"last_root": 1`, `"last_root": 99999999999`), ceremony.ErrDamaged, "no root.json from"},
		"a path": {func(h []*tar.Header, d [][]byte) ([]*tar.Header, [][]byte) {
			return append(h, file("../../etc/cron.d/x")), append(d, []byte("x"))
		}, ceremony.ErrDamaged, "it has a file"},
		"one more root": {func(h []*tar.Header, d [][]byte) ([]*tar.Header, [][]byte) {
			return append(h, file("roots/"+strings.Repeat("a", 64)+"/1.json")), append(d, []byte("x"))
		}, ceremony.ErrDamaged, "it has a file"},
		"a link": {func(h []*tar.Header, d [][]byte) ([]*tar.Header, [][]byte) {
			link := &tar.Header{Typeflag: tar.TypeSymlink, Name: h[1].Name, Linkname: "/etc/passwd", Mode: 0o644, Format: tar.FormatUSTAR}
			return append(h[:1:1], link), [][]byte{d[0], {}}
		}, ceremony.ErrDamaged, "no regular file"},
		"another order": {func(h []*tar.Header, d [][]byte) ([]*tar.Header, [][]byte) {
			return []*tar.Header{h[1], h[0]}, [][]byte{d[1], d[0]}
		}, ceremony.ErrDamaged, "first file"},
		"another mode": {func(h []*tar.Header, d [][]byte) ([]*tar.Header, [][]byte) {
			h[1].Mode = 0o777
			return h, d
		}, ceremony.ErrDamaged, "keyrite writes"},
		"a time": {func(h []*tar.Header, d [][]byte) ([]*tar.Header, [][]byte) {
			h[1].ModTime = now
			return h, d
		}, ceremony.ErrDamaged, "keyrite writes"},
	} {
		t.Run(name, func(t *testing.T) {
			heads, data := c.change(members(t, b.Raw))
			_, err := ceremony.Parse(reseal(t, heads, data))
			if !errors.Is(err, c.want) || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v, want %v with %q", err, c.want, c.says)
			}
		})
	}
}
