package registry

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// What is read by its digest is what has that digest, whatever the registry's headers say.
func TestReadByDigest(t *testing.T) {
	const manifest = `{"schemaVersion":2}`
	sum := sha256.Sum256([]byte(manifest))
	own := hex.EncodeToString(sum[:])
	other := strings.Repeat("0", 64)
	c := newClient(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, strings.Repeat("1", 64)):
			notFound(w, "MANIFEST_UNKNOWN")
		default:
			w.Header().Set("Content-Type", "application/vnd.oci.image.manifest.v1+json; charset=utf-8")
			fmt.Fprint(w, manifest)
		}
	})
	if d, err := c.Describe(t.Context(), own); err != nil || d != (Descriptor{own, int64(len(manifest)), "application/vnd.oci.image.manifest.v1+json"}) {
		t.Errorf("%+v, %v", d, err)
	}
	if d, err := c.Describe(t.Context(), other); !errors.Is(err, errOtherBytes) {
		t.Errorf("other bytes: %+v, %v", d, err)
	}
	if _, err := c.Describe(t.Context(), strings.Repeat("1", 64)); !errors.Is(err, ErrNotFound) {
		t.Errorf("not there: %v", err)
	}
	if body, err := c.Manifest(t.Context(), own); err != nil || string(body) != manifest {
		t.Errorf("%q, %v", body, err)
	}
	if body, err := c.Blob(t.Context(), other); !errors.Is(err, errOtherBytes) {
		t.Errorf("another blob: %q, %v", body, err)
	}
}
