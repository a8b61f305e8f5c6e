package backup

import (
	"encoding/json"
	"strconv"
	"strings"

	"keyrite/trustdata"
)

// usualManifest reads a manifest of exactly the shape that encodeTo writes, as json does, in
// a fraction of its time. What it gives points into the text. Of anything else it says
// nothing, not even that it is wrong; a file that has signs_for is something else, too.
func usualManifest(text string) (*Manifest, bool) {
	const open, end = "\n  \"files\": [", "\n  ]"
	head, rest, ok := strings.Cut(text, open)
	if !ok || !plainText(head) {
		return nil, false
	}
	files := make([]File, 0, min(strings.Count(rest, "\n    {"), maxFiles+1))
	for {
		r := lines{rest, true}
		f := r.file()
		if !r.ok || len(files) > maxFiles {
			return nil, false
		}
		files = append(files, f)
		rest = r.rest
		if after, more := strings.CutPrefix(rest, ","); more {
			rest = after
			continue
		}
		break
	}
	tail, ok := strings.CutPrefix(rest, end)
	if !ok || !plainText(tail) {
		return nil, false
	}
	var m Manifest
	if err := json.Unmarshal([]byte(head+open+"]"+tail), &m); err != nil || m.Files == nil || len(m.Files) > 0 {
		return nil, false
	}
	m.Files = files
	return &m, true
}

// plainText reports whether nothing in JSON can be other than it looks, and no member is a
// second list of files.
func plainText(s string) bool {
	for i := range len(s) {
		if c := s[i]; c > '~' || c == '\\' {
			return false
		}
	}
	return !strings.Contains(strings.ToLower(s), `"files"`)
}

// lines takes the text of a file apart from the front; ok is cleared by what is not as
// expected.
type lines struct {
	rest string
	ok   bool
}

func (l *lines) file() (f File) {
	l.skip("\n    {\n      \"path\": ")
	f.Path = l.quoted()
	l.skip(",\n      \"kind\": ")
	f.Kind = usualKind(l.quoted())
	l.skip(",\n      \"size\": ")
	f.Size = l.number()
	l.skip(",\n      \"sha256\": ")
	f.SHA256 = l.quoted()
	f.KeyID = trustdata.KeyID(l.member(",\n      \"key_id\": "))
	f.Role = l.member(",\n      \"role\": ")
	f.GUN = trustdata.GUN(l.member(",\n      \"gun\": "))
	f.Problem = l.member(",\n      \"problem\": ")
	l.skip("\n    }")
	return f
}

func (l *lines) skip(want string) {
	rest, ok := strings.CutPrefix(l.rest, want)
	l.rest, l.ok = rest, l.ok && ok
}

// member is the value of a member that may be missing.
func (l *lines) member(name string) string {
	if rest, ok := strings.CutPrefix(l.rest, name); ok {
		l.rest = rest
		return l.quoted()
	}
	return ""
}

// quoted is a string that means what it looks like.
func (l *lines) quoted() string {
	if l.ok = l.ok && strings.HasPrefix(l.rest, `"`); !l.ok {
		return ""
	}
	for i := 1; i < len(l.rest); i++ {
		switch c := l.rest[i]; {
		case c == '"':
			s := l.rest[1:i]
			l.rest = l.rest[i+1:]
			return s
		case c < ' ' || c > '~' || c == '\\':
			l.ok = false
			return ""
		}
	}
	l.ok = false
	return ""
}

// number is a whole number that is not negative, written as json does.
func (l *lines) number() int64 {
	n := 0
	for n < len(l.rest) && '0' <= l.rest[n] && l.rest[n] <= '9' {
		n++
	}
	digits := l.rest[:n]
	l.rest = l.rest[n:]
	v, err := strconv.ParseInt(digits, 10, 64)
	l.ok = l.ok && err == nil && (digits[0] != '0' || n == 1)
	return v
}

// usualKind is a kind that needs no memory of its own.
func usualKind(s string) Kind {
	for _, k := range []Kind{KindKey, KindRetired, KindMetadata, KindArchive, KindSettings} {
		if s == string(k) {
			return k
		}
	}
	return Kind(s)
}
