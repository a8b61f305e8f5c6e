package access

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestStatusError(t *testing.T) {
	for _, tt := range []struct {
		name   string
		status int
		body   string
		want   string
		is     error
	}{
		{"not found", 404, `{"errors":[{"code":"METADATA_NOT_FOUND","message":"You have requested metadata that does not exist.","detail":null}]}`, `404 Not Found, and the server says "METADATA_NOT_FOUND: You have`, ErrNotFound},
		{"forbidden", 403, "no", "403 Forbidden", ErrUnauthorized},
		{"conflict", 400, `{"errors":[{"code":"VERSION","message":"A newer version number is already associated with the target metadata.","detail":{}}]}`, "VERSION: A newer", ErrConflict},
		{"refused upload", 400, `{"errors":[{"code":"INVALID_UPDATE","message":"Update sent by the client is invalid.","detail":{"Name":"ErrBadRoot","Error":{"Msg":"root is\u001b[2J bad"}}}]}`, `ErrBadRoot: root is\x1b[2J bad`, nil},
		{"incomplete upload", 400, `{"errors":[{"code":"INVALID_UPDATE","message":"m","detail":{"Name":"ErrBadHierarchy","Error":{"Missing":"snapshot","Msg":"x"}}}]}`, "missing snapshot", nil},
		{"text detail", 400, `{"errors":[{"code":"INVALID_ROLE","message":"m","detail":"targets/x"}]}`, "INVALID_ROLE: m: targets/x", nil},
		{"two", 500, `{"errors":[{"code":"A","message":"a"},{"code":"B","message":"b"}]}`, "A: a; B: b", nil},
		{"a prompt", 500, `{"errors":[{"code":"UNKNOWN","message":"x\"\r\nEnter passphrase: "}]}`, `500 Internal Server Error, and the server says "UNKNOWN: x\"\r\nEnter passphrase: "`, nil},
		{"page", 502, "<html>bad gateway</html>", "502 Bad Gateway", nil},
		{"endless", 500, strings.Repeat("x", 1<<20), "500 Internal Server Error", nil},
		{"wrong type", 500, `{"errors":"no"}`, "500 Internal Server Error", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, func(w http.ResponseWriter, r *http.Request) {
				w.WriteHeader(tt.status)
				io.WriteString(w, tt.body)
			})
			e, err := Config{Server: s.URL}.TrustServer(gun)
			if err != nil {
				t.Fatal(err)
			}
			_, err = get(t, e, 10)
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), s.URL+"/x") {
				t.Errorf("got %v, want %q and the URL", err, tt.want)
			}
			for _, class := range []error{ErrNotFound, ErrUnauthorized, ErrConflict} {
				if errors.Is(err, class) != (class == tt.is) {
					t.Errorf("Is(%v) = %v", class, class != tt.is)
				}
			}
		})
	}
}
