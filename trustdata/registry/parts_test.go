package registry

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParts(t *testing.T) {
	amd, arm := strings.Repeat("a", 64), strings.Repeat("b", 64)
	index := `{"schemaVersion":2,"manifests":[{"digest":"sha256:` + amd + `"},{"digest":"sha256:` + arm + `"},{"digest":"sha512:00"}]}`
	single := `{"schemaVersion":2,"config":{},"layers":[]}`
	for _, tt := range []struct {
		name, digest, body string
		status             int
		want               []string
		fails              string
	}{
		{name: "an index", digest: hexOf(index), body: index, want: []string{amd, arm}},
		{name: "one image", digest: hexOf(single), body: single},
		{name: "other bytes", digest: amd, body: index, fails: "other bytes than those of sha256:aaa"},
		{name: "no manifest", digest: hexOf("<html>"), body: "<html>", fails: "not a manifest"},
		{name: "gone", digest: amd, status: http.StatusNotFound, fails: "404"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := newClient(t, func(w http.ResponseWriter, r *http.Request) {
				if want := "/v2/acme/web/manifests/sha256:" + tt.digest; r.URL.Path != want {
					t.Errorf("asked for %q, want %q", r.URL.Path, want)
				}
				if tt.status != 0 {
					w.WriteHeader(tt.status)
				}
				io.WriteString(w, tt.body)
			})
			got, err := c.Parts(t.Context(), tt.digest)
			if (err != nil) != (tt.fails != "") || err != nil && !strings.Contains(err.Error(), tt.fails) {
				t.Fatalf("error %v, want %q", err, tt.fails)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
