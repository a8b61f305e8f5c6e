package interop_test

import (
	"encoding/base64"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"keyrite/cmd/keyrite/interop"
)

type signatureJSON struct {
	Kind         string   `json:"kind"`
	Form         string   `json:"form"`
	Digest       string   `json:"digest"`
	On           string   `json:"on"`
	Certificates []string `json:"certificates"`
}

type signedTagJSON struct {
	tagJSON
	Signatures []signatureJSON `json:"signatures"`
	Problems   []string        `json:"signature_problems"`
}

const thumb = "3b1f0b2a6c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7"

// The artifacts that signing tools make, by the form that keyrite gives them.
var artifacts = map[string]interop.Artifact{
	"notation": {Type: "application/vnd.cncf.notary.signature", Layer: "application/jose+json",
		Notes: map[string]string{"io.cncf.notary.x509chain.thumbprint#S256": `["` + thumb + `"]`}},
	"notation-config": {Config: "application/vnd.cncf.notary.signature", Layer: "application/cose"},
	"bundle": {Type: "application/vnd.dev.sigstore.bundle.v0.3+json", Layer: "application/vnd.dev.sigstore.bundle.v0.3+json",
		Notes: map[string]string{"dev.sigstore.bundle.content": "dsse-envelope", "dev.sigstore.bundle.predicateType": "https://sigstore.dev/cosign/sign/v1"}},
	"referrer": {Config: "application/vnd.dev.cosign.artifact.sig.v1+json", Layer: "application/vnd.dev.cosign.simplesigning.v1+json"},
	"attestation": {Type: "application/vnd.dev.sigstore.bundle.v0.3+json", Layer: "application/vnd.dev.sigstore.bundle.v0.3+json",
		Notes: map[string]string{"dev.sigstore.bundle.content": "dsse-envelope", "dev.sigstore.bundle.predicateType": "https://slsa.dev/provenance/v1"}},
}

var sigTag = interop.Artifact{Config: "application/vnd.oci.image.config.v1+json", Layer: "application/vnd.dev.cosign.simplesigning.v1+json",
	LayerNotes: map[string]string{"dev.cosignproject.cosign/signature": "MEUCIQ=="}}

// TestOtherSignatures has every form of signature found in a registry that lists referrers,
// in distribution, which does not, and behind a login with tokens.
func TestOtherSignatures(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"referrers", "distribution", "tokens"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reg, login := startSigned(t, name)
			n := interop.StartServer(t, interop.ServerOptions{}).Notary(t)
			gun := reg.Host + "/team/app"
			n.InitServerSnapshot(gun)
			want := map[string][]signatureJSON{"plain": {}, "attestation": {}}
			sign := func(tag string, on interop.Image, sigs ...signatureJSON) {
				n.Sign(gun, tag, on.Digest, on.Length)
				want[tag] = append(want[tag], sigs...)
			}
			sign("plain", reg.Push("team/app", "plain", "plain"))
			for form, artifact := range artifacts {
				on := reg.Push("team/app", form, form)
				sig := signatureJSON{strings.Split(form, "-")[0], form, reg.Attach("team/app", on, artifact).Digest, on.Digest, []string{}}
				switch {
				case form == "attestation":
					sign(form, on)
					continue
				case form == "notation":
					sig.Certificates = []string{"sha256:" + thumb}
				case sig.Kind != "notation":
					sig.Kind = "cosign"
				}
				sign(form, on, sig)
			}
			tagged := reg.Push("team/app", "tag", "tag")
			sign("tag", tagged, signatureJSON{"cosign", "tag", reg.AttachTag("team/app", tagged, ".sig", sigTag).Digest, tagged.Digest, []string{}})
			part := reg.Push("team/app", "part", "part")
			index := reg.PushIndex("team/app", "index", part)
			sign("index", index, signatureJSON{"notation", "notation", reg.Attach("team/app", index, artifacts["notation"]).Digest, index.Digest, []string{"sha256:" + thumb}},
				signatureJSON{"cosign", "bundle", reg.Attach("team/app", part, artifacts["bundle"]).Digest, part.Digest, []string{}})

			k := n.Keyrite()
			login(k)
			seen := map[string][]signatureJSON{}
			for _, row := range interop.JSON[struct {
				Tags []signedTagJSON `json:"tags"`
			}](k, "tags", gun, "--signatures").Tags {
				if len(row.Problems) > 0 {
					t.Errorf("%s: %q", row.Name, row.Problems)
				}
				if row.State == "signed" {
					seen[row.Name] = row.Signatures
				}
			}
			if d := cmp.Diff(want, seen); d != "" {
				t.Error(d)
			}
			text := k.Run("tags", gun, "--signatures").Stdout
			for _, words := range []string{"OTHER SIGNATURES", "notation, cosign on parts", "none found here", "present, not verified"} {
				if !strings.Contains(text, words) {
					t.Errorf("%q is not in\n%s", words, text)
				}
			}
			inspected := k.Run("inspect", gun, "--signatures").Stdout
			for _, words := range []string{"on 3 of 8 signed digests, present, not verified", "only on parts (platforms) of 1 of 8 signed digests", "2 of 8 signed digests"} {
				if !strings.Contains(inspected, words) {
					t.Errorf("%q is not in\n%s", words, inspected)
				}
			}
			of := map[string][]signatureJSON{}
			for _, d := range interop.JSON[struct {
				Digests []struct {
					Tags       []string        `json:"tags"`
					Signatures []signatureJSON `json:"signatures"`
				} `json:"signed_digests"`
			}](k, "inspect", gun, "--signatures").Digests {
				for _, tag := range d.Tags {
					of[tag] = d.Signatures
				}
			}
			if d := cmp.Diff(want, of); d != "" {
				t.Errorf("inspect: %s", d)
			}
			if plain := k.Run("tags", gun, "--compare", "--json").Stdout; strings.Contains(plain, `"signatures"`) {
				t.Error("signatures that nobody asked for")
			}
		})
	}
}

// startSigned starts a registry with the list of referrers, one without, or one without that
// asks for tokens; login tells keyrite of it.
func startSigned(t *testing.T, name string) (reg *interop.Registry, login func(*interop.Keyrite)) {
	t.Helper()
	switch name {
	case "referrers":
		reg = interop.StartReferrersRegistry(t)
	case "distribution":
		reg = interop.StartRegistry(t)
	default:
		ca := interop.NewAuthority(t)
		tokens := interop.StartTokenService(t, ca)
		tokens.Rule(func(r *interop.TokenRules) { r.Passwords = map[string]string{"alice": alicePassword} })
		reg = interop.StartTokenRegistry(t, ca, tokens, tokens.Realm, "team/app")
		return reg, func(k *interop.Keyrite) {
			put(t, filepath.Join(k.DockerConfig(), "config.json"), `{"auths":{"`+reg.Host+`":{"auth":"`+base64.StdEncoding.EncodeToString([]byte("alice:"+alicePassword))+`"}}}`)
			k.Args = append(k.Args, "--tls-ca", ca.File)
		}
	}
	return reg, func(k *interop.Keyrite) { k.Args = append(k.Args, "--registry", reg.URL) }
}
