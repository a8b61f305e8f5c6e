package interop

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"sync"
	"testing"
)

// A Front is a plain HTTP proxy before a server, to look at what is asked and to break
// the connection at a chosen request.
type Front struct {
	URL string

	mu            sync.Mutex
	before, after func(*http.Request) bool
	answer        func(http.ResponseWriter, *http.Request) bool
	asked         []string
}

// StartFront starts a proxy before the server at target; ca is the file of its authority,
// "" for plain HTTP.
func StartFront(t testing.TB, target, ca string) *Front {
	t.Helper()
	to, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	if ca != "" {
		pem, err := os.ReadFile(ca)
		if err != nil {
			t.Fatal(err)
		}
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM(pem)
		transport.TLSClientConfig = &tls.Config{RootCAs: pool}
	}
	f := &Front{}
	proxy := &httputil.ReverseProxy{
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(to) },
		Transport: transport,
		ModifyResponse: func(r *http.Response) error {
			if f.admit(r.Request, &f.after) {
				return nil
			}
			return errors.New("the answer is lost")
		},
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.note(r)
		if !f.admit(r, &f.before) {
			panic(http.ErrAbortHandler)
		}
		if !f.answered(w, r) {
			proxy.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(srv.Close)
	t.Cleanup(transport.CloseIdleConnections)
	f.URL = srv.URL
	return f
}

// Before sets what is asked before each request is passed on; a false breaks the
// connection without an answer, and the server sees nothing. Nil passes everything.
func (f *Front) Before(hook func(*http.Request) bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.before = hook
}

// After sets what is asked when the server has answered; a false breaks the connection, so
// that the answer is lost though the server has done its work. Nil passes everything.
func (f *Front) After(hook func(*http.Request) bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.after = hook
}

// Answer sets what may answer in the server's place: a true says that it has.
func (f *Front) Answer(hook func(http.ResponseWriter, *http.Request) bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answer = hook
}

// Requests lists the method and path of each request so far.
func (f *Front) Requests() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.asked...)
}

func (f *Front) note(r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = append(f.asked, r.Method+" "+r.URL.Path)
}

func (f *Front) admit(r *http.Request, which *func(*http.Request) bool) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return *which == nil || (*which)(r)
}

func (f *Front) answered(w http.ResponseWriter, r *http.Request) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.answer != nil && f.answer(w, r)
}
