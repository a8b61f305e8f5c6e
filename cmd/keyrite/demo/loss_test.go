package demo_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestLoseNext: one upload is lost and told of; the one after it reaches the server, which
// refuses it, since it is none.
func TestLoseNext(t *testing.T) {
	w := newWorld(t)
	lost := 0
	w.LoseNext(w.GUNs[0], func() { lost++ })
	upload := func(gun string) int {
		res, err := http.Post(w.TrustServerURL+"/v2/"+gun+"/_trust/tuf/", "text/plain", strings.NewReader("nothing"))
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		return res.StatusCode
	}
	for i, step := range []struct {
		gun          string
		status, lost int
	}{{string(w.GUNs[1]), http.StatusBadRequest, 0}, {string(w.GUNs[0]), http.StatusBadGateway, 1}, {string(w.GUNs[0]), http.StatusBadRequest, 1}} {
		if got := upload(step.gun); got != step.status || lost != step.lost {
			t.Errorf("upload %d: status %d and %d lost, want %d and %d", i, got, lost, step.status, step.lost)
		}
	}
}
