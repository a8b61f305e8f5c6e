// Package registry asks an OCI registry what it serves: the tags of a repository and the
// digest of each. It only looks; nothing here pulls, pushes or deletes.
package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
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
	// ErrPages is a list of tags that does not come to an end, or leads elsewhere.
	ErrPages = errors.New("the list of tags cannot be followed")
)

// Bounds of a list of tags: a page's bytes, the pages, and the tags altogether.
const (
	maxPage  = 8 << 20
	maxPages = 1000
	maxTags  = 1_000_000
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
	var tags []string
	next := c.base.JoinPath("tags", "list")
	visited := map[string]bool{}
	for next != nil {
		if visited[next.String()] || len(visited) == maxPages {
			return nil, fmt.Errorf("%q gave %d pages and names one more: %w", c.Server(), len(visited), ErrPages)
		}
		visited[next.String()] = true
		page, following, err := c.page(ctx, next)
		if err != nil {
			return nil, err
		}
		if tags = append(tags, page...); len(tags) > maxTags {
			return nil, fmt.Errorf("%q lists more than %d tags: %w", c.Server(), maxTags, ErrPages)
		}
		next = following
	}
	slices.Sort(tags)
	return slices.Compact(tags), nil
}

func (c *Client) page(ctx context.Context, at *url.URL) (tags []string, next *url.URL, err error) {
	resp, err := c.do(ctx, http.MethodGet, at)
	if err != nil {
		return nil, nil, err
	}
	if resp.StatusCode != http.StatusOK {
		return nil, nil, c.refusal(resp)
	}
	next, err = c.nextPage(at, resp.Header.Values("Link"))
	if err != nil {
		resp.Body.Close()
		return nil, nil, err
	}
	body, err := access.ReadBody(resp, maxPage)
	if err != nil {
		return nil, nil, err
	}
	var list struct {
		Tags *json.RawMessage `json:"tags"`
	}
	if json.Unmarshal(body, &list) != nil || (list.Tags == nil && !strings.Contains(string(body), `"tags"`)) {
		return nil, nil, c.notRegistry("answered a request for tags with something else")
	}
	if list.Tags == nil { // null: a repository without tags
		return nil, next, nil
	}
	if json.Unmarshal(*list.Tags, &tags) != nil {
		return nil, nil, c.notRegistry("sent tags that are not names")
	}
	return tags, next, nil
}

// nextPage reads Link: <url>; rel="next". The url must be the registry's own.
func (c *Client) nextPage(at *url.URL, links []string) (*url.URL, error) {
	for _, link := range links {
		target, params, ok := strings.Cut(link, ">")
		target, open := strings.CutPrefix(strings.TrimSpace(target), "<")
		if !ok || !open || !strings.Contains(strings.ReplaceAll(params, `"`, ""), "rel=next") {
			continue
		}
		next, err := at.Parse(target)
		switch {
		case err != nil:
			return nil, fmt.Errorf("%q names a next page that is no URL: %w", c.Server(), ErrPages)
		case next.Scheme != c.base.Scheme || next.Host != c.base.Host || next.User != nil:
			return nil, fmt.Errorf("%q names a next page at %q: %w", c.Server(), next.Scheme+"://"+next.Host, ErrPages)
		}
		next.Fragment = ""
		return next, nil
	}
	return nil, nil
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
