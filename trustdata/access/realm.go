package access

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// realms stands between the auth client and the token services that servers name.
//
// The auth client refuses a token service on a private address under another host name,
// which protects programs that fetch on behalf of strangers. In a company's network it
// is the usual set-up, and the server that names it was chosen by the user. So the
// challenge that the auth client sees names a path on the server's own origin, a request
// for that path goes to the service, and whether it may is judged here and by the guard:
// a login goes only to services that are confirmed, and a server on a public address
// cannot send anybody to a private one.
type realms struct {
	server  *url.URL
	policy  policy
	account *account
	next    http.RoundTripper

	mu    sync.Mutex
	known map[string]*url.URL // path on the server's origin to token service
	same  map[string]bool     // token services on the server's own host
}

// realmPath begins the paths that stand for token services. No request for one leaves.
const realmPath = "/.keyrite/token-service/"

func (t *realms) RoundTrip(req *http.Request) (*http.Response, error) {
	if service, ok := t.serviceOf(req.URL); ok {
		if service == nil {
			return nil, fmt.Errorf("%q names no token service", req.URL.Path)
		}
		return t.token(req, service)
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

// serviceOf is the token service that a request is for, if it is for one.
func (t *realms) serviceOf(u *url.URL) (*url.URL, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if strings.HasPrefix(u.Path, realmPath) && sameOrigin(u, t.server) {
		return t.known[u.Path], true
	}
	if t.same[bare(u)] {
		return u, true
	}
	return nil, false
}

// rename puts a path of the server's origin in the place of a token service elsewhere.
func (t *realms) rename(ctx context.Context, challenge string) string {
	c := parseChallenge(challenge)
	note(ctx, func(v *Visit) { v.Challenge = c })
	t.account.challenged(c.Scheme)
	service, err := url.Parse(c.Realm)
	switch {
	case c.Scheme != "Bearer", err != nil, service.Host == "", service.User != nil:
		return challenge // the auth client says why not
	case service.Scheme != "https" && service.Scheme != t.server.Scheme:
		return challenge
	case strings.EqualFold(service.Hostname(), t.server.Hostname()):
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.same == nil {
			t.same = map[string]bool{}
		}
		t.same[bare(service)] = true
		return challenge
	}
	stand := url.URL{Scheme: t.server.Scheme, Host: t.server.Host, Path: t.pathFor(service), RawQuery: service.RawQuery}
	return strings.Replace(challenge, strconv.Quote(c.Realm), strconv.Quote(stand.String()), 1)
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

// token sends a request for a token to its service. The answer keeps the service's URL,
// so that an error names it.
func (t *realms) token(req *http.Request, service *url.URL) (*http.Response, error) {
	direct := req.Clone(req.Context())
	direct.URL.Scheme, direct.URL.Host, direct.Host = service.Scheme, service.Host, ""
	direct.URL.Path, direct.URL.RawPath = service.Path, service.RawPath
	ctx := req.Context()
	if !carriesLogin(req) && !t.policy.trusts(service) && isPrivate(ctx, service.Hostname()) && !isPrivate(ctx, t.server.Hostname()) {
		return nil, &RealmError{Server: t.server.Host, Realm: origin(service), Why: "it is a loopback or private address, and the server's is public"}
	}
	resp, err := t.exchange(direct)
	if err != nil {
		return nil, err
	}
	if to, err := resp.Location(); err == nil {
		resp.Header.Set("Location", to.String()) // relative to the service, not to its stand-in
	}
	return resp, nil
}

// policy decides which token services may see a login.
type policy struct {
	server  *url.URL
	trusted []string // hosts and origins
	confirm func(ctx context.Context, server, realm string) (bool, error)
}

// knownRealms are the token services of public registries that are on another host than
// the registry: they need no confirmation. The list is by the server's host.
var knownRealms = map[string]string{
	"registry-1.docker.io": "https://auth.docker.io",
	"index.docker.io":      "https://auth.docker.io",
	"notary.docker.io":     "https://auth.docker.io",
}

// trusts reports whether a login may go to u without asking anybody: to a host that the
// operator chose as a server, a service that the configuration names, or a known one.
func (p policy) trusts(u *url.URL) bool {
	if strings.EqualFold(u.Hostname(), p.server.Hostname()) || isLoopback(u.Hostname()) && isLoopback(p.server.Hostname()) ||
		knownRealms[strings.ToLower(p.server.Host)] == origin(u) {
		return true
	}
	return slices.ContainsFunc(p.trusted, func(t string) bool {
		return t == origin(u) || strings.EqualFold(t, u.Hostname())
	})
}

// admit is asked before a login leaves for u.
func (p policy) admit(ctx context.Context, u *url.URL) error {
	if p.trusts(u) {
		return nil
	}
	refused := &RealmError{Server: p.server.Host, Realm: origin(u), Why: "that is not confirmed"}
	if p.confirm == nil {
		return refused
	}
	ok, err := p.confirm(ctx, p.server.Host, origin(u))
	if err == nil && !ok {
		err = refused
	}
	return err
}

// ErrRealm is what a RealmError Is.
var ErrRealm = errors.New("the token service is not confirmed")

// RealmError is a server that wants its login sent to a host that nobody confirmed.
type RealmError struct {
	// Server is the server's host, Realm the origin that it names.
	Server, Realm string
	Why           string
}

func (e *RealmError) Error() string {
	return fmt.Sprintf("%q wants its login sent to %q: %s, so nothing was sent", e.Server, e.Realm, e.Why)
}

// Is makes errors.Is(err, ErrRealm) true.
func (e *RealmError) Is(target error) bool { return target == ErrRealm }

// ParseRealm checks a token service's name as a configuration has it: an https URL, of
// which the origin counts, or http to this machine.
func ParseRealm(s string) (string, error) {
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "" || u.User != nil:
		return "", errors.New("not a URL such as https://auth.example")
	case u.Scheme != "https" && !(u.Scheme == "http" && isLoopback(u.Hostname())):
		return "", errors.New("not https")
	}
	return origin(u), nil
}

// origin is a URL's scheme, host and port, without the scheme's own port.
func origin(u *url.URL) string {
	host := strings.ToLower(u.Host)
	switch {
	case u.Scheme == "https":
		host = strings.TrimSuffix(host, ":443")
	case u.Scheme == "http":
		host = strings.TrimSuffix(host, ":80")
	}
	return strings.ToLower(u.Scheme) + "://" + host
}

// parseChallenge reads the first challenge of a header.
func parseChallenge(header string) Challenge {
	scheme, rest, _ := strings.Cut(header, " ")
	c := Challenge{Scheme: scheme}
	switch {
	case strings.EqualFold(scheme, "Bearer"):
		c.Scheme = "Bearer"
	case strings.EqualFold(scheme, "Basic"):
		c.Scheme = "Basic"
	}
	for _, found := range challengeParam().FindAllStringSubmatch(rest, -1) {
		switch strings.ToLower(found[1]) {
		case "realm":
			c.Realm = found[2]
		case "service":
			c.Service = found[2]
		case "scope":
			c.Scope = found[2]
		}
	}
	return c
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
	return addr.IsPrivate() || addr.IsLoopback() || addr.IsLinkLocalUnicast() || addr.IsUnspecified() || sharedSpace.Contains(addr)
}
