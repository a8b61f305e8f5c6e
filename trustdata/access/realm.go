package access

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// realms lets a server inside a private network name a token service inside it.
//
// The auth client refuses a token service on a private address under another host name,
// which protects programs that fetch on behalf of strangers. In a company's network it
// is the usual set-up, and the server that names it was chosen by the user. So where the
// server itself has a private address, the challenge that the auth client sees names a
// path on the server's own origin, and a request for that path goes to the service. A
// server on a public address gets no such help.
type realms struct {
	server *url.URL
	next   http.RoundTripper

	mu    sync.Mutex
	known map[string]*url.URL // path on the server's origin to token service
}

// realmPath begins the paths that stand for token services. No request for one leaves.
const realmPath = "/.keyrite/token-service/"

var realmParam = regexp.MustCompile(`(?i)\brealm="([^"\\]*)"`)

func (t *realms) RoundTrip(req *http.Request) (*http.Response, error) {
	if strings.HasPrefix(req.URL.Path, realmPath) && sameOrigin(req.URL, t.server) {
		return t.token(req)
	}
	resp, err := t.next.RoundTrip(req)
	if err != nil || resp.StatusCode != http.StatusUnauthorized || !sameOrigin(req.URL, t.server) {
		return resp, err
	}
	if challenge := resp.Header.Get("Www-Authenticate"); challenge != "" {
		resp.Header.Set("Www-Authenticate", t.rename(req.Context(), challenge))
	}
	return resp, nil
}

// rename puts a path of the server's origin in the place of a token service.
func (t *realms) rename(ctx context.Context, challenge string) string {
	found := realmParam.FindStringSubmatch(challenge)
	if found == nil || len(challenge) < 6 || !strings.EqualFold(challenge[:6], "Bearer") {
		return challenge
	}
	service, err := url.Parse(found[1])
	switch {
	case err != nil, service.User != nil, strings.EqualFold(service.Hostname(), t.server.Hostname()):
		return challenge
	case service.Scheme != "https" && service.Scheme != t.server.Scheme:
		return challenge // the auth client says why not
	case !isPrivate(ctx, t.server.Hostname()):
		return challenge
	}
	stand := url.URL{Scheme: t.server.Scheme, Host: t.server.Host, Path: t.pathFor(service), RawQuery: service.RawQuery}
	return strings.Replace(challenge, found[0], fmt.Sprintf("realm=%q", stand.String()), 1)
}

func (t *realms) pathFor(service *url.URL) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	for path, known := range t.known {
		if *known == *service {
			return path
		}
	}
	if t.known == nil {
		t.known = map[string]*url.URL{}
	}
	path := realmPath + strconv.Itoa(len(t.known))
	t.known[path] = service
	return path
}

// token sends a request for a token to the service that its path stands for. The answer
// keeps the service's URL, so that an error names it.
func (t *realms) token(req *http.Request) (*http.Response, error) {
	t.mu.Lock()
	service := t.known[req.URL.Path]
	t.mu.Unlock()
	if service == nil {
		return nil, fmt.Errorf("%q names no token service", req.URL.Path)
	}
	direct := req.Clone(req.Context())
	direct.URL.Scheme, direct.URL.Host, direct.Host = service.Scheme, service.Host, ""
	direct.URL.Path, direct.URL.RawPath = service.Path, service.RawPath
	return t.next.RoundTrip(direct)
}

// sharedSpace is the address space of carrier-grade NAT (RFC 6598).
var sharedSpace = netip.MustParsePrefix("100.64.0.0/10")

// isPrivate reports whether a host is, or has, an address that is not public. One that
// cannot be resolved here, as behind a proxy, counts as public.
func isPrivate(ctx context.Context, host string) bool {
	if addr, err := netip.ParseAddr(host); err == nil {
		return isPrivateAddr(addr)
	}
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return false
	}
	for _, addr := range addrs {
		if isPrivateAddr(addr) {
			return true
		}
	}
	return false
}

func isPrivateAddr(addr netip.Addr) bool {
	addr = addr.Unmap()
	return addr.IsPrivate() || addr.IsLoopback() || addr.IsLinkLocalUnicast() || sharedSpace.Contains(addr)
}
