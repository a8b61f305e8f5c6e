package registry

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"keyrite/trustdata/access"
)

// Bounds of a list: a page's bytes, the pages, and the names altogether.
const (
	maxPage  = 8 << 20
	maxPages = 1000
	maxNames = 1_000_000
)

// list reads a list of names, page by page, sorted, each once. member is the JSON member
// that holds it, and the word for what is listed.
func (c *Client) list(ctx context.Context, first *url.URL, member string) ([]string, error) {
	var names []string
	visited := map[string]bool{}
	for next := first; next != nil; {
		if visited[next.String()] || len(visited) == maxPages {
			return nil, fmt.Errorf("%q gave %d pages and names one more: %w", c.Server(), len(visited), ErrPages)
		}
		visited[next.String()] = true
		page, following, err := c.page(ctx, next, member)
		if err != nil {
			return nil, err
		}
		if names = append(names, page...); len(names) > maxNames {
			return nil, fmt.Errorf("%q lists more than %d %s: %w", c.Server(), maxNames, member, ErrPages)
		}
		next = following
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

func (c *Client) page(ctx context.Context, at *url.URL, member string) (names []string, next *url.URL, err error) {
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
	var answer map[string]json.RawMessage
	if json.Unmarshal(body, &answer) != nil || answer[member] == nil {
		return nil, nil, c.notRegistry("answered a request for " + member + " with something else")
	}
	if json.Unmarshal(answer[member], &names) != nil { // null is an empty list
		return nil, nil, c.notRegistry("sent " + member + " that are not names")
	}
	return names, next, nil
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
