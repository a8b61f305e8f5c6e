package notation_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"keyrite/trustdata/notation"
	nt "keyrite/trustdata/notation/notationtest"
)

var place = regexp.MustCompile(`(?m)^( *)CERTIFICATE\n`)

// ratify is a fixture with this text in the place of the certificate.
func ratify(t *testing.T, fixture, pem string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", fixture))
	if err != nil {
		t.Fatal(err)
	}
	if !place.Match(raw) {
		t.Fatalf("%s has no place for a certificate", fixture)
	}
	text := place.ReplaceAllStringFunc(string(raw), func(line string) string {
		indent := strings.TrimSuffix(line, "CERTIFICATE\n")
		return indent + strings.ReplaceAll(strings.TrimSpace(pem), "\n", "\n"+indent) + "\n"
	})
	path := filepath.Join(t.TempDir(), fixture)
	nt.Write(t, path, []byte(text))
	return path
}

// What AKS documents gives the verdicts that the same policy gives in Notation's layout.
func TestRatify(t *testing.T) {
	for _, kind := range []string{nt.JWS, nt.COSE} {
		w := newWorld(t)
		p, err := notation.OpenRatify(ratify(t, "aks.yaml", string(w.acme.PEM())))
		if err != nil {
			t.Fatal(err)
		}
		w.repo.Attach(kind, w.other.Signer("builder", nt.Leaf{}).Sign(kind, w.repo.Target))
		verify := func() notation.Verdict {
			v, err := p.Verify(context.Background(), w.repo, w.subject(), notation.Options{Now: time.Now})
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
		if v := verify(); v.Accepted || v.Signatures[0].Failures[0].Reason != notation.ReasonUntrusted || v.Statement.Name != "default" || v.Statement.Level != "strict" {
			t.Errorf("%s, untrusted: %+v", kind, v)
		}
		w.repo.Attach(kind, w.builder.Sign(kind, w.repo.Target))
		if v := verify(); !v.Verified || v.Signatures[1].TrustStore != "ca:certs" {
			t.Errorf("%s, trusted: %+v", kind, v)
		}
		limits := strings.Join(p.Limits, "\n")
		for _, word := range []string{"Notation signatures only", "audit", "preview", "200 unique signatures", "workload identity"} {
			if !strings.Contains(limits, word) {
				t.Errorf("the limits do not say %q:\n%s", word, limits)
			}
		}
		if diff := cmp.Diff([]string{`Store "store-oras" logs in through "azureWorkloadIdentity", which was not followed: this machine's login was used`}, p.Notes); diff != "" {
			t.Error(diff)
		}
	}
}

// Of a cluster's export every part that was not followed is named.
func TestRatifyNotFollowed(t *testing.T) {
	w := newWorld(t)
	p, err := notation.OpenRatify(ratify(t, "cluster.yaml", string(w.acme.PEM())))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		`KeyManagementProvider "kmp-inline": field "spec.refreshInterval" is not known and was not followed`,
		`CertificateStore "certstore-akv": field "spec.parameters.certificates" is not known and was not followed`,
		`CertificateStore "certstore-akv": field "spec.parameters.vaultURI" is not known and was not followed`,
		`Store "store-oras": field "spec.parameters.cacheEnabled" is not known and was not followed`,
		`Store "store-oras": field "spec.parameters.ttl" is not known and was not followed`,
		`Policy "ratify-policy" of "config.ratify.deislabs.io/v1beta1" was not followed`,
		`Verifier "verifier-cosign" was not followed: it verifies no Notation signatures`,
		`trust store ca:ca-certs: CertificateStore "certstore-akv" is kept by "azurekeyvault", which keyrite cannot follow, so what it trusts is missing here`,
		`trust store ca:ca-certs: "certstore-gone" is not in the file, so what it trusts is missing here`,
		`trust store tsa:tsa-certs: CertificateStore "certstore-akv" is kept by "azurekeyvault", which keyrite cannot follow, so what it trusts is missing here`,
	}
	if diff := cmp.Diff(want, p.Notes); diff != "" {
		t.Error(diff)
	}
	if len(p.Stores) != 2 || len(p.Stores[0].Certificates) != 1 || p.Stores[1].Problem == "" {
		t.Errorf("%+v", p.Stores)
	}
}

// edited is the AKS fixture with one change.
func edited(t *testing.T, pem, old, new string) string {
	t.Helper()
	path := ratify(t, "aks.yaml", pem)
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(raw), old) {
		t.Fatalf("the fixture has no %q", old)
	}
	nt.Write(t, path, []byte(strings.Replace(string(raw), old, new, 1)))
	return path
}

func TestBadRatify(t *testing.T) {
	pem := string(nt.NewAuthority(t, "acme").PEM())
	const key = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----"
	tests := []struct{ name, path, says string }{
		{"no YAML", edited(t, pem, "apiVersion:", "\tapiVersion:"), "document 1 is no YAML"},
		{"no resource", edited(t, pem, "apiVersion:", "- x\n---\napiVersion:"), "no Kubernetes resource"},
		{"another kind of verifier", edited(t, pem, "name: notation", "name: sbom"), "0 Verifiers of Notation"},
		{"another artifact type", edited(t, pem, "artifactTypes: application/vnd.cncf.notary.signature", "artifactTypes: application/spdx+json"), "is not for the artifact type"},
		{"no certificates", ratify(t, "aks.yaml", "nothing"), "not certificates in PEM"},
		{"a private key", ratify(t, "aks.yaml", key), `holds a "PRIVATE KEY", which does not belong there`},
		{"a broken certificate", ratify(t, "aks.yaml", "-----BEGIN CERTIFICATE-----\nYWJj\n-----END CERTIFICATE-----"), "a certificate that cannot be read"},
		{"an unknown level", edited(t, pem, "level: strict", "level: stern"), `"stern"`},
		{"a number for a version", edited(t, pem, `version: "1.0"`, "version: 1.0"), "trustPolicyDoc of Verifier"},
		{"no stores", edited(t, pem, "verificationCertStores:", "verificationCertificates:"), "no verificationCertStores"},
		{"stores of another shape", edited(t, pem, "      certs:\n        - certstore-inline", "      certs: certstore-inline"), "no list of names"},
		{"the same field twice", edited(t, pem, "  provider: inline", "  provider: inline\n  provider: azurekeyvault"), "document 1 is no YAML"},
		{"two stores of a name", edited(t, pem, "\n---\n", "\n---\napiVersion: config.ratify.deislabs.io/v1beta1\nkind: CertificateStore\nmetadata: {name: certstore-inline}\nspec: {provider: inline}\n---\n"), "2 certificate stores"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := notation.OpenRatify(tt.path)
			if !errors.Is(err, notation.ErrPolicy) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%v, want %q", err, tt.says)
			}
			if strings.Contains(fmt.Sprint(err), "c2VjcmV0") {
				t.Error("the error shows the key")
			}
		})
	}
}

// A few bytes of YAML can stand for more than fits any memory.
func TestYAMLBombs(t *testing.T) {
	laughs := "a0: &a0 [x,x,x,x,x,x,x,x,x]\n"
	for i := range 12 {
		laughs += fmt.Sprintf("a%d: &a%d [*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d]\n", i+1, i+1, i, i, i, i, i, i, i, i, i)
	}
	tests := []struct{ name, text, says string }{
		{"aliases of aliases", laughs, "line 1 has an anchor"},
		{"a map in itself", "a: &a\n  b: *a\n", "has an anchor"},
		{"a merge", "x: {<<: *y}\n", "is no YAML"},
		{"many documents", strings.Repeat("---\nx: 1\n", 300), "more than 200 documents"},
		{"a large file", strings.Repeat("# nothing\n", 200_000), "larger than 1048576 bytes"},
		{"deep lists", strings.Repeat("[", 20_000), "is no YAML"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "bomb.yaml")
			nt.Write(t, path, []byte(tt.text))
			if _, err := notation.OpenRatify(path); !errors.Is(err, notation.ErrPolicy) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%v, want %q", err, tt.says)
			}
		})
	}
}

// FuzzRatify looks that no configuration ends the program or gives a policy without a
// statement.
func FuzzRatify(f *testing.F) {
	for _, name := range []string{"aks.yaml", "cluster.yaml"} {
		raw, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		path := filepath.Join(t.TempDir(), "fuzz.yaml")
		nt.Write(t, path, raw)
		p, err := notation.OpenRatify(path)
		if err == nil && len(p.Statements) == 0 {
			t.Error("a policy without a statement")
		}
	})
}
