package archive_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io/fs"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/access"
	"keyrite/trustdata/archive"
	"keyrite/trustdata/notary"
	"keyrite/trustdata/remote"
	"keyrite/trustdata/trustserver"
)

const gun = trustdata.GUN("registry.example:5000/pay/web")

var day = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

func now() time.Time { return day }

// serve publishes a repository whose root was rotated once, and fetches it.
func serve(t *testing.T) (*remote.Client, *remote.Result, *httptest.Server) {
	t.Helper()
	server := trustserver.New(trustserver.Options{Now: now})
	web := httptest.NewServer(server)
	t.Cleanup(web.Close)
	key := func() *keyring.PrivateKey {
		k, err := keyring.Generate(trustdata.KeyECDSA)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	config := access.Config{Server: web.URL}
	ep, err := config.TrustServer(gun)
	if err != nil {
		t.Fatal(err)
	}
	client, ctx := remote.New(ep, gun), context.Background()
	targets := key()
	body := notary.Root{Version: 1, Expires: day.AddDate(9, 0, 0), Keys: map[trustdata.ListedID]trustdata.PublicKey{}, Roles: map[trustdata.Role]notary.RoleKeys{}}
	list := func(role trustdata.Role, k trustdata.PublicKey) {
		body.Keys[k.ListedID()] = k
		body.Roles[role] = notary.RoleKeys{KeyIDs: []trustdata.ListedID{k.ListedID()}, Threshold: 1}
	}
	list(trustdata.RoleTargets, targets.Public())
	for _, role := range []trustdata.Role{trustdata.RoleSnapshot, trustdata.RoleTimestamp} {
		k, err := client.ServerKey(ctx, role)
		if err != nil {
			t.Fatal(err)
		}
		list(role, k)
	}
	var signers []notary.Signer
	for version := int64(1); version <= 2; version++ {
		root := key()
		cert, err := notary.Certificate(root, gun, day)
		if err != nil {
			t.Fatal(err)
		}
		body.Version = version
		list(trustdata.RoleRoot, cert)
		signers = append(signers, notary.Signer{Key: root, Listed: cert.ListedID()})
		rootFile, err := notary.SignRoot(body, signers)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256([]byte("manifest"))
		tf, err := notary.SignTargets(trustdata.RoleTargets, notary.Targets{Version: version, Expires: day.AddDate(3, 0, 0),
			Targets: notary.EntriesOf(map[string]notary.Entry{"1.0": {Hashes: notary.Hashes{SHA256: sum[:]}, Length: 8}})},
			[]notary.Signer{{Key: targets, Listed: targets.Public().ListedID()}})
		if err != nil {
			t.Fatal(err)
		}
		if err := client.Publish(ctx, map[trustdata.Role][]byte{trustdata.RoleRoot: rootFile.Raw, trustdata.RoleTargets: tf.Raw}); err != nil {
			t.Fatal(err)
		}
	}
	res, err := (&remote.Fetcher{Config: config, Now: now}).Fetch(ctx, gun)
	if err != nil {
		t.Fatal(err)
	}
	return client, res, web
}

func save(t *testing.T) (dir string) {
	t.Helper()
	client, res, web := serve(t)
	dir = t.TempDir()
	saved, err := archive.Save(context.Background(), dir, "keyrite test", res, client, day)
	if err != nil {
		t.Fatal(err)
	}
	if !saved.Verified || saved.Roots != 2 || saved.Tags != 1 || len(saved.Missing) != 0 {
		t.Errorf("saved %+v", saved)
	}
	web.Close()
	return dir
}

// A command that was cut short after its archive was written finds it there: the very same
// evidence is the result, and nothing is written. Anything else is in the way.
func TestSaveTwice(t *testing.T) {
	client, res, _ := serve(t)
	other, changed, _ := serve(t) // the same name, with other keys
	dir := t.TempDir()
	again := func(from *remote.Client, res *remote.Result, later time.Duration) (*archive.Saved, error) {
		return archive.Save(context.Background(), dir, "keyrite test", res, from, day.Add(later))
	}
	first, err := again(client, res, 0)
	if err != nil {
		t.Fatal(err)
	}
	manifest := filepath.Join(first.Path, "archive.json")
	before, err := os.ReadFile(manifest)
	if err != nil {
		t.Fatal(err)
	}
	second, err := again(client, res, time.Hour)
	if d := cmp.Diff(first, second); d != "" || err != nil {
		t.Errorf("the same evidence: %v %s", err, d)
	}
	if _, err := again(other, changed, 0); !errors.Is(err, fs.ErrExist) {
		t.Errorf("other evidence: %v, want fs.ErrExist", err)
	}
	if after, err := os.ReadFile(manifest); err != nil || !bytes.Equal(before, after) {
		t.Errorf("archive.json has changed: %v", err)
	}
	if err := os.Truncate(filepath.Join(first.Path, "targets.json"), 9); err != nil {
		t.Fatal(err)
	}
	if _, err := again(client, res, 0); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over a damaged archive: %v, want fs.ErrExist", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("beside the archive: %v %v", left, err)
	}
}

func TestReadWithoutServer(t *testing.T) {
	dir := save(t)
	a, err := archive.Read(context.Background(), dir, gun)
	if err != nil {
		t.Fatal(err)
	}
	col := a.Collection
	if col.Source != trustdata.SourceArchive || !col.ReadAt.Equal(day) || len(col.Tags) != 1 || col.Tags[0].Name != "1.0" || a.Roots != 2 {
		t.Errorf("archive %+v, %d roots", col, a.Roots)
	}
	words, err := os.ReadFile(filepath.Join(dir, archive.Folder(gun), "transcript.txt"))
	if err != nil || !bytes.Contains(words, []byte("1.0")) || !bytes.Contains(words, []byte("targets")) {
		t.Errorf("transcript %q, %v", words, err)
	}
	if _, err := archive.Read(context.Background(), dir, "registry.example/other"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an archive that is not there: %v", err)
	}
}

// TestDamage changes one thing of an archive each time; none of them may be believed.
func TestDamage(t *testing.T) {
	edit := func(name string, change func(map[string]any)) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) {
			path := filepath.Join(dir, name)
			raw, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var m map[string]any
			if err := json.Unmarshal(raw, &m); err != nil {
				t.Fatal(err)
			}
			change(m)
			out, err := json.Marshal(m)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, out, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, c := range map[string]struct {
		do   func(t *testing.T, dir string)
		want error
	}{
		"a changed byte": {func(t *testing.T, dir string) {
			path := filepath.Join(dir, "targets.json")
			raw, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			raw[len(raw)/2] ^= 1
			if err := os.WriteFile(path, raw, 0o600); err != nil {
				t.Fatal(err)
			}
		}, archive.ErrDamaged},
		"a missing file": {func(t *testing.T, dir string) { os.Remove(filepath.Join(dir, "root.1.json")) }, archive.ErrDamaged},
		"a link": {func(t *testing.T, dir string) {
			os.Remove(filepath.Join(dir, "snapshot.json"))
			if err := os.Symlink("targets.json", filepath.Join(dir, "snapshot.json")); err != nil {
				t.Fatal(err)
			}
		}, archive.ErrDamaged},
		"another repository": {edit("archive.json", func(m map[string]any) { m["gun"] = "other" }), archive.ErrDamaged},
		"a newer format":     {edit("archive.json", func(m map[string]any) { m["format"] = 2 }), archive.ErrNewer},
		"no format":          {edit("archive.json", func(m map[string]any) { delete(m, "format") }), archive.ErrDamaged},
		"a path outside": {edit("archive.json", func(m map[string]any) {
			m["files"].([]any)[0].(map[string]any)["path"] = "../../x"
		}), archive.ErrDamaged},
		"a later time": {edit("archive.json", func(m map[string]any) { m["verified_at"] = "2040-01-01T00:00:00Z" }), trustdata.ErrVerify},
		"not JSON": {func(t *testing.T, dir string) {
			if err := os.WriteFile(filepath.Join(dir, "archive.json"), []byte("<html>"), 0o600); err != nil {
				t.Fatal(err)
			}
		}, archive.ErrDamaged},
	} {
		t.Run(name, func(t *testing.T) {
			dir := save(t)
			c.do(t, filepath.Join(dir, archive.Folder(gun)))
			if a, err := archive.Read(context.Background(), dir, gun); !errors.Is(err, c.want) {
				t.Errorf("read %+v, %v; want %v", a, err, c.want)
			}
		})
	}
}

func TestFolderIsFlatAndSafe(t *testing.T) {
	if got := archive.Folder(gun); strings.ContainsAny(got, "/:") || got != "registry.example%3A5000%2Fpay%2Fweb" {
		t.Errorf("Folder = %q", got)
	}
}

// broken is a server that goes away in the middle.
type broken struct{ archive.Roots }

func (broken) ByVersion(context.Context, trustdata.Role, int64, int64) ([]byte, error) {
	return nil, errors.New("the connection was reset")
}

// What is cut short is no archive, and is in nobody's way.
func TestInterruptedArchive(t *testing.T) {
	client, res, _ := serve(t)
	dir := t.TempDir()
	if _, err := archive.Save(context.Background(), dir, "keyrite test", res, broken{client}, day); err == nil {
		t.Fatal("saved without the old roots")
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "."+archive.Folder(gun)+".ABCDEFGHIJ.part"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := archive.Save(context.Background(), dir, "keyrite test", res, client, day); err != nil {
		t.Error(err)
	}
	if _, err := archive.Read(context.Background(), dir, gun); err != nil {
		t.Error(err)
	}
}

// What goes into a backup is what an archive would hold, and nothing is written for it.
func TestGather(t *testing.T) {
	client, res, _ := serve(t)
	e, err := archive.Gather(context.Background(), res, client)
	if err != nil {
		t.Fatal(err)
	}
	if len(e.Numbered) != 2 || len(e.Missing) != 0 || len(e.Files) != 4 || !bytes.Equal(e.Numbered[2], e.Files[trustdata.RoleRoot]) {
		t.Errorf("%d roots, %d files, missing %v", len(e.Numbered), len(e.Files), e.Missing)
	}
	if _, err := archive.Gather(context.Background(), res, broken{client}); err == nil {
		t.Error("gathered without the old roots")
	}
	if _, err := archive.Gather(context.Background(), res, forged{client}); err == nil {
		t.Error("a root that does not lead to the newest is taken for one that does")
	}
}

// forged gives the newest root in the place of every other.
type forged struct{ archive.Roots }

func (f forged) ByVersion(ctx context.Context, role trustdata.Role, _, limit int64) ([]byte, error) {
	return f.Roots.ByVersion(ctx, role, 2, limit)
}
