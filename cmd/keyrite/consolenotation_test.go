package main

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/notaryproject/notation-go/registry"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2/registry/remote"

	"keyrite/cmd/keyrite/demo"
	"keyrite/trustdata"
	nt "keyrite/trustdata/notation/notationtest"
)

// TestConsoleNotation: t on a tag asks the policy in Notation's own place about what the
// registry serves, and says what is missing where there is none.
func TestConsoleNotation(t *testing.T) {
	world, desk, d := demoConsole(t)
	const gun = trustdata.GUN(demo.Host + "/pay/web")
	authority := nt.NewAuthority(t, "acme")
	signNotation(t, world.RegistryURL, desk, gun, authority.Signer("builder", nt.Leaf{}))

	at(d, "pay/web").Press("enter", "/").Type("latest").Press("enter", "enter").Has("WHO SIGNED").Press("t").
		Has("no usable trust policy", "neither trustpolicy.oci.json nor trustpolicy.json").Press("esc", "esc")
	dir := desk.session.cli.notationDir()
	nt.Trust(t, dir, "ca", "acme", authority)
	nt.Layout(t, dir, nt.Trusting("strict", "ca:acme"))
	d.Press("t").Has("VERDICT", "ok verified", "CN=builder,O=acme", filepath.Join(dir, "trustpolicy.json"), "SIGNATURES")
	nt.Layout(t, dir, nt.Trusting("strict", "ca:elsewhere"))
	d.Press("r").Has("refused: its signature is refused: a trust store cannot be used").Lacks("ok verified")
}

// signNotation stores a signature of what the registry serves as latest.
func signNotation(t *testing.T, url string, d *desk, gun trustdata.GUN, by *nt.Signer) {
	t.Helper()
	client, err := d.session.registryOf(gun)
	if err != nil {
		t.Fatal(err)
	}
	served, err := client.Resolve(t.Context(), "latest")
	if err != nil {
		t.Fatal(err)
	}
	repo, err := remote.NewRepository(strings.TrimPrefix(url, "http://") + "/" + trustdata.ExpandGUN(gun).Path())
	if err != nil {
		t.Fatal(err)
	}
	repo.PlainHTTP = true
	target, err := repo.Resolve(context.Background(), "sha256:"+served.Digest)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := registry.NewRepository(repo).PushSignature(t.Context(), nt.COSE, by.Sign(nt.COSE, target), ocispec.Descriptor{MediaType: target.MediaType, Digest: target.Digest, Size: target.Size}, nil); err != nil {
		t.Fatal(err)
	}
}
