package access

import (
	"errors"

	"keyrite/trustdata"

	"oras.land/oras-go/v2/registry/remote/auth"
)

// scope is what a token is wanted for.
func (e Endpoint) scope(actions []string) string {
	if e.catalog {
		return auth.ScopeRegistryCatalog
	}
	return auth.ScopeRepository(e.Resource, actions...)
}

// TrustServerCatalog is Config.Server as it is asked which repositories it has; a token is
// wanted for the scope "registry:catalog:*", whatever the actions. Where no login is kept
// for the server itself, that of host is sent, as for each of host's repositories; host may
// be "". It asks no server, and fails where Config.Server is not set.
func (c Config) TrustServerCatalog(host string) (Endpoint, error) {
	if c.Server == "" {
		return Endpoint{}, errors.New("no trust server is named, and each repository's own host is asked about that one only")
	}
	u, err := c.parseServer("trust server", c.Server)
	if err != nil {
		return Endpoint{}, err
	}
	logins := []string{u.Host}
	if host != "" {
		if err := trustdata.ParseHost(host); err != nil {
			return Endpoint{}, err
		}
		logins = append(logins, loginKey(someOf(host)))
	}
	ep, err := c.endpoint(side{u, "", logins, c.ServerLogin, c.ServerTLS, neverRedirect, false}, host)
	ep.catalog = true
	return ep, err
}

// RegistryCatalog is the registry of a host as it is asked which repositories it has:
// Config.Registry where it is set, else the host itself. The scope is that of
// TrustServerCatalog. It asks no server.
func (c Config) RegistryCatalog(host string) (Endpoint, error) {
	if err := trustdata.ParseHost(host); err != nil {
		return Endpoint{}, err
	}
	ep, err := c.RegistryOf(someOf(host))
	ep.Resource, ep.catalog = "", true
	return ep, err
}

// someOf is a repository of a host: what is known of a host is kept by repository.
func someOf(host string) trustdata.GUN { return trustdata.GUN(host + "/any") }
