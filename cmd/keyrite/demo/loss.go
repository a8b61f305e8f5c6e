package demo

import (
	"net/http"
	"strings"
	"sync"

	"keyrite/trustdata"
)

// losing is a trust server behind a gateway that loses an upload when it is told to: it
// answers 502 and hands nothing on.
type losing struct {
	http.Handler
	mu   sync.Mutex
	next trustdata.GUN
	lost func()
}

func (l *losing) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if lost := l.hit(r); lost != nil {
		http.Error(w, "bad gateway", http.StatusBadGateway)
		lost()
		return
	}
	l.Handler.ServeHTTP(w, r)
}

// hit reports whether the request is the upload to be lost, and then loses no more.
func (l *losing) hit(r *http.Request) (lost func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.next == "" || r.Method != http.MethodPost || !strings.Contains(r.URL.Path, "/"+string(l.next)+"/_trust/tuf/") {
		return nil
	}
	l.next, lost, l.lost = "", l.lost, nil
	return lost
}

// LoseNext loses the next upload to a repository on its way to the trust server, and calls
// lost then.
func (w *World) LoseNext(gun trustdata.GUN, lost func()) {
	w.gateway.mu.Lock()
	defer w.gateway.mu.Unlock()
	w.gateway.next, w.gateway.lost = gun, lost
}
