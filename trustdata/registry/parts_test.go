package registry

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

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

func TestCreated(t *testing.T) {
	image := func(config string) string {
		return `{"schemaVersion":2,"config":{"digest":"sha256:` + hexOf(config) + `"}}`
	}
	index := func(parts ...string) string {
		return `{"schemaVersion":2,"manifests":[` + strings.Join(parts, ",") + `]}`
	}
	part := func(os, manifest string) string {
		return `{"digest":"sha256:` + hexOf(manifest) + `","platform":{"os":"` + os + `"}}`
	}
	dated, epoch, mute := `{"created":"2026-08-01T12:00:00+02:00"}`, `{"created":"1970-01-01T00:00:00Z"}`, `{}`
	when := time.Date(2026, 8, 1, 10, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name  string
		asked string
		has   []string // served by its digest
		want  time.Time
		fails string
	}{
		{name: "an image", asked: image(dated), has: []string{dated}, want: when},
		{name: "an index", asked: index(part("unknown", "x"), part("linux", image(dated))), has: []string{image(dated), dated}, want: when},
		{name: "the first day of Unix is none", asked: image(epoch), has: []string{epoch}},
		{name: "does not say", asked: image(mute), has: []string{mute}},
		{name: "neither image nor index", asked: `{"schemaVersion":2}`},
		{name: "no JSON", asked: image("<html>"), has: []string{"<html>"}, fails: "is no JSON"},
		{name: "lost", asked: image(dated), fails: "404"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := newClient(t, func(w http.ResponseWriter, r *http.Request) {
				for _, body := range append(tt.has, tt.asked) {
					if strings.HasSuffix(r.URL.Path, "/sha256:"+hexOf(body)) {
						io.WriteString(w, body)
						return
					}
				}
				notFound(w, "BLOB_UNKNOWN")
			})
			got, err := c.Created(t.Context(), hexOf(tt.asked))
			if (err != nil) != (tt.fails != "") || err != nil && !strings.Contains(err.Error(), tt.fails) {
				t.Fatalf("error %v, want %q", err, tt.fails)
			}
			if !got.Equal(tt.want) {
				t.Errorf("built %s, want %s", got, tt.want)
			}
		})
	}
}

func TestHas(t *testing.T) {
	digest, other := strings.Repeat("a", 64), strings.Repeat("b", 64)
	for _, tt := range []struct{ name, named, fails string }{{"there", digest, ""}, {"another", other, "names it sha256:bbb"}, {"gone", "", "404"}} {
		t.Run(tt.name, func(t *testing.T) {
			c := newClient(t, func(w http.ResponseWriter, r *http.Request) {
				if tt.named == "" {
					notFound(w, "MANIFEST_UNKNOWN")
					return
				}
				w.Header().Set("Docker-Content-Digest", "sha256:"+tt.named)
			})
			err := c.Has(t.Context(), digest)
			if (err != nil) != (tt.fails != "") || err != nil && !strings.Contains(err.Error(), tt.fails) {
				t.Errorf("error %v, want %q", err, tt.fails)
			}
		})
	}
}
