package access

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// Shared is c for one piece of work over many GUNs: its endpoints keep the connections to
// a server in common, and read the server's TLS files once. Logins and tokens stay apart,
// each with its GUN, and serve as long as the piece of work does. What else c says must not be changed afterwards. What is shared
// already stays so.
func (c Config) Shared() Config {
	if c.shared == nil {
		c.shared = new(connections)
	}
	return c
}

// lines are the connections to one server: for reading, for changing something, and for
// other hosts that it names.
type lines struct {
	own, change, other http.RoundTripper
}

// connections keeps the lines to each server, by its origin and the TLS files chosen for it,
// and the endpoints, by server, GUN and where their login comes from.
type connections struct {
	mu        sync.Mutex
	kept      map[string]lines
	endpoints map[string]Endpoint
}

// endpoint gives the endpoint that is kept, with the token that it has, or makes it.
func (c *connections) endpoint(s side, host string, create func() (Endpoint, error)) (Endpoint, error) {
	if c == nil {
		return create()
	}
	name := fmt.Sprintf("%q %q %q %q %+v %+v", s.url, s.resource, host, s.keys, s.login, s.tls)
	c.mu.Lock()
	e, ok := c.endpoints[name]
	c.mu.Unlock()
	if ok {
		return e, nil
	}
	e, err := create()
	if err != nil {
		return e, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.endpoints == nil {
		c.endpoints = map[string]Endpoint{}
	}
	if first, ok := c.endpoints[name]; ok {
		return first, nil
	}
	c.endpoints[name] = e
	return e, nil
}

// to gives the lines that are kept, or makes them. Without anything to keep them in, and
// after an error, they are made each time.
func (c *connections) to(server *url.URL, own TLSFiles, connect func() (lines, error)) (lines, error) {
	if c == nil {
		return connect()
	}
	parts := slices.Concat([]string{server.Scheme, originHost(server), server.Host, own.Cert, own.Key}, own.CA)
	name := strings.Join(parts, "\x00")
	c.mu.Lock()
	defer c.mu.Unlock()
	if l, ok := c.kept[name]; ok {
		return l, nil
	}
	l, err := connect()
	if err != nil {
		return lines{}, err
	}
	if c.kept == nil {
		c.kept = map[string]lines{}
	}
	c.kept[name] = l
	return l, nil
}

// Rest closes the connections that a shared Config keeps and nobody uses, when a piece of work
// is done: what comes next makes new ones. It takes nothing from requests under way.
func (c Config) Rest() {
	if c.shared == nil {
		return
	}
	c.shared.mu.Lock()
	defer c.shared.mu.Unlock()
	for _, l := range c.shared.kept {
		for _, way := range []http.RoundTripper{l.own, l.change, l.other} {
			if t, ok := way.(*http.Transport); ok {
				t.CloseIdleConnections()
			}
		}
	}
}
