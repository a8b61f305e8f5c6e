package notary_test

import (
	"fmt"
	"strings"
	"testing"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

// listing writes n parts, each with its number and a comma between.
func listing(n int, part string) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, part, i)
	}
	return b.String()
}

// TestHowMuchAFileLists holds each bound to the last that is within it, and the first that
// is not. Signatures are no part of the shape.
func TestHowMuchAFileLists(t *testing.T) {
	const (
		head = `{"_type":"Targets","delegations":{"keys":{`
		mid  = `},"roles":[`
		next = `]},"expires":"2036-01-01T00:00:00Z","targets":{`
		end  = `},"version":1}`
	)
	hash := `"` + strings.Repeat("A", 43) + `="`
	role := func(keyIDs, paths string) string {
		return `{"keyids":[` + keyIDs + `],"name":"targets/a","paths":[` + paths + `],"threshold":1}`
	}
	for _, tt := range []struct {
		name string
		most int
		body func(n int) string
		want string
	}{
		{"targets", notary.MaxTags, func(n int) string {
			return head + mid + next + listing(n, `"%07d":{"hashes":{"sha256":`+hash+`},"length":1}`) + end
		}, "more than 150000 targets"},
		{"targets with nothing", notary.MaxTags, func(n int) string { return head + mid + next + listing(n, `"%07d":{"length":1}`) + end }, "more than 150000 targets"},
		{"hashes", 8, func(n int) string {
			return head + mid + next + `"a":{"hashes":{` + listing(n, `"%07d":""`) + `},"length":1}` + end
		}, "more than 8 hashes"},
		{"delegations", 10_000, func(n int) string {
			return head + mid + listing(n, `{"keyids":[],"name":"targets/d%d","paths":[],"threshold":1}`) + next + end
		}, "more than 10000 delegations"},
		{"keys", 10_000, func(n int) string {
			return head + listing(n, `"%064x":{"keytype":"ecdsa","keyval":{"private":null,"public":"AAAA"}}`) + mid + next + end
		}, "more than 10000 keys"},
		{"paths", 100_000, func(n int) string { return head + mid + role("", listing(n, `"%d"`)) + next + end }, "more than 100000 key IDs and paths"},
		{"key IDs and a path", 99_999, func(n int) string { return head + mid + role(listing(n, `"%064x"`), `""`) + next + end }, "more than 100000 key IDs and paths"},
		{"a name", 4096, func(n int) string { return head + mid + next + `"` + strings.Repeat("n", n) + `":{"length":1}` + end }, "longer than 4096 bytes"},
		{"names", 4096, func(n int) string {
			return head + mid + next + listing(n, `"`+strings.Repeat("n", 4089)+`%07d":{"length":1}`) + end
		}, "more than 16777216 bytes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			file := func(n int) []byte { return []byte(`{"signed":` + tt.body(n) + `,"signatures":[]}`) }
			if _, err := notary.ParseTargets(rTargets, file(tt.most)); err != nil {
				t.Errorf("%d: %v", tt.most, err)
			}
			_, err := notary.ParseTargets(rTargets, file(tt.most+1))
			expectRefusal(t, err, rTargets, trustdata.ReasonFormat)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%d: got %v, want %q", tt.most+1, err, tt.want)
			}
		})
	}
}

// TestLooseBodies: a body of another form than the canonical one may not be large, and
// what is said of a bad file is short.
func TestLooseBodies(t *testing.T) {
	body := func(n int) []byte {
		return []byte(`{"signed":{"_type":"Targets", "expires":"2036-01-01T00:00:00Z","targets":{},"version":1,"x":"` + strings.Repeat("x", n) + `"},"signatures":[]}`)
	}
	if _, err := notary.ParseTargets(rTargets, body(15<<20)); err != nil {
		t.Error(err)
	}
	_, err := notary.ParseTargets(rTargets, body(16<<20))
	expectRefusal(t, err, rTargets, trustdata.ReasonFormat)
	_, err = notary.ParseTargets(rTargets, []byte(`{"signed":{"_type":"`+strings.Repeat("x", 1<<20)+`"},"signatures":[]}`))
	expectRefusal(t, err, rTargets, trustdata.ReasonFormat)
	if err == nil || len(err.Error()) > 1000 {
		t.Errorf("it takes %d bytes to say what is wrong", len(err.Error()))
	}
}
