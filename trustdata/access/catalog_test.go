package access

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
)

// TestCatalogScope: a server as a whole is asked with the scope of its catalog and nothing
// else, with the login kept for it or, failing that, for the repositories' host.
func TestCatalogScope(t *testing.T) {
	token := func(access string) string {
		return "e." + base64.RawURLEncoding.EncodeToString([]byte(`{"access":[`+access+`]}`)) + ".s"
	}
	granted := token(`{"type":"registry","name":"catalog","actions":["*"]}`)
	for _, tt := range []struct {
		name, token, want string
		config            string
	}{
		{"granted", granted, "", `{"auths":{"reg.example:5000":{"auth":"` + aliceAuth + `"}}}`},
		{"granted by the server's own login", granted, "", `{"auths":{"SERVER":{"auth":"` + aliceAuth + `"}}}`},
		{"not granted", token(""), "did not grant the list of repositories", `{"auths":{"reg.example:5000":{"auth":"` + aliceAuth + `"}}}`},
	} {
		for _, side := range []string{"trust server", "registry"} {
			t.Run(tt.name+", "+side, func(t *testing.T) {
				service := serve(t, func(w http.ResponseWriter, r *http.Request) {
					if user, _, _ := r.BasicAuth(); user != "alice" || strings.Join(r.URL.Query()["scope"], " ") != "registry:catalog:*" {
						t.Errorf("%q asked for %v", user, r.URL.Query())
					}
					fmt.Fprintf(w, `{"token":%q}`, tt.token)
				})
				server := serve(t, func(w http.ResponseWriter, r *http.Request) {
					if r.Header.Get("Authorization") != "Bearer "+granted {
						w.Header().Set("Www-Authenticate", fmt.Sprintf(`Bearer realm=%q,service="svc"`, service.URL+"/token"))
						w.WriteHeader(http.StatusUnauthorized)
						return
					}
					io.WriteString(w, "{}")
				})
				host := strings.TrimPrefix(server.URL, "http://")
				dir := t.TempDir()
				writeFile(t, filepath.Join(dir, "config.json"), strings.ReplaceAll(tt.config, "SERVER", host))
				c := Config{DockerDir: dir, Server: server.URL, Registry: server.URL}
				ep, err := c.TrustServerCatalog("reg.example:5000")
				if side == "registry" {
					ep, err = c.RegistryCatalog("reg.example:5000")
				}
				if err != nil {
					t.Fatal(err)
				}
				req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
				resp, err := ep.Do(req, Pull)
				if err != nil {
					t.Fatal(err)
				}
				defer resp.Body.Close()
				if tt.want == "" && resp.StatusCode != http.StatusOK {
					t.Errorf("status %d", resp.StatusCode)
				}
				if err := ep.Explain(NewStatusError(resp)); tt.want != "" && !strings.Contains(err.Error(), tt.want) {
					t.Errorf("got %v, want %q", err, tt.want)
				}
			})
		}
	}
}

func TestCatalogNeedsAServer(t *testing.T) {
	if _, err := (Config{}).TrustServerCatalog(""); err == nil {
		t.Error("an unnamed trust server is asked for its repositories")
	}
	for _, host := range []string{"", "reg", "https://reg.example", "reg.example/team", "reg.example:", "a b.example"} {
		if _, err := (Config{}).RegistryCatalog(host); err == nil {
			t.Errorf("the registry of %q is asked", host)
		}
	}
	ep, err := (Config{}).RegistryCatalog("docker.io")
	if err != nil || ep.URL.String() != hubRegistry {
		t.Errorf("Docker Hub is asked at %v: %v", ep.URL, err)
	}
}
