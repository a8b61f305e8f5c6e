package access

import (
	"net/http"
	"strconv"
	"time"
)

// A server that answers 429 is asked again only if the wait it names is short, and only
// a few times: a large number must not hang the console.
const (
	maxBusyWait  = 5 * time.Second
	maxBusyTries = 3
)

// busyWait repeats reads that a server put off with "429 Too Many Requests".
type busyWait struct{ next http.RoundTripper }

func (t *busyWait) RoundTrip(req *http.Request) (*http.Response, error) {
	for try := 1; ; try++ {
		resp, err := t.next.RoundTrip(req)
		if err != nil || resp.StatusCode != http.StatusTooManyRequests || try == maxBusyTries {
			return resp, err
		}
		wait, ok := RetryAfter(resp.Header)
		if !ok || wait > maxBusyWait || req.Method != http.MethodGet && req.Method != http.MethodHead {
			return resp, nil
		}
		resp.Body.Close()
		select {
		case <-req.Context().Done():
			return nil, req.Context().Err()
		case <-time.After(wait):
		}
	}
}

// RetryAfter reads the header of that name where it is a number of seconds. A date is
// not taken: it would have to be compared with a clock that may differ.
func RetryAfter(h http.Header) (time.Duration, bool) {
	n, err := strconv.ParseUint(h.Get("Retry-After"), 10, 32)
	if err != nil {
		return 0, false
	}
	return time.Duration(n) * time.Second, true
}
