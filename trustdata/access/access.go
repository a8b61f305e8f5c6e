// Package access knows how a GUN is reached: which trust server and which registry
// serve it, with which TLS files and which login, and over which HTTP client.
//
// A client that this package makes sends a login only where it belongs. It never sends
// one over http except to this machine, never to another origin that a redirect names, to
// a token service on another host only if that is confirmed, and it keeps the tokens of a
// trust server apart from those of a registry. A login is looked for when a server asks
// for one, not before. It asks for
// unencoded bodies, ends a request whose server has gone silent, and waits out a
// "429 Too Many Requests" only when the wait is short.
package access

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"keyrite/trustdata"

	"oras.land/oras-go/v2/registry/remote/auth"
)

// Config is what the way to a server depends on. Nothing else does: this package reads
// neither environment nor home directory.
type Config struct {
	// DockerDir is docker's configuration folder, with config.json and tls/. It may be
	// "" or absent: then there are no logins and no extra certificates.
	DockerDir string
	// Server is the trust server's URL for every GUN, and "" for docker's defaults.
	Server string
	// Registry is the registry's URL for every GUN, and "" for the GUN's own host.
	Registry string
	// TLSCA are PEM files whose certificates are trusted besides the system's.
	TLSCA []string
	// Insecure permits http to other machines. Logins are not sent there even then,
	// and certificates of https servers are checked as ever.
	Insecure bool
	// Timeout is how long a server may be silent. Zero is DefaultTimeout.
	Timeout time.Duration
	// UserAgent names the program to servers.
	UserAgent string
	// Proxy chooses a proxy as in http.Transport; nil connects directly.
	Proxy func(*http.Request) (*url.URL, error)
	// AuthConfig gives the value of DOCKER_AUTH_CONFIG; nil where it is not set.
	AuthConfig func() string
	// Helpers is how credential helpers are run.
	Helpers Helpers
	// Logins remembers what helpers answered; nil asks them each time.
	Logins *Logins
	// ServerLogin and RegistryLogin say where the logins of trust server and registry
	// come from, and ServerTLS and RegistryTLS which files besides docker's they use.
	ServerLogin, RegistryLogin LoginSource
	ServerTLS, RegistryTLS     TLSFiles
	// Realms are the origins of token services, as ParseRealm gives them, that may see a
	// login although they are on another host than the server that names them.
	Realms []string
	// Peers remembers the keys of servers that were read; nil lets changes go to any.
	Peers *Peers
	// shared are the connections that copies of this Config have in common; see Shared.
	shared *connections
	// Confirm asks a person whether a server's login may go to a token service that
	// Realms does not name, and remembers the answer. Nil refuses.
	Confirm func(ctx context.Context, server, realm string) (bool, error)
}

// TLSFiles are PEM files for one server: authorities that are trusted besides the
// others, and a client certificate with its key, which are set together.
type TLSFiles struct {
	CA        []string
	Cert, Key string
}

// DefaultTimeout is the silence of a server that ends a request.
const DefaultTimeout = 30 * time.Second

// Docker Hub's servers, and the name under which docker keeps its login.
const (
	hubHost        = "docker.io"
	hubTrustServer = "https://notary.docker.io"
	hubRegistry    = "https://registry-1.docker.io"
	hubLogin       = "https://index.docker.io/v1/"
)

// Doer sends a request.
type Doer interface {
	Do(*http.Request) (*http.Response, error)
}

// Endpoint is one server as one GUN uses it.
type Endpoint struct {
	// URL is the server's base, without a slash at its end.
	URL *url.URL
	// Resource is the repository's name in the scope of a token: the whole GUN for a
	// trust server, the name without its host for a registry.
	Resource string
	// Client answers the server's challenges. Its tokens are this endpoint's alone.
	Client Doer

	account *account
	// catalog marks a server that is asked which repositories it has.
	catalog bool
}

// The actions that a token's scope names.
const (
	Pull  = "pull"
	Push  = "push"
	Admin = "*"
)

// Do sends req, and if the server asks for a token, fetches one for these actions on the
// endpoint's resource. A body must be rewindable, as those of http.NewRequest are.
func (e Endpoint) Do(req *http.Request, actions ...string) (*http.Response, error) {
	scope := e.scope(actions)
	ctx := auth.WithScopes(req.Context(), scope)
	note(ctx, func(v *Visit) { v.Asked = append(v.Asked, scope) })
	if e.account != nil {
		e.account.want(actions)
	}
	resp, err := e.Client.Do(req.WithContext(ctx))
	if err != nil {
		return nil, e.Explain(loginError(req.URL.Host, err))
	}
	return resp, nil
}

// TrustServer is the trust server of a GUN: Config.Server where it is set, Docker Hub's
// for its GUNs and for those without a host, else the GUN's host by https. It asks no
// server. It fails for a URL that is not fit to be used and for unusable TLS files.
func (c Config) TrustServer(gun trustdata.GUN) (Endpoint, error) {
	if _, err := trustdata.ParseGUN(string(gun)); err != nil {
		return Endpoint{}, err
	}
	base := c.Server
	if base == "" {
		base = c.defaultURL(gun, hubTrustServer)
	}
	u, err := c.parseServer("trust server", base)
	if err != nil {
		return Endpoint{}, err
	}
	// A login kept for the trust server itself comes first. Docker knows only the
	// registry's, which cannot express a trust server that stands apart.
	logins := []string{loginKey(gun)}
	if c.Server != "" {
		logins = []string{u.Host, loginKey(gun)}
	}
	return c.endpoint(side{u, string(gun), logins, c.ServerLogin, c.ServerTLS, neverRedirect, false}, gunHost(gun))
}

// RegistryOf is the registry of a GUN: Config.Registry where it is set, else the GUN's
// host by https, which on this machine gives way to http as docker's daemon does.
func (c Config) RegistryOf(gun trustdata.GUN) (Endpoint, error) {
	if _, err := trustdata.ParseGUN(string(gun)); err != nil {
		return Endpoint{}, err
	}
	base := c.Registry
	if base == "" {
		base = c.defaultURL(gun, hubRegistry)
	}
	u, err := c.parseServer("registry", base)
	if err != nil {
		return Endpoint{}, err
	}
	logins := []string{loginKey(gun)}
	if c.Registry != "" {
		logins = []string{u.Host, loginKey(gun)}
	}
	httpToo := c.Registry == "" && isLoopback(u.Hostname())
	return c.endpoint(side{u, trustdata.ExpandGUN(gun).Path(), logins, c.RegistryLogin, c.RegistryTLS, fewRedirects, httpToo}, gunHost(gun))
}

// side is what the two servers of a GUN differ in.
type side struct {
	url       *url.URL
	resource  string
	keys      []string // docker's names for the login
	login     LoginSource
	tls       TLSFiles
	redirects redirectPolicy
	httpToo   bool
}

func (c Config) defaultURL(gun trustdata.GUN, hub string) string {
	switch host := gunHost(gun); host {
	case hubHost:
		return hub
	default:
		return "https://" + host
	}
}

// gunHost is the registry's host as docker derives it from a short name, too.
func gunHost(gun trustdata.GUN) string { return trustdata.ExpandGUN(gun).Host() }

// loginKey is the name under which docker keeps the login of a GUN's registry.
func loginKey(gun trustdata.GUN) string {
	if host := gunHost(gun); host != hubHost {
		return host
	}
	return hubLogin
}

// parseServer checks a server's URL: https, or http to this machine or where Insecure
// permits it; a host; a path is kept; no user, query or fragment. No error quotes the
// URL of which a part may be a password.
func (c Config) parseServer(what, s string) (*url.URL, error) {
	u, err := url.Parse(s)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s is not a URL", what)
	case u.User != nil:
		return nil, fmt.Errorf("%s %q: a user name or password does not belong in a URL", what, u.Host)
	case u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.Hostname() == "":
		return nil, fmt.Errorf("%s %q is not an https URL", what, s)
	case u.RawQuery != "" || u.Fragment != "" || u.ForceQuery:
		return nil, fmt.Errorf("%s %q: a query or fragment does not belong in a server's URL", what, u.Host)
	case u.Scheme == "http" && !c.Insecure && !isLoopback(u.Hostname()):
		return nil, fmt.Errorf("%s %q: %w", what, s, ErrInsecure)
	}
	u.Path, u.RawPath = strings.TrimRight(u.Path, "/"), ""
	return u, nil
}

// endpoint is one server. host is that of the repositories that it serves, "" if they may
// have any.
func (c Config) endpoint(s side, host string) (Endpoint, error) {
	return c.shared.endpoint(s, host, func() (Endpoint, error) { return c.newEndpoint(s, host) })
}

func (c Config) newEndpoint(s side, host string) (Endpoint, error) {
	acc := &account{find: func(ctx context.Context) (found, error) { return c.findLogin(ctx, s.keys, s.login) }}
	if c.Logins != nil {
		acc.now = c.Logins.Now
	}
	transport, err := c.transport(s, acc, policy{server: s.url, trusted: c.operators(host), confirm: c.Confirm})
	if err != nil {
		return Endpoint{}, err
	}
	client := &auth.Client{
		Client:   &http.Client{Transport: transport, CheckRedirect: s.redirects},
		Cache:    auth.NewCache(),
		ClientID: "keyrite",
		// The auth client asks only about the host that was asked, whatever a challenge
		// or a redirect names.
		Credential: acc.credential,
	}
	if c.UserAgent != "" {
		client.SetUserAgent(c.UserAgent)
	}
	return Endpoint{URL: s.url, Resource: s.resource, Client: client, account: acc}, nil
}

// operators are the hosts that the operator chose as servers, and the token services that
// the configuration names.
func (c Config) operators(host string) []string {
	hosts := slices.Clone(c.Realms)
	for _, server := range []string{"https://" + host, c.Server, c.Registry} {
		if u, err := url.Parse(server); err == nil && u.Host != "" {
			hosts = append(hosts, u.Hostname())
		}
	}
	return hosts
}
