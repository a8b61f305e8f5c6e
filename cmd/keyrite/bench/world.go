package bench

import (
	"context"
	"crypto/sha256"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/access"
	"keyrite/trustdata/notary"
	"keyrite/trustdata/remote"
)

// publish founds a repository on a trust server and signs so many tags. Its targets key is
// put into the trust directory dir, which is how keyrite comes to know the repository. It
// gives the bytes of what it sent.
func publish(b *testing.B, server, dir string, gun trustdata.GUN, tags int) int64 {
	b.Helper()
	return publishUnder(b, generate(b), server, dir, gun, tags)
}

// publishUnder is publish with a root key that is there already.
func publishUnder(b *testing.B, root *keyring.PrivateKey, server, dir string, gun trustdata.GUN, tags int) int64 {
	b.Helper()
	entries := make(map[string]notary.Entry, tags)
	for i := range tags {
		sum := sha256.Sum256(fmt.Append(nil, gun, i))
		entries[tagName(i)] = notary.Entry{Hashes: notary.Hashes{SHA256: sum[:]}, Length: 1570}
	}
	return publishSigned(b, root, server, dir, gun, entries)
}

// tagName is the name of a repository's i-th tag.
func tagName(i int) string { return fmt.Sprintf("v%d.%d.%d", i/10000, i/100%100, i%100) }

// publishSigned is publishUnder with what is signed.
func publishSigned(b *testing.B, root *keyring.PrivateKey, server, dir string, gun trustdata.GUN, signed map[string]notary.Entry) int64 {
	b.Helper()
	ep, err := access.Config{Server: server}.TrustServer(gun)
	must(b, err)
	client, ctx, now := remote.New(ep, gun), context.Background(), time.Now()
	targets := generate(b)
	cert, err := notary.Certificate(root, gun, now)
	must(b, err)
	body := notary.Root{Version: 1, Expires: now.Add(notary.Lifetime(trustdata.RoleRoot)),
		Keys: map[trustdata.ListedID]trustdata.PublicKey{}, Roles: map[trustdata.Role]notary.RoleKeys{}}
	public := map[trustdata.Role]trustdata.PublicKey{trustdata.RoleRoot: cert, trustdata.RoleTargets: targets.Public()}
	for _, role := range []trustdata.Role{trustdata.RoleSnapshot, trustdata.RoleTimestamp} {
		public[role], err = client.ServerKey(ctx, role)
		must(b, err)
	}
	for role, k := range public {
		body.Keys[k.ListedID()] = k
		body.Roles[role] = notary.RoleKeys{KeyIDs: []trustdata.ListedID{k.ListedID()}, Threshold: 1}
	}
	rootFile, err := notary.SignRoot(body, []notary.Signer{{Key: root, Listed: cert.ListedID()}})
	must(b, err)
	list := notary.Targets{Version: 1, Expires: now.Add(notary.Lifetime(trustdata.RoleTargets))}
	list.Targets = notary.EntriesOf(signed)
	targetsFile, err := notary.SignTargets(trustdata.RoleTargets, list, []notary.Signer{{Key: targets, Listed: targets.Public().ListedID()}})
	must(b, err)
	must(b, client.Publish(ctx, map[trustdata.Role][]byte{trustdata.RoleRoot: rootFile.Raw, trustdata.RoleTargets: targetsFile.Raw}))
	if dir != "" {
		store(b, dir, targets, keyring.Header{Role: "targets", GUN: gun})
	}
	return int64(len(rootFile.Raw) + len(targetsFile.Raw))
}

// store puts a key into a trust directory.
func store(b *testing.B, dir string, key *keyring.PrivateKey, h keyring.Header) {
	b.Helper()
	d, err := keyring.OpenDir(dir, keyring.DirOptions{Create: true})
	must(b, err)
	enc, err := keyring.Encode(key, keyring.NewPassphrase([]byte("passphrase")), h, keyring.Format{Iterations: keyring.MinIterations})
	must(b, err)
	must(b, d.Put(context.Background(), string(key.KeyID()), enc))
}

// installed is a copy of a program, in a folder of its own. What a linker has just written lies
// in single pages in the system's memory, which costs every start more than a file that was
// written from its beginning to its end: nobody runs it from there, and neither client should.
func installed(b *testing.B, program string) string {
	b.Helper()
	data, err := os.ReadFile(program)
	must(b, err)
	path := filepath.Join(b.TempDir(), filepath.Base(program))
	must(b, os.WriteFile(path, data, 0o700))
	return path
}

// copies fills a trust directory with so many key files: one key under made-up names, as
// listing opens none of them.
func copies(b *testing.B, dir string, n int) {
	b.Helper()
	store(b, dir, generate(b), keyring.Header{Role: "targets", GUN: "registry.example/app"})
	found, err := filepath.Glob(filepath.Join(dir, "private", "*.key"))
	must(b, err)
	raw, err := os.ReadFile(found[0])
	must(b, err)
	for i := range n - 1 {
		must(b, os.WriteFile(filepath.Join(dir, "private", fmt.Sprintf("%064x.key", sha256.Sum256(fmt.Append(nil, i)))), raw, 0o600))
	}
}

func generate(b *testing.B) *keyring.PrivateKey {
	b.Helper()
	k, err := keyring.Generate(trustdata.KeyECDSA)
	must(b, err)
	return k
}

// delayed is a proxy in front of a server that holds each request and each answer back.
func delayed(b *testing.B, target string, each time.Duration) string {
	b.Helper()
	to := parseURL(b, target)
	proxy := &httputil.ReverseProxy{
		Rewrite:        func(r *httputil.ProxyRequest) { r.SetURL(to); time.Sleep(each) },
		ModifyResponse: func(*http.Response) error { time.Sleep(each); return nil },
		Transport:      &http.Transport{MaxIdleConnsPerHost: 256},
	}
	web := httptest.NewServer(proxy)
	b.Cleanup(web.Close)
	return web.URL
}

// secured is a TLS server before another, and the file of the certificate that speaks for it.
func secured(b *testing.B, target string) (url, ca string) {
	b.Helper()
	to := parseURL(b, target)
	web := httptest.NewTLSServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to) }, Transport: &http.Transport{MaxIdleConnsPerHost: 256}})
	b.Cleanup(web.Close)
	ca = filepath.Join(b.TempDir(), "ca.crt")
	must(b, os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: web.Certificate().Raw}), 0o600))
	return web.URL, ca
}

func parseURL(b *testing.B, text string) *url.URL {
	b.Helper()
	u, err := url.Parse(text)
	must(b, err)
	return u
}

func must(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}
