package notation_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"keyrite/trustdata/notation"
	nt "keyrite/trustdata/notation/notationtest"
)

// A certificate that names a host is asked about there only where that was wished, and the
// result says what was done.
func TestRevocation(t *testing.T) {
	w := newWorld(t)
	var asked atomic.Int32
	var list atomic.Pointer[[]byte]
	host := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		body := list.Load()
		if body == nil {
			rw.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		rw.Write(*body)
	}))
	defer host.Close()
	signer := w.acme.Signer("builder", nt.Leaf{CRL: []string{host.URL + "/acme.crl"}})
	w.repo.Attach(nt.JWS, signer.Sign(nt.JWS, w.repo.Target))
	verify := func(client *http.Client) (notation.Verdict, notation.Signature) {
		v, err := w.policy().Verify(context.Background(), w.repo, w.subject(), notation.Options{Now: time.Now, Asker: client})
		if err != nil {
			t.Fatal(err)
		}
		return v, v.Signatures[0]
	}

	v, s := verify(nil)
	if !v.Verified || s.Revocation != notation.RevocationNotAsked || len(s.RevocationHosts) != 1 || "http://"+s.RevocationHosts[0] != host.URL || asked.Load() != 0 {
		t.Errorf("nobody asked: verified %v, %q, %q, %d requests", v.Verified, s.Revocation, s.RevocationHosts, asked.Load())
	}
	v, s = verify(host.Client())
	if v.Accepted || s.Revocation != notation.RevocationUnknown || s.Failures[0].Reason != notation.ReasonRevocationUnknown || !strings.Contains(s.Failures[0].Why, "could not be learned") || asked.Load() == 0 {
		t.Errorf("no answer: %+v", s)
	}
	good := w.acme.RevocationList()
	list.Store(&good)
	if v, s = verify(host.Client()); !v.Verified || s.Revocation != notation.RevocationGood {
		t.Errorf("a good answer: %+v", s)
	}
	revoked := w.acme.RevocationList(signer)
	list.Store(&revoked)
	if v, s = verify(host.Client()); v.Accepted || s.Revocation != notation.RevocationBad || s.Failures[0].Reason != notation.ReasonRevoked {
		t.Errorf("revoked: %+v", s)
	}
	if err := w.stock(); err == nil {
		t.Error("notation-go accepts the revoked certificate")
	}
}

// Somebody whom no trust store knows can name any host in a certificate. Under a policy
// that only notes the lack of trust, none of them may hear from us.
func TestStrangersHostsAreNotAsked(t *testing.T) {
	w := newWorld(t)
	var asked atomic.Int32
	host := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer host.Close()
	nt.Layout(t, w.dir, nt.Trusting("audit", "ca:acme"))
	stranger := w.other.Signer("builder", nt.Leaf{CRL: []string{host.URL}, OCSP: []string{host.URL}})
	w.repo.Attach(nt.JWS, stranger.Sign(nt.JWS, w.repo.Target))
	v, err := w.policy().Verify(context.Background(), w.repo, w.subject(), notation.Options{Now: time.Now, Asker: host.Client()})
	if err != nil {
		t.Fatal(err)
	}
	if s := v.Signatures[0]; asked.Load() != 0 || s.Status != notation.Accepted || s.Revocation != notation.RevocationNotAsked {
		t.Errorf("%d requests, %+v", asked.Load(), s)
	}
	if w.stock(); asked.Load() == 0 {
		t.Error("the host was not one that notation-go would ask")
	}
}
