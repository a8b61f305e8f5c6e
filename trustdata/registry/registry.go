// Package registry asks an OCI registry what it serves: the tags of a repository and the
// digest of each. It only looks; nothing here pulls, pushes or deletes.
package registry

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"keyrite/trustdata"
	"keyrite/trustdata/access"
)

var (
	// ErrNotRegistry is an answer that no registry gives, such as a web page.
	ErrNotRegistry = errors.New("is not a registry")
	// ErrNotFound is a repository or tag that the registry says it does not have.
	ErrNotFound = access.ErrNotFound
	// ErrUnauthorized is an answer 401 or 403.
	ErrUnauthorized = access.ErrUnauthorized
	// ErrPages is a list of tags or repositories that does not come to an end, or leads elsewhere.
	ErrPages = errors.New("the list cannot be followed")
)

// Client asks one registry about one repository. It may be used by several goroutines.
type Client struct {
	endpoint access.Endpoint
	base     *url.URL // <registry>/v2/<path>
}

// New is the client of gun's repository at a registry, as access.Config.RegistryOf gives it.
func New(ep access.Endpoint, gun trustdata.GUN) *Client {
	base := *ep.URL
	base.Path += "/v2/" + trustdata.ExpandGUN(gun).Path()
	return &Client{endpoint: ep, base: &base}
}

// Server is the registry's base URL.
func (c *Client) Server() string { return c.endpoint.URL.String() }

// Tags lists the repository's tags, sorted, each once. They are as the registry names
// them, which need not be fit for a terminal.
func (c *Client) Tags(ctx context.Context) ([]string, error) {
	return c.list(ctx, c.base.JoinPath("tags", "list"), "tags")
}

func (c *Client) do(ctx context.Context, method string, at *url.URL) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, at.String(), nil)
	if err != nil {
		return nil, err
	}
	if strings.Contains(at.Path, "/manifests/") {
		req.Header.Set("Accept", manifestKinds)
	}
	return c.endpoint.Do(req, access.Pull)
}

// refusal reads an answer that is not 200. A 404 counts as a registry's only if it has a
// registry's error codes: else some other server would make every tag look deleted.
func (c *Client) refusal(resp *http.Response) error {
	failed := access.NewStatusError(resp)
	if failed.Status == http.StatusNotFound && len(failed.Codes) == 0 {
		return c.notRegistry("answered 404 in other words than a registry's")
	}
	return c.endpoint.Explain(failed)
}

func (c *Client) notRegistry(why string) error {
	return fmt.Errorf("%q %w: it %s", c.Server(), ErrNotRegistry, why)
}
