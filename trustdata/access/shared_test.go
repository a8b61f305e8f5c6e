package access_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"sync/atomic"
	"testing"

	"keyrite/trustdata"
	"keyrite/trustdata/access"
)

// Many GUNs of one server go over one connection where the Config is shared, and over one
// each where it is not.
func TestShared(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {}))
	defer server.Close()
	for _, tt := range []struct {
		name   string
		config access.Config
		want   int32
	}{{"apart", access.Config{Server: server.URL}, 3}, {"shared", access.Config{Server: server.URL}.Shared(), 1}} {
		var dialled atomic.Int32
		trace := &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) {
			if !i.Reused {
				dialled.Add(1)
			}
		}}
		for _, gun := range []trustdata.GUN{"reg.example/a", "reg.example/b", "reg.example/c"} {
			ep, err := tt.config.TrustServer(gun)
			if err != nil {
				t.Fatal(err)
			}
			req, err := http.NewRequestWithContext(httptrace.WithClientTrace(t.Context(), trace), http.MethodGet, server.URL, nil)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := ep.Do(req, access.Pull)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := access.ReadBody(resp, 1); err != nil {
				t.Fatal(err)
			}
		}
		if got := dialled.Load(); got != tt.want {
			t.Errorf("%s: %d connections, want %d", tt.name, got, tt.want)
		}
	}
}

// A connection that is not used any more is closed when the work is done, and the next request
// makes another.
func TestRest(t *testing.T) {
	closed := make(chan struct{}, 2)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateClosed {
			closed <- struct{}{}
		}
	}
	server.Start()
	defer server.Close()
	access.Config{}.Rest() // nothing is shared: nothing to close
	c := access.Config{Server: server.URL}.Shared()
	ep, err := c.TrustServer("reg.example/a")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := ep.Do(req, access.Pull)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := access.ReadBody(resp, 1); err != nil {
			t.Fatal(err)
		}
		c.Rest()
		<-closed
	}
}

// Servers and TLS files are told apart.
func TestSharedApart(t *testing.T) {
	c := access.Config{}.Shared()
	if _, err := c.TrustServer("reg.example/a"); err != nil {
		t.Fatal(err)
	}
	c.ServerTLS = access.TLSFiles{CA: []string{"/nowhere/ca.pem"}}
	if _, err := c.TrustServer("reg.example/a"); err == nil {
		t.Error("an authority that cannot be read was passed over")
	}
}

// A token serves for all of a piece of work on one GUN, and for no other GUN.
func TestSharedTokens(t *testing.T) {
	var asked atomic.Int32
	var server *httptest.Server
	server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/token":
			asked.Add(1)
			w.Write([]byte(`{"token":"` + r.URL.Query().Get("scope") + `"}`))
		case r.Header.Get("Authorization") != "Bearer repository:"+r.URL.Path[1:]+":pull":
			w.Header().Set("WWW-Authenticate", `Bearer realm="`+server.URL+`/token",service="s",scope="repository:`+r.URL.Path[1:]+`:pull"`)
			w.WriteHeader(http.StatusUnauthorized)
		}
	}))
	defer server.Close()
	shared := access.Config{Server: server.URL}.Shared()
	for i, gun := range []trustdata.GUN{"reg.example/a", "reg.example/a", "reg.example/b", "reg.example/a"} {
		ep, err := shared.TrustServer(gun)
		if err != nil {
			t.Fatal(err)
		}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/"+string(gun), nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := ep.Do(req, access.Pull)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Errorf("look %d at %q: %s", i, gun, resp.Status)
		}
	}
	if got := asked.Load(); got != 2 {
		t.Errorf("the token service was asked %d times, want once for each repository", got)
	}
}
