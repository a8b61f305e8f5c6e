package registry

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	served "github.com/google/go-containerregistry/pkg/registry"

	"keyrite/trustdata"
	"keyrite/trustdata/access"
)

// TestRealRegistry lets the registry of go-containerregistry hold tags that are signed,
// moved, deleted and not signed.
func TestRealRegistry(t *testing.T) {
	s := httptest.NewServer(served.New(served.Logger(log.New(io.Discard, "", 0))))
	defer s.Close()
	gun := trustdata.GUN(strings.Replace(strings.TrimPrefix(s.URL, "http://"), "127.0.0.1", "localhost", 1) + "/acme/web")
	put := func(tag, content string) (digest string) {
		manifest := fmt.Sprintf(`{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[],"annotations":{"x":%q}}`, content)
		req, _ := http.NewRequest(http.MethodPut, s.URL+"/v2/acme/web/manifests/"+tag, strings.NewReader(manifest))
		req.Header.Set("Content-Type", "application/vnd.oci.image.index.v1+json")
		resp, err := http.DefaultClient.Do(req)
		if err != nil || resp.StatusCode != http.StatusCreated {
			t.Fatalf("%v, %v", resp, err)
		}
		return hexOf(manifest)
	}
	col := &trustdata.Collection{GUN: gun}
	for _, tag := range []string{"1.0", "1.1", "1.2"} {
		col.Tags = append(col.Tags, trustdata.Tag{Name: tag, Digest: put(tag, tag), Roles: []trustdata.Role{"targets"}, Pulled: true})
	}
	put("1.1", "moved")
	put("extra", "extra")
	req, _ := http.NewRequest(http.MethodDelete, s.URL+"/v2/acme/web/manifests/1.2", nil)
	if resp, err := http.DefaultClient.Do(req); err != nil || resp.StatusCode != http.StatusAccepted {
		t.Fatalf("%v, %v", resp, err)
	}
	ep, err := access.Config{}.RegistryOf(gun) // by https first, which this registry does not speak
	if err != nil {
		t.Fatal(err)
	}
	rows, err := Compare(t.Context(), New(ep, gun), col, 2)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range rows {
		got = append(got, r.Name+" "+string(r.State)+" "+r.Reason)
	}
	if want := []string{"1.0 signed ", "1.1 moved ", "1.2 gone ", "extra unsigned "}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	other := gun + "x"
	ep.Resource = other.Path()
	rows, err = Compare(t.Context(), New(ep, other), col, 2)
	if err != nil || len(rows) != 3 || rows[0].State != Gone {
		t.Errorf("a repository that the registry does not have gives %+v, %v", rows, err)
	}
}
