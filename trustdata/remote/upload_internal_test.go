package remote

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"testing"

	"keyrite/trustdata"
)

// FuzzUpload has any bytes in the files of an upload: what the server reads from the form is
// what was put in, role by role, and nothing else.
func FuzzUpload(f *testing.F) {
	f.Add("targets/releases", []byte(`{"signed":{}}`), []byte("\r\n--"))
	f.Add("snapshot", []byte("--boundary--\r\n"), []byte{})
	f.Add("targets/../root", []byte{0}, []byte{0xff})
	f.Add("targets/a\"\r\nX: y", []byte{}, []byte{})
	f.Fuzz(func(t *testing.T, name string, one, two []byte) {
		role := trustdata.Role(name)
		files := map[trustdata.Role][]byte{role: one, trustdata.RoleRoot: two}
		body, contentType, err := upload(files)
		if _, bad := trustdata.ParseRole(name); bad != nil {
			if err == nil {
				t.Fatalf("role %q was sent", name)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		_, params, err := mime.ParseMediaType(contentType)
		if err != nil {
			t.Fatal(err)
		}
		form := multipart.NewReader(bytes.NewReader(body), params["boundary"])
		found := 0
		for {
			part, err := form.NextRawPart()
			if err == io.EOF {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			_, disposition, err := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
			data, readErr := io.ReadAll(part)
			want, ok := files[trustdata.Role(disposition["filename"])]
			if err != nil || readErr != nil || !ok || part.FormName() != "files" || !bytes.Equal(data, want) {
				t.Fatalf("part %v: %v, %v, %q", part.Header, err, readErr, data)
			}
			found++
		}
		if found != len(files) {
			t.Fatalf("%d parts for %d files", found, len(files))
		}
	})
}
