package interop_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"keyrite/cmd/keyrite/interop"
	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

const (
	mib = 1 << 20
	// allowed is how many bytes may be resident at once, whatever a server sends.
	allowed = 300_000_000
	// inTime is the CPU time that reading the most may take.
	inTime = 30 * time.Second
)

const (
	targetsHead = `{"_type":"Targets","delegations":{"keys":{},"roles":[]},"expires":"2036-01-01T00:00:00Z","targets":{`
	targetsTail = `},"version":5}`
	emptyHead   = targetsHead + targetsTail
	someHash    = `"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="`
	someKeyID   = `"1111111111111111111111111111111111111111111111111111111111111111"`
)

// filled repeats parts between begin and end as long as the file stays below the limit.
func filled(begin, end string, part func(i int) string) []byte {
	const size = 64*mib - 1024 // the rest is for the signature
	out := append(make([]byte, 0, size), begin...)
	for i := 0; ; i++ {
		p := part(i)
		if p == "" || len(out)+len(p)+len(end) > size {
			return append(bytes.TrimSuffix(out, []byte(",")), end...)
		}
		out = append(out, p...)
	}
}

func again(part string) func(int) string { return func(int) string { return part } }

// upTo is part n times.
func upTo(n int, part string) func(int) string {
	return func(i int) string {
		if i == n {
			return ""
		}
		return fmt.Sprintf(part, i)
	}
}

// rolesBody is a body whose roles are filled with these.
func rolesBody(end string, part func(int) string) []byte {
	return filled(`{"_type":"Targets","delegations":{"keys":{},"roles":[`, `]`+end+`},"expires":"2036-01-01T00:00:00Z","targets":{},"version":5}`, part)
}

// padded is a good body with many tags of long names, blown up to so many bytes.
func padded(tags, first, size int) []byte {
	part := `"%07d` + strings.Repeat("n", 100) + `":{"hashes":{"sha256":` + someHash + `},"length":1},`
	body := filled(targetsHead, targetsTail, func(i int) string {
		if i == tags {
			return ""
		}
		return fmt.Sprintf(part, first+i)
	})
	return blownUp(body, size)
}

// blownUp gives a body a member that nobody knows and that brings it to just under size.
func blownUp(body []byte, size int) []byte {
	if rest := size - 1024 - len(body); rest > 100 {
		body = append(body[:len(body)-1], `,"x":"`+strings.Repeat("x", rest-100)+`"}`...)
	}
	return body
}

// Files of the largest size, made of what takes the most to read, by whoever has all the
// keys. Each is refused for what it is, or taken, and in either case with bounded memory.
func TestHostileFiles(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		body func() []byte
		want string // part of the error, "" where it is taken
	}{
		{"as many tags as there may be", func() []byte { return padded(notary.MaxTags, 0, 64*mib) }, ""},
		{"small tags", func() []byte {
			return blownUp(filled(targetsHead, targetsTail, upTo(notary.MaxTags+1, `"%07x":{"length":0},`)), 64*mib)
		}, "more than 150000 targets"},
		{"tags with many hashes", func() []byte {
			var hashes strings.Builder
			for c := 'a'; c < 'h'; c++ {
				fmt.Fprintf(&hashes, `"%c":"",`, c)
			}
			return filled(targetsHead, targetsTail, upTo(notary.MaxTags, `"%07d":{"hashes":{`+hashes.String()+`"sha256":`+someHash+`},"length":0},`))
		}, ""},
		{"a long name", func() []byte {
			return filled(targetsHead+`"`, `":{"length":0}`+targetsTail, again(strings.Repeat("n", mib)))
		}, "the name of a member is longer"},
		{"a long custom text", func() []byte {
			return filled(targetsHead+`"a":{"custom":"`, `","hashes":{"sha256":`+someHash+`},"length":0}`+targetsTail, again(strings.Repeat("n", mib)))
		}, ""},
		{"a long text of escapes", func() []byte {
			return filled(targetsHead+`"a":{"custom":"`, `","hashes":{"sha256":`+someHash+`},"length":0}`+targetsTail, again(strings.Repeat(`\u0041\\`, 1000)))
		}, "a string with escapes is longer"},
		{"a long type", func() []byte {
			return filled(`{"_type":"`, `"`+emptyHead[len(`{"_type":"Targets"`):], again(strings.Repeat("n", mib)))
		}, "a string is longer"},
		{"deep", func() []byte { return filled(`{"_type":"Targets","a":`, ``, again(strings.Repeat(`{"a":`, 1000))) }, "nest deeper"},
		{"one number", func() []byte { return filled(`{"_type":"Targets","a":1`, `}`, again(strings.Repeat("1", mib))) }, "longer than 64 digits"},
		{"many values that nobody knows", func() []byte {
			return filled(emptyHead[:len(emptyHead)-1]+`,"x":[`, `]}`, again(strings.Repeat(`0,`, 1000)))
		}, ""},
		{"white space", func() []byte {
			return filled(emptyHead[:len(emptyHead)-1]+`,"x":[`, `0]}`, again(strings.Repeat(`0, `, 1000)))
		}, "not in canonical form"},
		{"members out of order", func() []byte {
			return filled(`{"z":{`, `},`+emptyHead[1:], again(strings.Repeat(`"b":0,"a":0,`, 1000)))
		}, "not in canonical form"},
		{"delegations", func() []byte {
			return blownUp(rolesBody("", upTo(10_001, `{"keyids":[],"name":"targets/d%d","paths":[],"threshold":1},`)), 64*mib)
		}, "more than 10000 delegations"},
		{"paths", func() []byte {
			return rolesBody(`],"threshold":1}]`, func(i int) string {
				if i == 0 {
					return `{"keyids":[],"name":"targets/a","paths":[`
				}
				return strings.Repeat(`"",`, 1000)
			})
		}, "more than 100000 key IDs and paths"},
		{"key IDs", func() []byte {
			return rolesBody(`],"name":"targets/a","paths":[],"threshold":1}]`, func(i int) string {
				if i == 0 {
					return `{"keyids":[`
				}
				return strings.Repeat(someKeyID+",", 1000)
			})
		}, "more than 100000 key IDs and paths"},
		{"keys", func() []byte {
			return blownUp(filled(`{"_type":"Targets","delegations":{"keys":{`, `},"roles":[]}`+emptyHead[strings.Index(emptyHead, `,"expires"`):],
				upTo(10_001, `"%064x":{"keytype":"ecdsa","keyval":{"private":null,"public":"AAAA"}},`)), 64*mib)
		}, "more than 10000 keys"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := interop.NewMade(t, app, 1, 1)
			m.Publish(map[trustdata.Role][]byte{"targets": m.Sign("targets", tt.body())})
			bounded(t, madeClient(t, m).Keyrite(), tt.want)
		})
	}
}

// bounded runs keyrite against a server, twice where it takes what comes: the second time
// it reads its cache.
func bounded(t *testing.T, k *interop.Keyrite, want string) {
	t.Helper()
	for _, args := range [][]string{{"--json", "tags", app}, {"--plain", "tags", app}} {
		r, used := k.Measure(args...)
		t.Logf("%q: exit %d, %d MB, %v of CPU time", args[0], r.Code, used.Peak/1_000_000, used.CPU.Round(10*time.Millisecond))
		if used.Peak > allowed || used.CPU > inTime {
			t.Errorf("%d MB were resident, in %v of CPU time", used.Peak/1_000_000, used.CPU)
		}
		if want == "" && r.Code != 0 || want != "" && (r.Code != 3 && r.Code != 1 || !strings.Contains(r.Stderr, want)) {
			t.Errorf("exit %d, want %q: %.400s", r.Code, want, r.Stderr)
		}
		if want != "" {
			return
		}
	}
}

// Several files of the largest size: as many as a repository may have, and one more.
func TestHostileCollections(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		delegations, tags, size int // of each delegation; targets has the largest size
		want                    string
	}{
		"as large as may be":        {2, 0, 64 * mib, ""},
		"with as many tags as well": {2, notary.MaxTags / 2, 18 * mib, ""},
		"tags that do not fit":      {2, notary.MaxTags / 2, 20 * mib, "is larger than 201326592 bytes"},
		"one file more":             {3, 0, 64 * mib, "is larger than 201326592 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			m := interop.NewMade(t, app, 1, 1)
			files := map[trustdata.Role][]byte{}
			for i := range tt.delegations {
				role := trustdata.Role(fmt.Sprintf("targets/d%d", i))
				m.Delegate(role, "")
				files[role] = m.Sign(role, padded(tt.tags, i*1_000_000, tt.size))
			}
			files["targets"] = m.SignPadded("targets", 64*mib-1024)
			m.Publish(files)
			bounded(t, madeClient(t, m).Keyrite(), tt.want)
		})
	}
}

// The other files at their limit, root and snapshot, and a chain of roots of the largest.
func TestHostileRootAndSnapshot(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		roots int
		want  string
	}{
		"large roots":          {8, ""},
		"too many large roots": {13, "have more than 201326592 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			m := interop.NewMade(t, app, 1, 1)
			m.Publish(nil)
			k := madeClient(t, m).Keyrite()
			k.Run("tags", app)
			for range tt.roots {
				m.NextRoot(16*mib - 1024)
			}
			m.Publish(nil)
			bounded(t, k, tt.want)
		})
	}
	for name, tt := range map[string]struct{ part, want string }{
		"files":  {`"targets/d%07d":{"hashes":{"sha256":` + someHash + `},"length":1},`, "more than 20000 files"},
		"hashes": {`"%07d":"",`, "more than 8 hashes"},
	} {
		t.Run("snapshot of "+name, func(t *testing.T) {
			m := interop.NewMade(t, app, 1, 1)
			m.Publish(nil)
			head, tail := `{"_type":"Snapshot","expires":"2036-01-01T00:00:00Z","meta":{`, `},"version":5}`
			if name == "hashes" {
				head, tail = head+`"root":{"hashes":{`, `},"length":1}`+tail
			}
			m.PublishSnapshot(m.Sign("snapshot", filled(head, tail, upTo(15*mib/len(fmt.Sprintf(tt.part, 0)), tt.part))))
			bounded(t, madeClient(t, m).Keyrite(), tt.want)
		})
	}
}

// Answers that have no end, or that come packed or a byte at a time, in the place of any
// file. None holds the program up for longer than --timeout says.
func TestHostileAnswers(t *testing.T) {
	t.Parallel()
	var bomb bytes.Buffer
	packed := gzip.NewWriter(&bomb)
	for range 256 {
		packed.Write(make([]byte, mib))
	}
	packed.Close()
	block := bytes.Repeat([]byte("9"), mib)
	for name, send := range map[string]func(w http.ResponseWriter, r *http.Request){
		"without end": func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				w.Write(block)
			}
		},
		"packed": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(bomb.Bytes())
		},
		"a byte a second": func(w http.ResponseWriter, r *http.Request) {
			for tick := time.NewTicker(time.Second); ; w.(http.Flusher).Flush() {
				select {
				case <-r.Context().Done():
					return
				case <-tick.C:
					w.Write([]byte("{"))
				}
			}
		},
		"nothing": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
	} {
		for _, role := range []string{"root", "timestamp", "snapshot", "targets"} {
			t.Run(name+", "+role, func(t *testing.T) {
				t.Parallel()
				m := interop.NewMade(t, app, 1, 1)
				m.Publish(nil)
				m.Answer(func(w http.ResponseWriter, r *http.Request) bool {
					hit := strings.Contains(r.URL.Path, "/tuf/"+role+".")
					if hit {
						send(w, r)
					}
					return hit
				})
				k := madeClient(t, m).Keyrite()
				r, used := k.Measure("--json", "--timeout", "2s", "tags", app)
				if r.Code == 0 || r.Stderr == "" {
					t.Errorf("exit %d: %s", r.Code, r.Output())
				}
				if used.Peak > allowed || used.Took > 15*time.Second {
					t.Errorf("%d MB were resident, in %v", used.Peak/1_000_000, used.Took)
				}
			})
		}
	}
}
