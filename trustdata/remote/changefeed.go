package remote

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync/atomic"

	"keyrite/trustdata"
	"keyrite/trustdata/access"
)

// Bounds of a change feed: the records asked for at a time, a page's bytes, the pages, the
// repositories altogether, and the length of a record's ID, which goes into a URL.
const (
	feedRecords      = 1000
	maxFeedPage      = 1 << 20
	maxFeedPages     = 500
	maxFeedGUNs      = 20_000
	maxChangeID      = 128
	categoryDeletion = "deletion"
)

// change is one record of the feed: a repository that was published, or deleted.
type change struct{ ID, GUN, Category string }

// Changed lists the repositories that a trust server, as access.Config.TrustServerCatalog
// gives it, has by its change feed: those that were published and not deleted since, sorted.
// odd is how many records it left out whose name no repository can have. With an error it gives
// what was read before. ErrUnauthorized and ErrNotFound mean that the server does not tell.
func Changed(ctx context.Context, ep access.Endpoint) (guns []trustdata.GUN, odd int, err error) {
	c := &Client{endpoint: ep, base: ep.URL.JoinPath("v2", "_trust").String() + "/", requests: new(atomic.Int64), clock: new(atomic.Int64)}
	f := feed{have: map[trustdata.GUN]bool{}}
	err = f.read(ctx, c)
	return slices.Sorted(maps.Keys(f.have)), f.odd, err
}

// feed is what was read of a change feed: the repositories that there are, and how many
// records name none.
type feed struct {
	have map[trustdata.GUN]bool
	odd  int
}

// read reads page after page until one is empty, as a server may give fewer records than
// it is asked for.
func (f *feed) read(ctx context.Context, c *Client) error {
	seen := map[string]bool{}
	for after := ""; ; {
		page, err := c.changes(ctx, after)
		if err != nil || len(page) == 0 {
			return err
		}
		f.take(page)
		after = page[len(page)-1].ID
		switch {
		case after == "" || len(after) > maxChangeID || seen[after]:
			return c.notTrustServer("gave a list of changes that leads nowhere")
		case len(seen) == maxFeedPages:
			return fmt.Errorf("%q: the list of changes has more than %d pages: %w", c.Server(), maxFeedPages, ErrTooLarge)
		case len(f.have) > maxFeedGUNs:
			return fmt.Errorf("%q: the list of changes has more than %d repositories: %w", c.Server(), maxFeedGUNs, ErrTooLarge)
		}
		seen[after] = true
	}
}

func (f *feed) take(page []change) {
	for _, c := range page {
		gun, err := trustdata.ParseGUN(c.GUN)
		switch {
		case err != nil:
			f.odd++
		case c.Category == categoryDeletion:
			delete(f.have, gun)
		default:
			f.have[gun] = true
		}
	}
}

// changes reads the records after the one with this ID, from the oldest on where it is "".
func (c *Client) changes(ctx context.Context, after string) ([]change, error) {
	query := url.Values{"records": {strconv.Itoa(feedRecords)}}
	if after != "" {
		query.Set("change_id", after)
	}
	body, err := c.ask(ctx, http.MethodGet, "changefeed?"+query.Encode(), maxFeedPage)
	if err != nil {
		return nil, err
	}
	var answer struct {
		Count   *int     `json:"count"`
		Records []change `json:"records"`
	}
	if json.Unmarshal(body, &answer) != nil || answer.Count == nil {
		return nil, c.notTrustServer("answered for its list of changes with something else")
	}
	return answer.Records, nil
}
