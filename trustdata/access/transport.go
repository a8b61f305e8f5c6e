package access

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

var (
	// ErrInsecure is a server whose URL is http although it is on another machine.
	ErrInsecure = errors.New("http is used only to this machine unless that is explicitly permitted")
	// ErrCleartext is a request that would have shown a login to the network.
	ErrCleartext = errors.New("a login is never sent over http to another machine")
	// ErrEncoded is an answer with a compressed body, which was not asked for.
	ErrEncoded = errors.New("the server sent a compressed body, which was not asked for")
)

// idleConnections is how long a connection is kept for the next request.
const idleConnections = 20 * time.Second

// idlePerHost is how many connections to one server are kept between requests: as many as
// anybody lets work side by side, for one that is closed costs the next request its time.
const idlePerHost = 128

// transport builds the way of a request, outermost first: the names of token services,
// patience with a busy server, the guard of logins, the watch for silence, the connection.
func (c Config) transport(s side, acc *account, p policy) (http.RoundTripper, error) {
	server := s.url
	timeout := c.Timeout
	if timeout <= 0 {
		timeout = DefaultTimeout
	}
	kept, err := c.shared.to(server, s.tls, func() (lines, error) { return c.connect(server, s.tls) })
	if err != nil {
		return nil, err
	}
	var next http.RoundTripper = &byOrigin{server: server, lines: kept}
	if s.httpToo {
		next = &httpFallback{host: server.Host, next: next}
	}
	next = &busyWait{next: &guard{policy: p, next: &silence{after: timeout, next: next}}}
	return &realms{server: server, policy: p, account: acc, next: next}, nil
}

// connect reads a server's TLS files and makes the connections to it.
func (c Config) connect(server *url.URL, own TLSFiles) (lines, error) {
	files, err := c.readTLS(server, own)
	if err != nil {
		return lines{}, err
	}
	connect := func(clients []tls.Certificate, look func(string, tls.ConnectionState) error) http.RoundTripper {
		config := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: files.roots, Certificates: clients}
		if look != nil {
			config.VerifyConnection = func(state tls.ConnectionState) error { return look(server.Host, state) }
		}
		return &http.Transport{
			Proxy:                 c.Proxy,
			TLSClientConfig:       config,
			ForceAttemptHTTP2:     true,
			DisableCompression:    true,
			IdleConnTimeout:       idleConnections,
			MaxIdleConnsPerHost:   idlePerHost,
			ExpectContinueTimeout: time.Second,
		}
	}
	l := lines{own: connect(files.clients, nil), other: connect(nil, nil)}
	l.change = l.own
	if c.Peers != nil {
		l.own, l.change = connect(files.clients, c.Peers.read), connect(files.clients, c.Peers.write)
	}
	return l, nil
}

// byOrigin shows the client certificate to the server it is for, and to no token service
// or redirect on another host. What changes something goes over connections of its own.
type byOrigin struct {
	server *url.URL
	lines
}

func (t *byOrigin) RoundTrip(req *http.Request) (*http.Response, error) {
	next := t.other
	switch {
	case sameOrigin(req.URL, t.server) && changes(req):
		next = t.change
	case sameOrigin(req.URL, t.server):
		next = t.own
	}
	resp, err := next.RoundTrip(req)
	if err != nil {
		return nil, asCertificateError(req.URL.Host, err)
	}
	return resp, nil
}

// httpFallback speaks http with a server on this machine that does not speak TLS, as
// docker's daemon does for registries on loopback addresses.
type httpFallback struct {
	host string
	next http.RoundTripper
}

func (t *httpFallback) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := t.next.RoundTrip(req)
	var answer tls.RecordHeaderError
	if req.URL.Scheme != "https" || req.URL.Host != t.host || req.Body != nil ||
		!errors.As(err, &answer) || string(answer.RecordHeader[:]) != "HTTP/" {
		return resp, err
	}
	plain := req.Clone(req.Context())
	plain.URL.Scheme = "http"
	if resp, err = t.next.RoundTrip(plain); err != nil {
		return nil, err
	}
	resp.Request = req // to the callers above, the origin is the one that they asked
	return resp, nil
}

// guard is the last check before a request leaves: no login in clear, none to a host that
// is not confirmed, and no compressed body in return, which could unfold beyond every limit.
type guard struct {
	policy policy
	next   http.RoundTripper
}

func (t *guard) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := t.admit(req); err != nil {
		if req.Body != nil {
			req.Body.Close()
		}
		return nil, err
	}
	req = req.Clone(req.Context())
	req.Header.Set("Accept-Encoding", "identity")
	resp, err := t.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	if enc := resp.Header.Get("Content-Encoding"); enc != "" && !strings.EqualFold(enc, "identity") {
		resp.Body.Close()
		return nil, fmt.Errorf("%q: %w", req.URL.Host, ErrEncoded)
	}
	return resp, nil
}

func (t *guard) admit(req *http.Request) error {
	switch {
	case !carriesLogin(req):
		return nil
	case req.URL.Scheme != "https" && !isLoopback(req.URL.Hostname()):
		return fmt.Errorf("%q: %w", req.URL.Host, ErrCleartext)
	}
	return t.policy.admit(req.Context(), req.URL)
}

// carriesLogin reports whether the request has a login: in its header, or in the form by
// which an identity token is exchanged. No other request here posts a form.
func carriesLogin(req *http.Request) bool {
	return req.Header.Get("Authorization") != "" || req.Header.Get("Cookie") != "" ||
		strings.HasPrefix(req.Header.Get("Content-Type"), "application/x-www-form-urlencoded")
}

// redirectPolicy is http.Client's CheckRedirect.
type redirectPolicy = func(req *http.Request, via []*http.Request) error

// neverRedirect hands the redirect itself back. A trust server's clients follow none, so
// a server that needs it would not work for them either.
func neverRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// maxRedirects is enough for registries that serve manifests from another place.
const maxRedirects = 4

// fewRedirects follows what a registry needs: reads only, never from https to http, and
// never with the login to another origin.
func fewRedirects(req *http.Request, via []*http.Request) error {
	first := via[0]
	switch {
	case len(via) > maxRedirects:
		return fmt.Errorf("%q: more than %d redirects", first.URL.Host, maxRedirects)
	case first.Method != http.MethodGet && first.Method != http.MethodHead:
		return http.ErrUseLastResponse
	case req.URL.Scheme != "https" && req.URL.Scheme != first.URL.Scheme:
		return fmt.Errorf("%q redirects to %q, which is not https", first.URL.Host, req.URL.Scheme+"://"+req.URL.Host)
	}
	// The net/http package keeps the header for another port of the same host.
	if !sameOrigin(req.URL, first.URL) {
		req.Header.Del("Authorization")
	}
	return nil
}

// isLoopback reports whether a host names this machine without asking any resolver.
func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

func sameOrigin(a, b *url.URL) bool {
	return strings.EqualFold(a.Scheme, b.Scheme) && originHost(a) == originHost(b)
}

func originHost(u *url.URL) string {
	port := u.Port()
	if port == "" && strings.EqualFold(u.Scheme, "https") {
		port = "443"
	} else if port == "" {
		port = "80"
	}
	return net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}
