// Package remote speaks with trust servers: it fetches one repository's metadata,
// verifies and remembers it, keeps a cache of the raw bytes, and publishes.
//
// Client is the protocol of notary-server: files below <server>/v2/<gun>/_trust/tuf/, by
// role, by hash or by version. It judges only whether an answer is one; what the bytes
// say is judged by package trustdata/notary. Fetcher puts both together.
package remote

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/access"
)

// The errors of an answer, which access shares with the registry's client.
var (
	ErrNotFound     = access.ErrNotFound
	ErrUnauthorized = access.ErrUnauthorized
	ErrConflict     = access.ErrConflict
	ErrTruncated    = access.ErrTruncated
	ErrTooLarge     = access.ErrTooLarge
)

// ErrNotTrustServer is an answer that no trust server gives, such as a web page.
var ErrNotTrustServer = errors.New("is not a trust server")

// StatusError is an answer other than 200 and what the server said with it.
type StatusError = access.StatusError

// Client asks one trust server about one GUN. It may be used by several goroutines.
type Client struct {
	endpoint access.Endpoint
	gun      trustdata.GUN
	base     string
	noCache  bool
	requests *atomic.Int64
	clock    *atomic.Int64 // the server's, in seconds; 0 if unknown
}

// New is the client of gun at a trust server, as access.Config.TrustServer gives it.
func New(ep access.Endpoint, gun trustdata.GUN) *Client {
	path := ep.URL.JoinPath("v2")
	path.Path, path.RawPath = path.Path+"/"+string(gun)+"/_trust/tuf/", ""
	return &Client{endpoint: ep, gun: gun, base: path.String(), requests: new(atomic.Int64), clock: new(atomic.Int64)}
}

// NoCache makes the client ask every cache on the way, such as a CDN in front of the
// server, to look again: for reading back what was just published. Both count their
// requests together.
func (c *Client) NoCache() *Client {
	return &Client{endpoint: c.endpoint, gun: c.gun, base: c.base, noCache: true, requests: c.requests, clock: c.clock}
}

// Server is the server's base URL.
func (c *Client) Server() string { return c.endpoint.URL.String() }

// Clock is the server's clock as its last answer had it, to the second; zero if no answer
// said so. A cache on the way may make it look older than it is.
func (c *Client) Clock() time.Time {
	if at := c.clock.Load(); at != 0 {
		return time.Unix(at, 0).UTC()
	}
	return time.Time{}
}

// Requests is how many requests this client has made, those for tokens not counted.
func (c *Client) Requests() int { return int(c.requests.Load()) }

// Get reads a role's current file of at most limit bytes.
func (c *Client) Get(ctx context.Context, role trustdata.Role, limit int64) ([]byte, error) {
	return c.get(ctx, role, string(role)+".json", limit)
}

// ByHash reads the file of a role with this SHA-256, 64 lower-case hex digits. That the
// bytes have it is for the caller to check.
func (c *Client) ByHash(ctx context.Context, role trustdata.Role, sha256hex string, limit int64) ([]byte, error) {
	if _, err := trustdata.ParseKeyID(sha256hex); err != nil {
		return nil, fmt.Errorf("hash %q is not 64 lower-case hex digits", sha256hex)
	}
	return c.read(ctx, role, string(role)+"."+sha256hex+".json", limit)
}

// ByVersion reads version n of a role's file.
func (c *Client) ByVersion(ctx context.Context, role trustdata.Role, n, limit int64) ([]byte, error) {
	if n < 1 {
		return nil, fmt.Errorf("%s has no version %d", role, n)
	}
	return c.get(ctx, role, strconv.FormatInt(n, 10)+"."+string(role)+".json", limit)
}

func (c *Client) read(ctx context.Context, role trustdata.Role, name string, limit int64) ([]byte, error) {
	if _, err := trustdata.ParseRole(string(role)); err != nil {
		return nil, err
	}
	return c.ask(ctx, http.MethodGet, name, limit, access.Pull)
}

// get reads a file of which no hash is known.
func (c *Client) get(ctx context.Context, role trustdata.Role, name string, limit int64) ([]byte, error) {
	body, err := c.read(ctx, role, name, limit)
	if err != nil {
		return nil, err
	}
	// The cheap part of the shape; the rest is a matter of the metadata's format.
	if !bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("{")) || !bytes.Contains(body, []byte(`"signed"`)) {
		return nil, c.notTrustServer("answered for " + strconv.Quote(name) + " with something that is not metadata")
	}
	return body, nil
}

// ask sends a request without a body and reads an answer of status 200.
func (c *Client) ask(ctx context.Context, method, name string, limit int64, actions ...string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.base+name, nil)
	if err != nil {
		return nil, err
	}
	resp, err := c.do(req, actions...)
	if err != nil {
		return nil, err
	}
	return access.ReadBody(resp, limit)
}

func (c *Client) do(req *http.Request, actions ...string) (*http.Response, error) {
	if c.noCache {
		req.Header.Set("Cache-Control", "no-cache")
	}
	c.requests.Add(1)
	resp, err := c.endpoint.Do(req, actions...)
	if err != nil {
		return nil, err
	}
	if at, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		c.clock.Store(at.Unix())
	}
	html := isHTML(resp.Header)
	if resp.StatusCode == http.StatusOK && !html {
		return resp, nil
	}
	failed := access.NewStatusError(resp)
	switch {
	case resp.StatusCode == http.StatusOK:
		return nil, c.notTrustServer("answered with a web page")
	case failed.Status == http.StatusNotFound && len(failed.Codes) == 0:
		// A trust server says 404 in JSON. A registry or a web server without one
		// says it in its own way.
		return nil, &foreignAnswer{failed}
	}
	return nil, c.endpoint.Explain(failed)
}

func (c *Client) notTrustServer(why string) error {
	return fmt.Errorf("%q %w: it %s", c.Server(), ErrNotTrustServer, why)
}

// foreignAnswer is a 404 in other words than a trust server's. It Is both ErrNotFound
// and ErrNotTrustServer.
type foreignAnswer struct{ *StatusError }

func (e *foreignAnswer) Error() string {
	return e.StatusError.Error() + ", and not in a trust server's words"
}

func (e *foreignAnswer) Is(target error) bool {
	return target == ErrNotTrustServer || e.StatusError.Is(target)
}

func (e *foreignAnswer) Unwrap() error { return e.StatusError }

func isHTML(h http.Header) bool {
	kind, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	return err == nil && (kind == "text/html" || strings.HasSuffix(kind, "/xhtml+xml"))
}
