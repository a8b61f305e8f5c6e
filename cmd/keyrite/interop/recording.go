package interop

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// A Recording is what a program that signs did in one repository of a real registry, to be
// done again without it.
type Recording struct {
	// Program is its name and version, and Day when it ran, as 2026-11-29.
	Program string `json:"program"`
	Day     string `json:"day"`
	// Registry is the kind of the registry.
	Registry string `json:"registry"`
	// Runs are its command lines in order, with REPOSITORY for the repository.
	Runs []Run `json:"runs"`
	// Script is the plan's file that it ran, "" for none.
	Script string `json:"script,omitempty"`
	// Puts are the manifests that it stored, in order, and Blobs what they consist of.
	Puts  []Put    `json:"puts"`
	Blobs []string `json:"blobs"`
}

// A Run is one command and how it ended.
type Run struct {
	// About is the tag of the test that the command is about, and On what it is run on: an
	// image, an index or a part of it.
	About string   `json:"about"`
	On    string   `json:"on,omitempty"`
	Env   []string `json:"env,omitempty"`
	Args  []string `json:"args"`
	Exit  int      `json:"exit"`
	// Says are the types of what cosign verified: of a signature, or of an attestation.
	Says []string `json:"says,omitempty"`
}

// Put is one manifest, and the tag or digest that it was stored under.
type Put struct {
	Reference string `json:"reference"`
	Type      string `json:"type"`
	Manifest  string `json:"manifest"`
}

// Record stores in rec what comes through a front to a registry. It is called before the
// first request.
func (rec *Recording) Record(t testing.TB, front *Front) {
	front.Before(func(r *http.Request) bool {
		_, reference, ok := strings.Cut(r.URL.Path, "/manifests/")
		if r.Method != http.MethodPut || !ok {
			return true
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
			return false
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		rec.Puts = append(rec.Puts, Put{reference, r.Header.Get("Content-Type"), string(body)})
		return true
	})
}

// parts are the digests of what a manifest consists of.
func (p Put) parts(t testing.TB) []string {
	t.Helper()
	type content struct{ Digest string }
	var m struct {
		Config *content
		Layers []content
	}
	if err := json.Unmarshal([]byte(p.Manifest), &m); err != nil {
		t.Fatal(err)
	}
	var all []string
	if m.Config != nil {
		all = append(all, m.Config.Digest)
	}
	for _, l := range m.Layers {
		all = append(all, l.Digest)
	}
	return all
}

// Collect reads the blobs of what was recorded out of the registry.
func (rec *Recording) Collect(r *Registry, repository string) {
	r.t.Helper()
	var known []string
	for _, p := range rec.Puts {
		for _, d := range p.parts(r.t) {
			if slices.Contains(known, d) {
				continue
			}
			known = append(known, d)
			resp, err := http.Get(r.URL + "/v2/" + repository + "/blobs/" + d)
			if err != nil {
				r.t.Fatal(err)
			}
			body, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			if err != nil || digest(body) != d || !utf8.Valid(body) {
				r.t.Fatalf("blob %s: %v, %q", d, err, body)
			}
			rec.Blobs = append(rec.Blobs, string(body))
		}
	}
}

// Replay stores in a registry what was recorded.
func (rec *Recording) Replay(r *Registry, repository string) {
	r.t.Helper()
	for _, b := range rec.Blobs {
		r.blob(repository, "", []byte(b))
	}
	for _, p := range rec.Puts {
		r.do(http.MethodPut, r.URL+"/v2/"+repository+"/manifests/"+p.Reference, p.Type, []byte(p.Manifest), http.StatusCreated)
	}
}

// Save writes the recording, and Load reads one.
func (rec *Recording) Save(t testing.TB, path string) {
	t.Helper()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(rec); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// Load reads a recording.
func Load(t testing.TB, path string) *Recording {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rec := new(Recording)
	if err := json.Unmarshal(raw, rec); err != nil {
		t.Fatal(err)
	}
	return rec
}
