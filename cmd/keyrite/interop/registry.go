package interop

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"testing"
	"time"
)

// A Registry is a distribution registry in a process of its own, in memory, over plain
// HTTP, without a login.
type Registry struct {
	*Process
	t    testing.TB
	URL  string // "http://127.0.0.1:port"
	Host string // "127.0.0.1:port", the first segment of the GUNs that it serves
}

// An Image is what a push stored.
type Image struct {
	Digest   string // "sha256:<hex>" of the manifest
	Length   int64  // bytes of the manifest
	kind     string
	manifest []byte
}

const (
	manifestType = "application/vnd.oci.image.manifest.v1+json"
	indexType    = "application/vnd.oci.image.index.v1+json"
)

// StartRegistry starts a registry.
func StartRegistry(t testing.TB) *Registry {
	t.Helper()
	dir, r := t.TempDir(), &Registry{t: t}
	r.Process, r.Host = onFreePort(t, func(addr string) (*Process, error) {
		config := filepath.Join(dir, "registry.yml")
		writeFile(t, config, fmt.Appendf(nil, `version: 0.1
log: {level: error, accesslog: {disabled: true}}
storage: {inmemory: {}, delete: {enabled: true}}
http: {addr: %q, secret: "for a test"}
`, addr))
		return startServer(t, dir, addr, "registry", "serve", config)
	})
	r.URL = "http://" + r.Host
	return r
}

// Push stores an image whose content follows from seed, under the tag. The same seed
// gives the same digest.
func (r *Registry) Push(repository, tag, seed string) Image {
	r.t.Helper()
	return r.PushBuilt(repository, tag, seed, time.Time{})
}

// PushBuilt is Push of an image that says when it was built.
func (r *Registry) PushBuilt(repository, tag, seed string, at time.Time) Image {
	r.t.Helper()
	built := ""
	if !at.IsZero() {
		built = fmt.Sprintf(`"created":%q,`, at.UTC().Format(time.RFC3339Nano))
	}
	config := fmt.Appendf(nil, `{%s"architecture":"amd64","os":"linux","config":{"Labels":{"seed":%q}},"rootfs":{"type":"layers","diff_ids":[]}}`, built, seed)
	layer := []byte("layer of " + seed)
	manifest, err := json.Marshal(map[string]any{
		"schemaVersion": 2, "mediaType": manifestType,
		"config": r.blob(repository, "application/vnd.oci.image.config.v1+json", config),
		"layers": []any{r.blob(repository, "application/vnd.oci.image.layer.v1.tar", layer)},
	})
	if err != nil {
		r.t.Fatal(err)
	}
	image := Image{digest(manifest), int64(len(manifest)), manifestType, manifest}
	r.Tag(repository, tag, image)
	return image
}

// PushIndex stores an index with the image as its only part, and lets the tag point to it.
func (r *Registry) PushIndex(repository, tag string, part Image) Image {
	r.t.Helper()
	index := fmt.Appendf(nil, `{"schemaVersion":2,"mediaType":%q,"manifests":[{"mediaType":%q,"digest":%q,"size":%d,"platform":{"os":"linux","architecture":"amd64"}}]}`,
		indexType, part.kind, part.Digest, part.Length)
	image := Image{digest(index), int64(len(index)), indexType, index}
	r.Tag(repository, tag, image)
	return image
}

// Tag lets a tag point to an image that was pushed to the repository before.
func (r *Registry) Tag(repository, tag string, image Image) {
	r.t.Helper()
	resp := r.do(http.MethodPut, r.URL+"/v2/"+repository+"/manifests/"+tag, image.kind, image.manifest, http.StatusCreated)
	if got := resp.Header.Get("Docker-Content-Digest"); got != image.Digest {
		r.t.Fatalf("pushed %s, stored as %q", image.Digest, got)
	}
}

// Untag removes a tag and leaves the image.
func (r *Registry) Untag(repository, tag string) {
	r.t.Helper()
	r.do(http.MethodDelete, r.URL+"/v2/"+repository+"/manifests/"+tag, "", nil, http.StatusAccepted)
}

// Delete removes an image with every tag that points to it.
func (r *Registry) Delete(repository string, image Image) {
	r.t.Helper()
	r.do(http.MethodDelete, r.URL+"/v2/"+repository+"/manifests/"+image.Digest, "", nil, http.StatusAccepted)
}

// Serves is the digest that the registry gives for a tag, "" if it has none.
func (r *Registry) Serves(repository, tag string) string {
	r.t.Helper()
	req, err := http.NewRequest(http.MethodHead, r.URL+"/v2/"+repository+"/manifests/"+tag, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Accept", manifestType)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	resp.Body.Close()
	return resp.Header.Get("Docker-Content-Digest")
}

// blob uploads a blob and returns its descriptor.
func (r *Registry) blob(repository, mediaType string, data []byte) map[string]any {
	r.t.Helper()
	resp := r.do(http.MethodPost, r.URL+"/v2/"+repository+"/blobs/uploads/", "", nil, http.StatusAccepted)
	to, err := resp.Location()
	if err != nil {
		r.t.Fatal(err)
	}
	query := to.Query()
	query.Set("digest", digest(data))
	to.RawQuery = query.Encode()
	r.do(http.MethodPut, to.String(), "application/octet-stream", data, http.StatusCreated)
	return map[string]any{"mediaType": mediaType, "digest": digest(data), "size": len(data)}
}

func (r *Registry) do(method, url, contentType string, body []byte, want int) *http.Response {
	r.t.Helper()
	req, err := http.NewRequest(method, url, bytes.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	if resp.StatusCode != want {
		r.t.Fatalf("%s %s: %s, want %d\n%s", method, url, resp.Status, want, answer)
	}
	return resp
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:])
}
