package demo

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/notary"
	"keyrite/trustdata/trustserver"
)

// Host is the company's registry. No such host exists: both servers are reached by the
// URLs of the World.
const Host = "registry.acme.example"

const day = 24 * time.Hour

// company is the World under construction.
type company struct {
	world    *World
	keys     *keyring.Dir
	server   *trustserver.Server
	clock    *pastClock
	registry pusher
}

// found makes keys and repositories. Each repository is published in its own time.
func (w *World) found(ctx context.Context, server *trustserver.Server, clock *pastClock) error {
	keys, err := keyring.OpenDir(w.TrustDir, keyring.DirOptions{Create: true})
	if err != nil {
		return err
	}
	direct := &http.Transport{}
	defer direct.CloseIdleConnections()
	c := &company{world: w, keys: keys, server: server, clock: clock, registry: pusher{w.RegistryURL, direct}}
	made := map[string]*keyring.PrivateKey{}
	for _, k := range []struct{ name, role, passphrase string }{
		{"platform", "root", "root"}, {"shop", "root", "root"},
		{"alice", "alice", "delegation"}, {"ci-bot", "ci-bot", "delegation"},
	} {
		if made[k.name], err = c.newKey(ctx, keyring.Header{Role: k.role}, k.passphrase); err != nil {
			return err
		}
	}
	for _, p := range plans(made) {
		if err := c.settle(ctx, p); err != nil {
			return fmt.Errorf("%s: %w", p.path, err)
		}
	}
	clock.set(0)
	if err := c.settleUnsigned(ctx); err != nil {
		return err
	}
	return c.addTroubledFiles(ctx)
}

// newKey makes a key and its file, with the fewest rounds that keyrite writes: opening a
// demo key should cost nothing.
func (c *company) newKey(ctx context.Context, h keyring.Header, passphrase string) (*keyring.PrivateKey, error) {
	key, err := keyring.Generate(trustdata.KeyECDSA)
	if err != nil {
		return nil, err
	}
	file, err := c.encode(key, h, passphrase)
	if err != nil {
		return nil, err
	}
	return key, c.keys.Put(ctx, string(key.Public().ListedID()), file)
}

// leastRounds is keyring's floor for PBKDF2.
const leastRounds = 2048

func (c *company) encode(key *keyring.PrivateKey, h keyring.Header, passphrase string) ([]byte, error) {
	p := keyring.NewPassphrase([]byte(c.world.Passphrases[passphrase]))
	defer p.Wipe()
	return keyring.Encode(key, p, h, keyring.Format{Iterations: leastRounds})
}

// addTroubledFiles puts into the trust directory what goes wrong with key files: one cut
// short, and one that does not say what it is for.
func (c *company) addTroubledFiles(ctx context.Context) error {
	cut, err := keyring.Generate(trustdata.KeyECDSA)
	if err != nil {
		return err
	}
	file, err := c.encode(cut, keyring.Header{Role: "targets", GUN: gun("shop/search")}, "targets")
	if err != nil {
		return err
	}
	path := filepath.Join(c.world.TrustDir, "private", string(cut.Public().ListedID())+".key")
	if err := os.WriteFile(path, file[:len(file)/2], 0o600); err != nil {
		return err
	}
	nameless, err := keyring.Generate(trustdata.KeyECDSA)
	if err != nil {
		return err
	}
	if file, err = c.encode(nameless, keyring.Header{Role: "targets", GUN: gun("shop/old")}, "targets"); err != nil {
		return err
	}
	return c.keys.Put(ctx, string(nameless.Public().ListedID()), withoutHeaders(file))
}

// cache leaves the repository's current files where docker keeps what it last saw.
func (c *company) cache(g trustdata.GUN) error {
	for role, data := range c.server.Files(g) {
		path := filepath.Join(c.world.TrustDir, "tuf", filepath.FromSlash(string(g)), "metadata", filepath.FromSlash(string(role))+".json")
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// settleUnsigned fills a repository that nobody ever signed.
func (c *company) settleUnsigned(ctx context.Context) error {
	const path = "sandbox/tmp"
	c.world.Unsigned = gun(path)
	for _, name := range []string{"jo-test", "jo-test-2"} {
		img, err := c.registry.single(ctx, path, path+":"+name, "amd64")
		if err != nil {
			return err
		}
		if err := c.registry.tag(ctx, path, name, img); err != nil {
			return err
		}
	}
	return nil
}

func gun(path string) trustdata.GUN { return trustdata.GUN(Host + "/" + path) }

func signerOf(key *keyring.PrivateKey) notary.Signer {
	return notary.Signer{Key: key, Listed: key.Public().ListedID()}
}
