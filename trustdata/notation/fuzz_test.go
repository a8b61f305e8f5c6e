package notation_test

import (
	"context"
	"testing"
	"time"

	"keyrite/trustdata/notation"
	nt "keyrite/trustdata/notation/notationtest"
)

// FuzzEnvelope looks that no envelope ends the program, that none without the trusted key is
// verified, and that each refusal has a reason.
func FuzzEnvelope(f *testing.F) {
	repo, acme, dir := nt.NewRepository("web"), nt.NewAuthority(f, "acme"), f.TempDir()
	builder := acme.Signer("builder", nt.Leaf{})
	nt.Trust(f, dir, "ca", "acme", acme)
	nt.Layout(f, dir, nt.Trusting("strict", "ca:acme"))
	policy, err := notation.Open(dir)
	if err != nil {
		f.Fatal(err)
	}
	stranger := nt.NewAuthority(f, "other").Signer("builder", nt.Leaf{})
	for _, kind := range []string{nt.JWS, nt.COSE} {
		f.Add(kind == nt.JWS, builder.Sign(kind, repo.Target))
		f.Add(kind == nt.JWS, stranger.Sign(kind, repo.Target))
		f.Add(kind == nt.JWS, builder.SignPast(kind, repo.Target, nt.Past{Plugin: "x", Expires: time.Now().Add(time.Hour)}))
	}
	subject := notation.Subject{Repository: repository, Digest: repo.Target.Digest.Encoded(), Size: repo.Target.Size, MediaType: repo.Target.MediaType}
	f.Fuzz(func(t *testing.T, jws bool, envelope []byte) {
		kind := nt.COSE
		if jws {
			kind = nt.JWS
		}
		repo.Listed = nil
		repo.Attach(kind, envelope)
		v, err := policy.Verify(context.Background(), repo, subject, notation.Options{Now: time.Now})
		if err != nil || len(v.Signatures) != 1 {
			t.Fatalf("%+v, %v", v, err)
		}
		s := v.Signatures[0]
		if s.Status == notation.Verified && (s.TrustStore != "ca:acme" || s.Thumbprint == "") || s.Status != notation.Verified && len(s.Failures) == 0 {
			t.Errorf("%+v", s)
		}
	})
}
