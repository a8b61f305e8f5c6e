package notation_test

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	lib "github.com/notaryproject/notation-go"
	"github.com/notaryproject/notation-go/dir"
	"github.com/notaryproject/notation-go/verifier"
	"github.com/notaryproject/notation-go/verifier/trustpolicy"
	"github.com/notaryproject/notation-go/verifier/truststore"

	"keyrite/trustdata/notation"
	nt "keyrite/trustdata/notation/notationtest"
)

const repository = "reg.example:5000/acme/web"

// world is a repository with an image, a configuration folder that trusts acme, and what
// signs it.
type world struct {
	t           *testing.T
	repo        *nt.Repository
	dir         string
	acme, other *nt.Authority
	builder     *nt.Signer
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, repo: nt.NewRepository("web"), dir: t.TempDir(), acme: nt.NewAuthority(t, "acme"), other: nt.NewAuthority(t, "other")}
	w.builder = w.acme.Signer("builder", nt.Leaf{})
	nt.Trust(t, w.dir, "ca", "acme", w.acme)
	nt.Layout(t, w.dir, nt.Trusting("strict", "ca:acme"))
	return w
}

func (w *world) policy() *notation.Policy {
	w.t.Helper()
	p, err := notation.Open(w.dir)
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

func (w *world) subject() notation.Subject {
	return notation.Subject{Repository: repository, Digest: w.repo.Target.Digest.Encoded(), Size: w.repo.Target.Size, MediaType: w.repo.Target.MediaType}
}

func (w *world) verify() notation.Verdict {
	w.t.Helper()
	v, err := w.policy().Verify(context.Background(), w.repo, w.subject(), notation.Options{Now: time.Now})
	if err != nil {
		w.t.Fatal(err)
	}
	return v
}

// stock is what notation-go itself says, with the files that it finds where it looks.
func (w *world) stock() error {
	w.t.Helper()
	was := dir.UserConfigDir
	dir.UserConfigDir = w.dir
	defer func() { dir.UserConfigDir = was }()
	document, err := trustpolicy.LoadDocument()
	if err != nil {
		w.t.Fatal(err)
	}
	v, err := verifier.New(document, truststore.NewX509TrustStore(dir.ConfigFS()), nil)
	if err != nil {
		w.t.Fatal(err)
	}
	_, _, err = lib.Verify(context.Background(), v, w.repo, lib.VerifyOptions{
		ArtifactReference: repository + "@" + w.repo.Target.Digest.String(), MaxSignatureAttempts: notation.MaxSignatures})
	return err
}

// verdicts are single signatures, or none, and what becomes of them.
var verdicts = []struct {
	name   string
	do     func(w *world)
	status notation.Status
	reason notation.Reason // of the signature, or of the verdict where there is none
	why    string          // part of the sentence
}{
	{"a good JWS", func(w *world) { w.repo.Attach(nt.JWS, w.builder.Sign(nt.JWS, w.repo.Target)) }, notation.Verified, "", ""},
	{"a good COSE", func(w *world) { w.repo.Attach(nt.COSE, w.builder.Sign(nt.COSE, w.repo.Target)) }, notation.Verified, "", ""},
	{"a signing authority's", func(w *world) {
		nt.Trust(w.t, w.dir, "signingAuthority", "acme", w.acme)
		nt.Layout(w.t, w.dir, nt.Trusting("strict", "ca:acme", "signingAuthority:acme"))
		w.repo.Attach(nt.COSE, w.builder.SignPast(nt.COSE, w.repo.Target, nt.Past{Authority: true}))
	}, notation.Verified, "", ""},
	{"past its own end", func(w *world) {
		at := time.Now().AddDate(0, -1, 0)
		w.repo.Attach(nt.JWS, w.builder.SignPast(nt.JWS, w.repo.Target, nt.Past{At: at, Expires: at.AddDate(0, 0, 1)}))
	}, notation.Failed, notation.ReasonExpired, "it ended on 20"},
	{"past its own end, permissive", func(w *world) {
		nt.Layout(w.t, w.dir, nt.Trusting("permissive", "ca:acme"))
		at := time.Now().AddDate(0, -1, 0)
		w.repo.Attach(nt.JWS, w.builder.SignPast(nt.JWS, w.repo.Target, nt.Past{At: at, Expires: at.AddDate(0, 0, 1)}))
	}, notation.Accepted, notation.ReasonExpired, "it ended on 20"},
	{"an ended certificate", func(w *world) {
		old := w.acme.Signer("builder", nt.Leaf{Begins: time.Now().AddDate(-2, 0, 0), Ends: time.Now().AddDate(-1, 0, 0)})
		w.repo.Attach(nt.COSE, old.SignPast(nt.COSE, w.repo.Target, nt.Past{At: time.Now().AddDate(-1, -6, 0)}))
	}, notation.Failed, notation.ReasonCertificate, `CN=builder,O=acme,ST=WA,C=US" ended on 20`},
	{"another authority", func(w *world) {
		w.repo.Attach(nt.JWS, w.other.Signer("builder", nt.Leaf{}).Sign(nt.JWS, w.repo.Target))
	}, notation.Failed, notation.ReasonUntrusted, `no certificate in ca:acme vouches for its signer "CN=builder,O=other`},
	{"another authority, audit", func(w *world) {
		nt.Layout(w.t, w.dir, nt.Trusting("audit", "ca:acme"))
		w.repo.Attach(nt.JWS, w.other.Signer("builder", nt.Leaf{}).Sign(nt.JWS, w.repo.Target))
	}, notation.Accepted, notation.ReasonUntrusted, "no certificate in ca:acme"},
	{"another identity", func(w *world) {
		s := nt.Trusting("strict", "ca:acme")
		s.Identities = []string{"x509.subject: C=US, ST=WA, O=acme, CN=release"}
		nt.Layout(w.t, w.dir, s)
		w.repo.Attach(nt.JWS, w.builder.Sign(nt.JWS, w.repo.Target))
	}, notation.Failed, notation.ReasonIdentity, `its signer "CN=builder,O=acme,ST=WA,C=US" is none of the identities that statement "everything" trusts`},
	{"an altered JWS", func(w *world) { w.repo.Attach(nt.JWS, altered(w.builder.Sign(nt.JWS, w.repo.Target))) },
		notation.Failed, notation.ReasonIntegrity, "it was altered or is no envelope"},
	{"an altered COSE", func(w *world) { w.repo.Attach(nt.COSE, altered(w.builder.Sign(nt.COSE, w.repo.Target))) },
		notation.Failed, notation.ReasonIntegrity, "it was altered or is no envelope"},
	{"an altered JWS, audit", func(w *world) {
		nt.Layout(w.t, w.dir, nt.Trusting("audit", "ca:acme"))
		w.repo.Attach(nt.JWS, altered(w.builder.Sign(nt.JWS, w.repo.Target)))
	}, notation.Failed, notation.ReasonIntegrity, "it was altered or is no envelope"},
	{"no envelope", func(w *world) { w.repo.Attach(nt.JWS, []byte("nothing of the kind")) }, notation.Failed, notation.ReasonIntegrity, "it was altered or is no envelope"},
	{"an envelope of an unknown kind", func(w *world) { w.repo.Attach("application/pgp", w.builder.Sign(nt.JWS, w.repo.Target)) },
		notation.Failed, notation.ReasonIntegrity, "application/pgp"},
	{"two envelopes", func(w *world) {
		w.repo.Attach(nt.JWS, w.builder.Sign(nt.JWS, w.repo.Target), w.builder.Sign(nt.JWS, w.repo.Target))
	}, notation.Failed, notation.ReasonIntegrity, "names 2 envelopes"},
	{"of another digest", func(w *world) {
		w.repo.Attach(nt.COSE, w.builder.Sign(nt.COSE, nt.NewRepository("something else").Target))
	}, notation.Failed, notation.ReasonOtherDigest, "it is a signature of sha256:" + nt.NewRepository("something else").Target.Digest.Encoded()},
	{"of another length", func(w *world) {
		lying := w.repo.Target
		lying.Size++
		w.repo.Attach(nt.COSE, w.builder.Sign(nt.COSE, lying))
	}, notation.Failed, notation.ReasonOtherDigest, "bytes of kind"},
	{"for a plugin", func(w *world) {
		w.repo.Attach(nt.JWS, w.builder.SignPast(nt.JWS, w.repo.Target, nt.Past{Plugin: "acme-verify"}))
	}, notation.Failed, notation.ReasonPlugin, `it asks for the plugin "acme-verify", and keyrite runs none`},
	{"with a timestamp asked for", func(w *world) {
		nt.Trust(w.t, w.dir, "tsa", "clock", w.other)
		s := nt.Trusting("strict", "ca:acme", "tsa:clock")
		s.Verification["verifyTimestamp"] = "always"
		nt.Layout(w.t, w.dir, s)
		w.repo.Attach(nt.JWS, w.builder.Sign(nt.JWS, w.repo.Target))
	}, notation.Failed, notation.ReasonTimestamp, "no timestamp countersignature"},
	{"an ended certificate with a timestamp of its time", func(w *world) { w.stamped("clock", time.Now().AddDate(-1, -6, 0)) }, notation.Verified, "", ""},
	{"a timestamp of a clock that nobody trusts", func(w *world) { w.stamped("other", time.Now().AddDate(-1, -6, 0)) },
		notation.Failed, notation.ReasonTimestamp, "its time is not proved"},
	{"a timestamp after the certificate had ended", func(w *world) { w.stamped("clock", time.Now().AddDate(0, -6, 0)) },
		notation.Failed, notation.ReasonTimestamp, "timestamp can be after certificate"},
	{"a trust store that is not there", func(w *world) {
		nt.Layout(w.t, w.dir, nt.Trusting("strict", "ca:missing"))
		w.repo.Attach(nt.JWS, w.builder.Sign(nt.JWS, w.repo.Target))
	}, notation.Failed, notation.ReasonTrustStore, `"ca:missing" is not there`},
	{"a trust store of no certificates", func(w *world) {
		nt.Write(w.t, filepath.Join(w.dir, "truststore", "x509", "ca", "acme", "notes.txt"), []byte("not a certificate"))
		w.repo.Attach(nt.JWS, w.builder.Sign(nt.JWS, w.repo.Target))
	}, notation.Failed, notation.ReasonTrustStore, "notes.txt"},
	{"not given by the registry", func(w *world) {
		w.repo.Silent[w.repo.Attach(nt.JWS, w.builder.Sign(nt.JWS, w.repo.Target)).Digest.Encoded()] = true
	}, notation.Failed, notation.ReasonUnread, "it could not be read"},
	{"no signature", func(*world) {}, "", notation.ReasonNoSignature, "has no Notation signature"},
	{"no statement", func(w *world) {
		s := nt.Trusting("strict", "ca:acme")
		s.Scopes = []string{"reg.example:5000/acme/other"}
		nt.Layout(w.t, w.dir, s)
	}, "", notation.ReasonNoStatement, `no statement of the policy is for "reg.example:5000/acme/web"`},
	{"a policy that skips", func(w *world) {
		nt.Layout(w.t, w.dir, nt.Statement{Name: "lax", Scopes: []string{repository}, Verification: map[string]any{"level": "skip"}})
	}, "", "", ""},
}

// stamped attaches a signature by a certificate that ended a year ago, with a time stamp, to
// a policy that trusts the clock called "clock".
func (w *world) stamped(clock string, at time.Time) {
	clocks := map[string]*nt.Authority{"clock": nt.NewAuthority(w.t, "clock"), "other": w.other}
	nt.Trust(w.t, w.dir, "tsa", "clock", clocks["clock"])
	nt.Layout(w.t, w.dir, nt.Trusting("strict", "ca:acme", "tsa:clock"))
	old := w.acme.Signer("builder", nt.Leaf{Begins: time.Now().AddDate(-2, 0, 0), Ends: time.Now().AddDate(-1, 0, 0)})
	w.repo.Attach(nt.JWS, old.SignPast(nt.JWS, w.repo.Target, nt.Past{At: time.Now().AddDate(-1, -6, 0), Clock: clocks[clock].Clock(at)}))
}

// altered changes a byte in the middle of the signed part.
func altered(envelope []byte) []byte {
	at := bytes.Index(envelope, []byte("payload")) + 40
	out := bytes.Clone(envelope)
	out[at] ^= 1
	return out
}

// TestVerdicts compares each verdict with notation-go's own.
func TestVerdicts(t *testing.T) {
	for _, tt := range verdicts {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			tt.do(w)
			v := w.verify()
			if err := w.stock(); (err == nil) != v.Accepted {
				t.Errorf("accepted %v, and notation-go says %v", v.Accepted, err)
			}
			if tt.status == "" {
				if len(v.Signatures) != 0 || v.Verified || v.Reason != tt.reason || !strings.Contains(v.Why, tt.why) {
					t.Errorf("%+v", v)
				}
				return
			}
			if len(v.Signatures) != 1 {
				t.Fatalf("%d signatures, want one", len(v.Signatures))
			}
			s := v.Signatures[0]
			if s.Status != tt.status || v.Verified != (s.Status == notation.Verified) || v.Accepted != (s.Status != notation.Failed) {
				t.Errorf("status %q, verified %v, accepted %v", s.Status, v.Verified, v.Accepted)
			}
			if tt.reason == "" {
				if len(s.Failures) != 0 || s.TrustStore == "" || s.SignedAt.IsZero() || s.Signer != "CN=builder,O=acme,ST=WA,C=US" || s.Revocation != notation.RevocationNowhere {
					t.Errorf("%+v", s)
				}
				return
			}
			if len(s.Failures) == 0 || s.Failures[0].Reason != tt.reason || !strings.Contains(s.Failures[0].Why, tt.why) {
				t.Errorf("failures %+v, want %q with %q", s.Failures, tt.reason, tt.why)
			}
			if enforced := s.Status == notation.Failed; len(s.Failures) > 0 && s.Failures[0].Enforced != enforced {
				t.Errorf("the first failure is enforced: %v", s.Failures[0].Enforced)
			}
		})
	}
}

// One good signature is enough, wherever it stands, and the others are shown.
func TestSeveral(t *testing.T) {
	w := newWorld(t)
	w.repo.Attach(nt.JWS, w.other.Signer("builder", nt.Leaf{}).Sign(nt.JWS, w.repo.Target))
	w.repo.Attach(nt.COSE, w.builder.Sign(nt.COSE, w.repo.Target))
	v := w.verify()
	if err := w.stock(); err != nil || !v.Accepted || !v.Verified || len(v.Signatures) != 2 ||
		v.Signatures[0].Status != notation.Failed || v.Signatures[1].Status != notation.Verified || v.Signatures[1].TrustStore != "ca:acme" {
		t.Errorf("%+v (notation-go: %v)", v, err)
	}
}

// A registry that lists one signature over and over crowds out nothing, and what is beyond
// the bound is counted.
func TestBound(t *testing.T) {
	w := newWorld(t)
	bad := w.repo.Attach(nt.JWS, []byte("nothing"))
	for range 2 * notation.MaxSignatures {
		w.repo.Listed = append(w.repo.Listed, bad)
	}
	w.repo.Attach(nt.COSE, w.builder.Sign(nt.COSE, w.repo.Target))
	if v := w.verify(); !v.Verified || v.Unjudged != 0 || len(v.Signatures) != 2 {
		t.Errorf("repeated: verified %v, %d left, %d signatures", v.Verified, v.Unjudged, len(v.Signatures))
	}
	w = newWorld(t)
	for i := range notation.MaxSignatures {
		w.repo.Attach(nt.JWS, []byte{byte(i)})
	}
	w.repo.Attach(nt.COSE, w.builder.Sign(nt.COSE, w.repo.Target))
	v := w.verify()
	if err := w.stock(); err == nil || v.Accepted || v.Unjudged != 1 || len(v.Signatures) != notation.MaxSignatures || !strings.Contains(v.Why, "1 more were not looked at") {
		t.Errorf("too many: accepted %v, %d left, %q (notation-go: %v)", v.Accepted, v.Unjudged, v.Why, err)
	}
}

// A run that is broken off has no verdict.
func TestBrokenOff(t *testing.T) {
	w := newWorld(t)
	w.repo.Silent[w.repo.Attach(nt.JWS, w.builder.Sign(nt.JWS, w.repo.Target)).Digest.Encoded()] = true
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if v, err := w.policy().Verify(ctx, w.repo, w.subject(), notation.Options{Now: time.Now}); err == nil {
		t.Errorf("%+v", v)
	}
}
