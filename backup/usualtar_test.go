package backup

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// tarReading is what a reader of archives gives, told in lines.
func tarReading(next func() (*tar.Header, error), from io.Reader) (told []string) {
	for {
		h, err := next()
		if err != nil {
			return append(told, err.Error())
		}
		data, err := io.ReadAll(from)
		told = append(told, fmt.Sprintf("%c %q %d %o %v %q %v: %x %v", h.Typeflag, h.Name, h.Size, h.Mode, h.ModTime.Unix(), h.Linkname, h.PAXRecords, data, err))
		if err != nil {
			return told
		}
	}
}

func usualSample(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	put := func(h *tar.Header, data string) {
		check(t, w.WriteHeader(h))
		_, err := io.WriteString(w, data)
		check(t, err)
	}
	put(header("manifest.json", 5, testTime), "{}\n\n\n")
	put(folderHeader("private", testTime), "")
	put(header("private/"+strings.Repeat("a", 64)+".key", tarBlock, testTime), strings.Repeat("k", tarBlock))
	put(header("private/b.key", 0, testTime), "")
	put(header(strings.Repeat("n", 100), 3, testTime), "abc")
	put(header(strings.Repeat("long/", 40)+"x.json", 3, testTime), "abc") // has an extended header
	put(header("private/c.key", 2, testTime), "cc")
	check(t, w.Close())
	return b.Bytes()
}

func usualReading(archive []byte, expect string) []string {
	r := &usualTar{in: bytes.NewReader(archive), expect: expect}
	return tarReading(r.Next, r)
}

func stockReading(archive []byte) []string {
	r := tar.NewReader(bytes.NewReader(archive))
	return tarReading(r.Next, r)
}

// TestUsualTar changes and cuts an archive at every place: what is read is what archive/tar
// reads of it.
func TestUsualTar(t *testing.T) {
	sound := usualSample(t)
	if got := usualReading(sound, ""); len(got) != 8 || got[7] != "EOF" {
		t.Fatal(got)
	}
	r := &usualTar{in: bytes.NewReader(sound)}
	if _, err := r.Next(); err != nil || r.other != nil {
		t.Error("the usual header was left to a tar.Reader:", err)
	}
	same := func(what string, at int, archive []byte) {
		t.Helper()
		if want, got := stockReading(archive), usualReading(archive, "private/b.key"); !slices.Equal(want, got) {
			t.Fatalf("%s at %d: %s", what, at, cmp.Diff(want, got))
		}
	}
	for i := range sound {
		if in := i % tarBlock; in > 8 && in < tarNameEnd-2 || in > tarSumEnd+2 && i%23 > 0 {
			continue // more of the same field
		}
		same("cut", i, sound[:i])
		for _, c := range []byte{0, '7', 0x80, sound[i] ^ 1} {
			changed := bytes.Clone(sound)
			changed[i] = c
			same(fmt.Sprintf("%#x", c), i, changed)
			b := (*[tarBlock]byte)(changed[i/tarBlock*tarBlock:])
			putOctal(b[tarSum:tarSum+tarSumDigits], sumOf(b)) // a header that is meant so
			same(fmt.Sprintf("%#x with its sum", c), i, changed)
		}
	}
}

// TestAppendUsual compares members with what a tar.Writer makes of them.
func TestAppendUsual(t *testing.T) {
	for _, name := range []string{"private/a.key", strings.Repeat("n", 100), strings.Repeat("n", 101), "retired/\u00fc.key", "a/", ""} {
		for _, size := range []int{0, 1, tarBlock - 1, tarBlock, tarBlock + 1} {
			for _, at := range []int64{0, 1, testTime.Unix(), 1<<33 - 1, 1 << 33, -1} {
				data, mod := bytes.Repeat([]byte("x"), size), time.Unix(at, 0)
				got, ok := appendUsual([]byte("before"), name, data, mod)
				if unusual := len(name) > 100 || strings.HasSuffix(name, "/") || name == "" || name[0] == 'r' || at < 0 || at >= 1<<33; ok == unusual {
					t.Errorf("%q at %d: ok is %v", name, at, ok)
				}
				if !ok {
					continue
				}
				var want bytes.Buffer
				w := tar.NewWriter(&want)
				check(t, w.WriteHeader(header(name, int64(size), mod)))
				_, err := w.Write(data)
				check(t, err)
				check(t, w.Flush())
				if string(got) != "before"+want.String() {
					t.Errorf("%q of %d bytes at %d differs from archive/tar's", name, size, at)
				}
			}
		}
	}
}
