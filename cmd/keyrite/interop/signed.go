package interop

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/registry"
)

// StartReferrersRegistry starts go-containerregistry's registry, which lists what refers to
// a digest, in the test's own process.
func StartReferrersRegistry(t testing.TB) *Registry {
	t.Helper()
	s := httptest.NewServer(registry.New(registry.WithReferrersSupport(true), registry.Logger(log.New(io.Discard, "", 0))))
	t.Cleanup(s.Close)
	return &Registry{t: t, URL: s.URL, Host: s.Listener.Addr().String()}
}

// An Artifact is what is attached to an image: the manifest that a signing tool makes.
type Artifact struct {
	// Type is the artifactType, "" for none.
	Type string
	// Config is the config's media type, "" for the empty one.
	Config string
	// Layer is the media type of its one layer, with LayerNotes as annotations.
	Layer      string
	LayerNotes map[string]string
	Notes      map[string]string
}

const emptyType = "application/vnd.oci.empty.v1+json"

// Attach stores an artifact that refers to an image, as a client does that follows the
// distribution specification: where the registry does not say that it took the reference,
// the client adds the artifact to the index under the tag that stands in for the list.
func (r *Registry) Attach(repository string, on Image, a Artifact) Image {
	r.t.Helper()
	manifest := r.artifact(repository, a)
	manifest["subject"] = map[string]any{"mediaType": on.kind, "digest": on.Digest, "size": on.Length}
	image := newImage(r.t, manifestType, manifest)
	resp := r.do(http.MethodPut, r.URL+"/v2/"+repository+"/manifests/"+image.Digest, manifestType, image.manifest, http.StatusCreated)
	if resp.Header.Get("OCI-Subject") == "" && !r.listsReferrers(repository, on) {
		r.list(repository, on, a, image)
	}
	return image
}

// AttachTag stores an artifact under a tag that is named for an image, as cosign 2 does.
func (r *Registry) AttachTag(repository string, on Image, ending string, a Artifact) Image {
	r.t.Helper()
	image := newImage(r.t, manifestType, r.artifact(repository, a))
	r.Tag(repository, tagOf(on)+ending, image)
	return image
}

func (r *Registry) artifact(repository string, a Artifact) map[string]any {
	config := a.Config
	if config == "" {
		config = emptyType
	}
	layer := r.blob(repository, a.Layer, []byte("signature"))
	layer["annotations"] = a.LayerNotes
	manifest := map[string]any{"schemaVersion": 2, "mediaType": manifestType, "config": r.blob(repository, config, []byte("{}")),
		"layers": []any{layer}, "annotations": a.Notes}
	if a.Type != "" {
		manifest["artifactType"] = a.Type
	}
	return manifest
}

// list adds an entry to the index that stands in for the list of referrers.
func (r *Registry) list(repository string, on Image, a Artifact, image Image) {
	var index struct {
		Manifests []any `json:"manifests"`
	}
	req, err := http.NewRequest(http.MethodGet, r.URL+"/v2/"+repository+"/manifests/"+tagOf(on), nil)
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Accept", indexType)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusOK {
		if err := json.NewDecoder(resp.Body).Decode(&index); err != nil {
			r.t.Fatal(err)
		}
	}
	entry := map[string]any{"mediaType": manifestType, "digest": image.Digest, "size": image.Length}
	if a.Type != "" {
		entry["artifactType"] = a.Type
	}
	r.Tag(repository, tagOf(on), newImage(r.t, indexType, map[string]any{"schemaVersion": 2, "mediaType": indexType, "manifests": append(index.Manifests, entry)}))
}

// listsReferrers reports whether the registry has the list of referrers.
func (r *Registry) listsReferrers(repository string, on Image) bool {
	resp, err := http.Get(fmt.Sprintf("%s/v2/%s/referrers/%s", r.URL, repository, on.Digest))
	if err != nil {
		r.t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

func newImage(t testing.TB, kind string, manifest map[string]any) Image {
	t.Helper()
	raw, err := json.Marshal(manifest)
	if err != nil {
		t.Fatal(err)
	}
	return Image{digest(raw), int64(len(raw)), kind, raw}
}

// tagOf is the tag that is named for an image.
func tagOf(on Image) string { return strings.Replace(on.Digest, ":", "-", 1) }
