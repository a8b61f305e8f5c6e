package remote_test

import (
	"bytes"
	"compress/gzip"
	"maps"
	"net/http"
	"runtime/metrics"
	"strings"
	"testing"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

// allocated is how much memory the process has asked for since it began.
func allocated() uint64 {
	s := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}

// drip sends a byte now and then, without end.
func drip(rw http.ResponseWriter, r *http.Request, every time.Duration) {
	for {
		select {
		case <-r.Context().Done():
			return
		case <-time.After(every):
		}
		if _, err := rw.Write([]byte(" ")); err != nil {
			return
		}
		rw.(http.Flusher).Flush()
	}
}

// TestHostileBodies has a server send what costs most to read. Everything that is allocated
// on the way together is less than what may be held at once.
func TestHostileBodies(t *testing.T) {
	big := strings.Repeat("9", 90<<20)
	var bomb bytes.Buffer
	packed := gzip.NewWriter(&bomb)
	packed.Write([]byte(big))
	packed.Close()
	whole := func(body string) func(http.ResponseWriter, *http.Request) {
		return func(rw http.ResponseWriter, _ *http.Request) { rw.Write([]byte(body)) }
	}
	for _, tt := range []struct {
		name  string
		asked string // the beginning of the file's name
		send  func(rw http.ResponseWriter, r *http.Request)
	}{
		{"targets of 90 MB", "targets", whole(big)},
		{"a timestamp of 90 MB", "timestamp", whole(big)},
		{"a root of 90 MB", "root", whole(big)},
		{"a snapshot of 90 MB", "snapshot", whole(big)},
		{"deep nesting", "timestamp", whole(`{"signed":` + strings.Repeat("[", 500_000))},
		{"deep objects", "root", whole(`{"signed":` + strings.Repeat(`{"a":`, 3_000_000))},
		{"a number of a million digits", "timestamp", whole(`{"signed":{"version":` + big[:900_000] + `}}`)},
		{"many small values", "root", whole(`{"signed":{"keys":[` + strings.Repeat("0,", 8_000_000))},
		{"a packed bomb", "timestamp", func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Content-Encoding", "gzip")
			rw.Write(bomb.Bytes())
		}},
		{"a byte now and then", "timestamp", func(rw http.ResponseWriter, r *http.Request) { drip(rw, r, 100*time.Millisecond) }},
		{"nothing at all", "timestamp", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			f, dir := w.newFetcher()
			before := contents(t, dir)
			w.hook = func(rw http.ResponseWriter, r *http.Request, name string) bool {
				if strings.HasPrefix(name, tt.asked) {
					tt.send(rw, r)
					return true
				}
				return false
			}
			start, used := time.Now(), allocated()
			_, _, err := w.fetch(f)
			took, used := time.Since(start), allocated()-used
			if err == nil {
				t.Error("it was taken")
			}
			// The server is in this process and its share is counted, too.
			if used > 300<<20 {
				t.Errorf("%d MiB were allocated for %v", used>>20, err)
			}
			if took > 20*time.Second {
				t.Errorf("it took %v: %v", took, err)
			}
			if !maps.Equal(before, contents(t, dir)) {
				t.Error("state or cache moved")
			}
		})
	}
}

// TestHostileTargets has whoever signs the snapshot name a file of an eighth of the limit.
func TestHostileTargets(t *testing.T) {
	const size = 8 << 20
	fill := func(begin, part string) []byte {
		return append([]byte(begin), bytes.Repeat([]byte(part), (size-len(begin))/len(part))...)
	}
	for name, raw := range map[string][]byte{
		"values":     fill(`{"signed":{"_type":"Targets","x":[`, `0,`),
		"objects":    fill(`{"signed":{"_type":"Targets","x":[`, `{},`),
		"nesting":    fill(`{"signed":`, `{"a":`),
		"one number": fill(`{"signed":`, `9`),
		"one text":   fill(`{"signed":"`, `\u0041`),
		"signatures": fill(`{"signed":{},"signatures":[`, `{"keyid":"","method":"","sig":""},`),
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.publishSnapshot(map[trustdata.Role]notary.Meta{
				trustdata.RoleRoot: notary.MetaOf(w.files["root.json"]), trustdata.RoleTargets: w.put(trustdata.RoleTargets, raw)})
			f, _ := w.newFetcher()
			start, used := time.Now(), allocated()
			_, _, err := w.fetch(f)
			took, used := time.Since(start), allocated()-used
			expectRefusal(t, err, trustdata.RoleTargets, trustdata.ReasonFormat)
			// It is read twice, for what does not fit together is asked for again.
			if used > 300<<20 || took > 60*time.Second {
				t.Errorf("%d MiB in %v", used>>20, took)
			}
		})
	}
}

// TestAnnouncedTooLarge has a snapshot name targets that no limit allows.
func TestAnnouncedTooLarge(t *testing.T) {
	w := newWorld(t)
	meta := map[trustdata.Role]notary.Meta{trustdata.RoleRoot: notary.MetaOf(w.files["root.json"])}
	targets := notary.MetaOf(w.files["targets.json"])
	targets.Length = 90 << 20
	meta[trustdata.RoleTargets] = targets
	w.publishSnapshot(meta)
	f, _ := w.newFetcher()
	_, _, err := w.fetch(f)
	expectRefusal(t, err, trustdata.RoleTargets, trustdata.ReasonFormat)
}
