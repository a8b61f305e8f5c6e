package tufrepo

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

// tamper answers in the server's place for one file.
type tamper struct {
	dir, name string
	answer    func(good []byte) (io.Reader, int64)
	read      int64
}

func (s *tamper) Do(req *http.Request) (*http.Response, error) {
	name := strings.TrimPrefix(req.URL.EscapedPath(), "/")
	raw, err := os.ReadFile(filepath.Join(s.dir, name))
	resp := &http.Response{StatusCode: http.StatusOK, Request: req, Header: http.Header{}}
	if err != nil {
		resp.StatusCode = http.StatusNotFound
	}
	body, length := io.Reader(bytes.NewReader(raw)), int64(len(raw))
	if name == s.name {
		resp.StatusCode = http.StatusOK
		body, length = s.answer(raw)
	}
	resp.Body, resp.ContentLength = io.NopCloser(io.TeeReader(body, counter{&s.read})), length
	return resp, nil
}

type counter struct{ n *int64 }

func (c counter) Write(p []byte) (int, error) { *c.n += int64(len(p)); return len(p), nil }

type spaces struct{}

func (spaces) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

// TestEndlessData: a file that does not end is read no further than what its role may have,
// or its parent says that it has.
func TestEndlessData(t *testing.T) {
	endless := func(good []byte) (io.Reader, int64) { return io.MultiReader(bytes.NewReader(good), spaces{}), -1 }
	for _, c := range []struct {
		name   string
		role   trustdata.Role
		hashes bool
		most   int64
	}{
		{"2.root.json", "root", true, notary.Limit("root")},
		{"timestamp.json", "timestamp", true, notary.Limit("timestamp")},
		{"1.snapshot.json", "snapshot", false, notary.Limit("snapshot")},
		{"1.snapshot.json", "snapshot", true, 4 << 10},
		{"1.targets.json", "targets", true, 4 << 10},
		{"1.targets.json", "targets", false, notary.Limit("targets")},
	} {
		t.Run(c.name+" length "+strconv.FormatBool(c.hashes), func(t *testing.T) {
			w := newWorld(t)
			w.hashes = c.hashes
			w.publish()
			s := &tamper{dir: w.dir, name: c.name, answer: endless}
			_, err := Open(t.Context(), Options{Base: "https://tuf.example", Root: w.firstRoot, Client: s, Now: func() time.Time { return w.now }})
			var refused *trustdata.VerifyError
			if !errors.As(err, &refused) || refused.Role != c.role {
				t.Errorf("%v", err)
			}
			if others := int64(16 << 10); s.read > c.most+others {
				t.Errorf("%d bytes were read, the most is %d", s.read, c.most)
			}
		})
	}
}

// TestCutShort: half a file is an error of the network and no verdict on the metadata.
func TestCutShort(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"timestamp.json", "1.snapshot.json", "1.targets.json"} {
		s := &tamper{dir: w.dir, name: name, answer: func(good []byte) (io.Reader, int64) {
			half := bytes.NewReader(good[:len(good)/2])
			return io.MultiReader(half, errReader{io.ErrUnexpectedEOF}), int64(len(good))
		}}
		_, err := Open(t.Context(), Options{Base: "https://tuf.example", Root: w.firstRoot, Client: s, Now: func() time.Time { return w.now }})
		if !errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, trustdata.ErrVerify) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

type errReader struct{ err error }

func (r errReader) Read([]byte) (int, error) { return 0, r.err }
