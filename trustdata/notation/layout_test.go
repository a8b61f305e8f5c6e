package notation_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"keyrite/trustdata/notation"
	nt "keyrite/trustdata/notation/notationtest"
)

// The policy in its newer place comes first, and the older file is named.
func TestPolicyFiles(t *testing.T) {
	w := newWorld(t)
	legacy := filepath.Join(w.dir, "trustpolicy.json")
	if p := w.policy(); p.Origin != legacy || len(p.Notes) != 0 || p.Statements[0].Level != "strict" {
		t.Errorf("the legacy policy: %+v", p)
	}
	raw, err := os.ReadFile(legacy)
	if err != nil {
		t.Fatal(err)
	}
	nt.Write(t, filepath.Join(w.dir, "trustpolicy.oci.json"), []byte(strings.Replace(string(raw), "strict", "audit", 1)))
	p := w.policy()
	if p.Origin != filepath.Join(w.dir, "trustpolicy.oci.json") || p.Statements[0].Level != "audit" || len(p.Notes) != 1 || !strings.Contains(p.Notes[0], "trustpolicy.json") {
		t.Errorf("both policies: %+v", p)
	}
}

func TestPolicy(t *testing.T) {
	w := newWorld(t)
	nt.Trust(t, w.dir, "tsa", "clock", w.other)
	nt.Write(t, filepath.Join(w.dir, "truststore", "x509", "ca", "broken", "x.pem"), []byte("x"))
	nt.Layout(t, w.dir,
		nt.Statement{Name: "web", Scopes: []string{repository}, Verification: map[string]any{"level": "strict", "override": map[string]string{"expiry": "log", "revocation": "skip"}, "verifyTimestamp": "afterCertExpiry"},
			Stores: []string{"ca:acme", "tsa:clock", "ca:missing"}, Identities: []string{"x509.subject: C=US, ST=WA, O=acme"}},
		nt.Statement{Name: "rest", Scopes: []string{"*"}, Verification: map[string]any{"level": "audit"}, Stores: []string{"ca:acme"}, Identities: []string{"*"}})
	p := w.policy()
	want := notation.Statement{Name: "web", Scopes: []string{repository}, Level: "custom", Enforced: []string{"integrity", "authenticity", "authenticTimestamp"},
		Logged: []string{"expiry"}, Skipped: []string{"revocation"}, Timestamp: "afterCertExpiry",
		TrustStores: []string{"ca:acme", "tsa:clock", "ca:missing"}, Identities: []string{"x509.subject: C=US, ST=WA, O=acme"}}
	if got, ok := p.Applies(repository); !ok || !cmp.Equal(got, want) {
		t.Error(cmp.Diff(want, got))
	}
	if got, ok := p.Applies("reg.example:5000/acme/other"); !ok || got.Name != "rest" {
		t.Errorf("the rest: %+v", got)
	}
	type row struct {
		ID, Used     string
		Certificates int
		Problem      bool
	}
	var rows []row
	for _, s := range p.Stores {
		rows = append(rows, row{s.ID(), strings.Join(s.UsedBy, " "), len(s.Certificates), s.Problem != ""})
	}
	if diff := cmp.Diff([]row{{"ca:acme", "web rest", 1, false}, {"ca:broken", "", 0, true}, {"ca:missing", "web", 0, true}, {"tsa:clock", "web", 1, false}}, rows); diff != "" {
		t.Error(diff)
	}
	if c := p.Stores[0].Certificates[0]; c.Subject != "CN=acme root,O=acme,ST=WA,C=US" || !c.SelfSigned || !c.CA || c.Ends.Before(time.Now()) {
		t.Errorf("%+v", c)
	}
}

func TestBadPolicies(t *testing.T) {
	tests := []struct{ name, file, text, says string }{
		{"none", "", "", "neither trustpolicy.oci.json nor trustpolicy.json is there"},
		{"no JSON", "trustpolicy.json", "version: 1.0", "it is not a JSON policy"},
		{"an unknown version", "trustpolicy.oci.json", `{"version":"9.9","trustPolicies":[]}`, `unsupported version "9.9"`},
		{"no statement", "trustpolicy.json", `{"version":"1.0","trustPolicies":[]}`, "zero trust policy statements"},
		{"an unknown level", "trustpolicy.json", `{"version":"1.0","trustPolicies":[{"name":"x","registryScopes":["*"],"signatureVerification":{"level":"lenient"},"trustStores":["ca:a"],"trustedIdentities":["*"]}]}`, `"lenient"`},
		{"two for all", "trustpolicy.json", `{"version":"1.0","trustPolicies":[{"name":"x","registryScopes":["*"],"signatureVerification":{"level":"skip"}},{"name":"y","registryScopes":["*"],"signatureVerification":{"level":"skip"}}]}`, "multiple trust policy statements"},
		{"too large", "trustpolicy.json", strings.Repeat(" ", 1<<20) + "{}", "larger than"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			if tt.file != "" {
				nt.Write(t, filepath.Join(dir, tt.file), []byte(tt.text))
			}
			p, err := notation.Open(dir)
			if !errors.Is(err, notation.ErrPolicy) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%v, want %q (%+v)", err, tt.says, p)
			}
		})
	}
}

// notation refuses a policy behind a link, so a verdict under it would not be notation's.
func TestLinkedPolicy(t *testing.T) {
	w := newWorld(t)
	real := filepath.Join(t.TempDir(), "policy.json")
	if err := os.Rename(filepath.Join(w.dir, "trustpolicy.json"), real); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(real, filepath.Join(w.dir, "trustpolicy.json")); err != nil {
		t.Fatal(err)
	}
	if _, err := notation.Open(w.dir); !errors.Is(err, notation.ErrPolicy) || !strings.Contains(err.Error(), "links are not followed") {
		t.Error(err)
	}
}

// What a newer specification may add is named, and not guessed.
func TestUnknownFields(t *testing.T) {
	dir := t.TempDir()
	nt.Write(t, filepath.Join(dir, "trustpolicy.json"), []byte(`{"version":"1.0","comment":"x","trustPolicies":[
		{"Name":"lax","registryScopes":["*"],"signatureVerification":{"level":"skip","strength":9},"owner":"me"}]}`))
	p, err := notation.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{`field "comment" is not known and was not followed`,
		`field "trustPolicies[0].owner" is not known and was not followed`,
		`field "trustPolicies[0].signatureVerification.strength" is not known and was not followed`}
	if diff := cmp.Diff(want, p.Notes); diff != "" {
		t.Error(diff)
	}
}
