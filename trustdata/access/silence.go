package access

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

// ErrSilent is what a SilenceError Is.
var ErrSilent = errors.New("the server has gone silent")

// SilenceError ends a request whose server neither answered nor took what was sent.
type SilenceError struct {
	Host  string
	After time.Duration
}

func (e *SilenceError) Error() string {
	return fmt.Sprintf("%q sent nothing of use for %s", e.Host, e.After)
}

// Is makes errors.Is(err, ErrSilent) true.
func (e *SilenceError) Is(target error) bool { return target == ErrSilent }

// Timeout makes the error a time-out in net.Error's sense.
func (e *SilenceError) Timeout() bool { return true }

// Temporary is part of net.Error.
func (e *SilenceError) Temporary() bool { return true }

// progress is what has to go over the wire in either direction, in bytes, before the
// watch starts anew: a server that drips single bytes is as silent as one that hangs.
const progress = 1 << 10

// silence cancels a request when nothing of use happens for a while. The time runs from
// the start of the request until its body is closed, so it covers the dialing, the
// handshake and the headers as well.
type silence struct {
	after time.Duration
	next  http.RoundTripper
}

func (t *silence) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(req.Context())
	w := &watch{err: &SilenceError{Host: req.URL.Host, After: t.after}, after: t.after, cancel: cancel}
	w.timer = time.AfterFunc(t.after, func() { cancel(w.err) })
	watched := req.Clone(ctx)
	if req.Body != nil && req.Body != http.NoBody {
		watched.Body = &watchedBody{body: req.Body, watch: w, sending: true}
	}
	resp, err := t.next.RoundTrip(watched)
	if err != nil {
		err = w.explain(ctx, err)
		w.stop()
		return nil, err
	}
	resp.Request = req
	resp.Body = &watchedBody{body: resp.Body, watch: w, ctx: ctx}
	return resp, nil
}

// watch is the alarm clock of one request. Both directions wind it.
type watch struct {
	err    error
	after  time.Duration
	cancel context.CancelCauseFunc
	timer  *time.Timer

	mu   sync.Mutex
	seen int
}

func (w *watch) saw(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.seen += n; w.seen >= progress && w.timer.Stop() {
		w.seen = 0
		w.timer.Reset(w.after)
	}
}

func (w *watch) stop() {
	w.timer.Stop()
	w.cancel(context.Canceled)
}

// explain puts the silence in the place of the cancellation that it caused.
func (w *watch) explain(ctx context.Context, err error) error {
	if context.Cause(ctx) == w.err {
		return w.err
	}
	return err
}

type watchedBody struct {
	body    io.ReadCloser
	watch   *watch
	ctx     context.Context
	sending bool
}

func (b *watchedBody) Read(p []byte) (int, error) {
	n, err := b.body.Read(p)
	b.watch.saw(n)
	if err != nil && err != io.EOF && !b.sending {
		err = b.watch.explain(b.ctx, err)
	}
	return n, err
}

// Close ends the watch of an answer. The end of what is sent does not: then the answer
// is waited for.
func (b *watchedBody) Close() error {
	err := b.body.Close()
	if !b.sending {
		b.watch.stop()
	}
	return err
}
