package backup

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"strconv"

	"keyrite/trustdata"
)

// encodeTo writes the manifest as JSON, a file at a time: a backup of very many keys is not
// in memory a second time only to be written. What it writes is what encode gives.
func (m *Manifest) encodeTo(w io.Writer) error {
	head, tail, err := m.around()
	if err != nil {
		return err
	}
	if _, err := w.Write(head); err != nil {
		return err
	}
	buf := make([]byte, 0, manifestChunk+4<<10)
	for i, f := range m.Files {
		if i > 0 {
			buf = append(buf, ',')
		}
		if buf, err = f.append(append(buf, "\n    "...)); err != nil {
			return err
		}
		if len(buf) >= manifestChunk {
			if _, err := w.Write(buf); err != nil {
				return err
			}
			buf = buf[:0]
		}
	}
	if len(m.Files) > 0 {
		buf = append(buf, "\n  "...)
	}
	_, err = w.Write(append(buf, tail...))
	return err
}

// manifestChunk is how much of a manifest is handed on at a time.
const manifestChunk = 32 << 10

// noFiles is how a manifest without files says so. A quote in a string is escaped, so it
// stands nowhere else.
const noFiles = `"files": []`

// around is what stands before and behind the files.
func (m *Manifest) around() (head, tail []byte, err error) {
	bare := *m
	bare.Files = []File{}
	b, err := visibleJSON(&bare, "")
	if err != nil {
		return nil, nil, err
	}
	head, tail, ok := bytes.Cut(b, []byte(noFiles))
	if !ok {
		return nil, nil, errors.New("the manifest has no place for files")
	}
	return append(head, noFiles[:len(noFiles)-1]...), append([]byte{']'}, append(tail, '\n')...), nil
}

func visibleJSON(v any, prefix string) ([]byte, error) {
	b, err := json.MarshalIndent(v, prefix, "  ")
	return trustdata.VisibleJSON(b), err
}

// append appends the file as json.MarshalIndent writes it.
func (f *File) append(b []byte) ([]byte, error) {
	b = appendString(append(b, "{\n      \"path\": "...), f.Path)
	b = appendString(append(b, ",\n      \"kind\": "...), string(f.Kind))
	b = strconv.AppendInt(append(b, ",\n      \"size\": "...), f.Size, 10)
	b = appendString(append(b, ",\n      \"sha256\": "...), f.SHA256)
	b = appendMember(b, "key_id", string(f.KeyID))
	b = appendMember(b, "role", f.Role)
	b = appendMember(b, "gun", string(f.GUN))
	if len(f.SignsFor) > 0 {
		uses, err := visibleJSON(f.SignsFor, "      ")
		if err != nil {
			return nil, err
		}
		b = append(append(b, ",\n      \"signs_for\": "...), uses...)
	}
	b = appendMember(b, "problem", f.Problem)
	return append(b, "\n    }"...), nil
}

// appendMember appends a member that is left out where it is empty.
func appendMember(b []byte, name, value string) []byte {
	if value == "" {
		return b
	}
	b = append(append(append(b, ",\n      \""...), name...), "\": "...)
	return appendString(b, value)
}

func appendString(b []byte, s string) []byte {
	if plainJSON(s) {
		return append(append(append(b, '"'), s...), '"')
	}
	quoted, _ := json.Marshal(s) // a string always can
	return append(b, trustdata.VisibleJSON(quoted)...)
}

// plainJSON reports whether a string stands in JSON as it is, whoever writes it.
func plainJSON(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case c < ' ' || c > '~', c == '"', c == '\\', c == '<', c == '>', c == '&':
			return false
		}
	}
	return true
}

// measured is the size and the hash of a manifest's bytes.
type measured struct {
	size int64
	sum  [sha256.Size]byte
}

// measure encodes the manifest without keeping it.
func (m *Manifest) measure() (measured, error) {
	h := sha256.New()
	c := &counter{w: h}
	err := m.encodeTo(c)
	return measured{c.n, [sha256.Size]byte(h.Sum(nil))}, err
}

func (m measured) String() string { return "sha256:" + hex.EncodeToString(m.sum[:]) }

// counter counts what goes through it.
type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}
