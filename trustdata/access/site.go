package access

import (
	"context"
	"net/http"
)

// Site is a server of plain files, such as a TUF repository, by its base URL. It is asked
// without any login. A few redirects are followed, as stores of files need them, and none
// from https to http. It asks no server, and fails for a URL that is not fit to be used
// and for unusable TLS files.
func (c Config) Site(what, base string) (Endpoint, error) {
	u, err := c.parseServer(what, base)
	if err != nil {
		return Endpoint{}, err
	}
	none := &account{find: func(context.Context) (found, error) { return found{}, nil }}
	transport, err := c.transport(side{url: u, redirects: fewRedirects}, none, policy{server: u})
	if err != nil {
		return Endpoint{}, err
	}
	client := &http.Client{Transport: named{c.UserAgent, transport}, CheckRedirect: fewRedirects}
	return Endpoint{URL: u, Client: client}, nil
}

// named tells servers which program asks.
type named struct {
	agent string
	next  http.RoundTripper
}

func (t named) RoundTrip(req *http.Request) (*http.Response, error) {
	if t.agent != "" {
		req = req.Clone(req.Context())
		req.Header.Set("User-Agent", t.agent)
	}
	return t.next.RoundTrip(req)
}
