package access

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Challenge is how a server asks for a login.
type Challenge struct {
	// Scheme is "Bearer", "Basic" or whatever else the server says, "" for none.
	Scheme string
	// Realm is the token service's URL for Bearer, and a mere name for Basic.
	Realm   string
	Service string
	// Scope is what the server itself says is missing.
	Scope string
}

// Visit is what was seen on the way to one answer, for a person who asks why.
type Visit struct {
	// Asked are the scopes that were asked for.
	Asked     []string
	Challenge Challenge
	// TokenMethods are the requests to the token service, "POST" or "GET", in their order;
	// TokenStatus is the status of the last answer, 0 for none.
	TokenMethods []string
	TokenStatus  int
	Token        Token
	// TokenLife is how long the token lasts by the service's own word, 0 if it says none.
	TokenLife time.Duration
	// Status and Server are the status and the clock of the server's last answer.
	Status int
	Clock  time.Time
	// Codes and Message are what the server said with an error.
	Codes   []string
	Message string
	// Err is set where there was no answer to speak of.
	Err error
}

// journey is a Visit under way.
type journey struct {
	mu    sync.Mutex
	visit Visit
}

type journeyKey struct{}

// note lets f write down something of the visit that ctx belongs to, if it does.
func note(ctx context.Context, f func(*Visit)) {
	if j, ok := ctx.Value(journeyKey{}).(*journey); ok {
		j.mu.Lock()
		defer j.mu.Unlock()
		f(&j.visit)
	}
}

// Visit asks for path below the endpoint's URL as a request for these actions would, and
// tells what was seen. The answer itself is thrown away.
func (e Endpoint) Visit(ctx context.Context, path string, actions ...string) Visit {
	j := &journey{}
	ctx = context.WithValue(ctx, journeyKey{}, j)
	to := *e.URL
	to.Path, to.RawPath = to.Path+path, ""
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, to.String(), nil)
	if err != nil {
		return Visit{Err: err}
	}
	resp, err := e.Do(req, actions...)
	j.mu.Lock()
	defer j.mu.Unlock()
	v := j.visit
	v.TokenMethods = slices.Clone(v.TokenMethods)
	if err != nil {
		v.Err = err
		return v
	}
	v.Status = resp.StatusCode
	if at, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		v.Clock = at
	}
	if v.Status == http.StatusOK {
		resp.Body.Close()
		return v
	}
	failed := NewStatusError(resp)
	v.Codes, v.Message = failed.Codes, failed.Message
	return v
}
