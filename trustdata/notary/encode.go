package notary

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"keyrite/trustdata"
)

// encoder writes canonical bodies. Members are written in the order of their names. The
// first error stays.
type encoder struct {
	out []byte
	err error
}

func (e *encoder) fail(format string, args ...any) {
	if e.err == nil {
		e.err = fmt.Errorf(format, args...)
	}
}

func (e *encoder) raw(s string) { e.out = append(e.out, s...) }

func (e *encoder) integer(n int64) { e.out = strconv.AppendInt(e.out, n, 10) }

// str writes a string that every client can read back.
func (e *encoder) str(s string) {
	for i := range len(s) {
		if s[i] < ' ' {
			e.fail("name %q has a control character, which no client could read back", s)
		}
	}
	if !utf8.ValidString(s) {
		e.fail("name %q is not valid UTF-8", s)
	}
	e.out = appendString(e.out, s)
}

func (e *encoder) base64(b []byte) {
	e.out = append(e.out, '"')
	e.out = base64.StdEncoding.AppendEncode(e.out, b)
	e.out = append(e.out, '"')
}

func (e *encoder) expires(t time.Time) {
	if t = wholeSeconds(t); t.Year() < 1 || t.Year() > 9999 {
		e.fail("date of expiry in the year %d", t.Year())
	}
	e.raw(`"expires":"` + t.Format(time.RFC3339) + `"`)
}

// wholeSeconds is the one form of a date that every server renders as it was sent.
func wholeSeconds(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }

func (e *encoder) version(n int64) {
	e.raw(`,"version":`)
	e.integer(n)
	e.raw("}")
}

// members writes m as an object, sorted by name.
func members[K ~string, V any](e *encoder, m map[K]V, write func(name K, value V)) {
	e.raw("{")
	for i, name := range slices.Sorted(maps.Keys(m)) {
		if i > 0 {
			e.raw(",")
		}
		e.str(string(name))
		e.raw(":")
		write(name, m[name])
	}
	e.raw("}")
}

func (e *encoder) keys(keys map[trustdata.ListedID]trustdata.PublicKey) {
	e.raw(`"keys":`)
	members(e, keys, func(id trustdata.ListedID, k trustdata.PublicKey) {
		if k.ListedID() != id {
			e.fail("key %q is not listed by its own ID", id)
		}
		e.raw(`{"keytype":`)
		e.str(string(k.Type))
		e.raw(`,"keyval":{"private":null,"public":`)
		e.base64(k.Value)
		e.raw("}}")
	})
}

func (e *encoder) keyIDs(ids []trustdata.ListedID) {
	e.raw(`"keyids":[`)
	for i, id := range ids {
		if i > 0 {
			e.raw(",")
		}
		e.str(string(id))
	}
	e.raw("]")
}

func (e *encoder) hashes(hashes map[string][]byte, length int64) {
	if len(hashes) == 0 {
		e.fail("a file or target has no hash")
	}
	e.raw(`"hashes":`)
	members(e, hashes, func(_ string, sum []byte) { e.base64(sum) })
	e.raw(`,"length":`)
	e.integer(length)
	e.raw("}")
}

func encodeRoot(e *encoder, b Root) {
	e.raw(`{"_type":"Root","consistent_snapshot":` + strconv.FormatBool(b.ConsistentSnapshot) + `,`)
	e.expires(b.Expires)
	e.raw(",")
	e.keys(b.Keys)
	e.raw(`,"roles":`)
	members(e, b.Roles, func(_ trustdata.Role, who RoleKeys) {
		e.raw("{")
		e.keyIDs(who.KeyIDs)
		e.threshold(who.Threshold)
	})
	e.version(b.Version)
}

func (e *encoder) threshold(n int) {
	e.raw(`,"threshold":`)
	e.integer(int64(n))
	e.raw("}")
}

// encodeTargets always writes the delegations, as {} and []: servers render a missing
// or null one so. Paths are left out where there are none, for the same reason.
func encodeTargets(e *encoder, b Targets) {
	e.raw(`{"_type":"Targets","delegations":{`)
	e.keys(b.Keys)
	e.raw(`,"roles":[`)
	for i, d := range b.Delegations {
		if i > 0 {
			e.raw(",")
		}
		e.delegation(d)
	}
	e.raw("]},")
	e.expires(b.Expires)
	e.raw(`,"targets":`)
	e.entries(b.Targets)
	e.version(b.Version)
}

func (e *encoder) entries(all Entries) {
	e.raw("{")
	for i, t := range all {
		if i > 0 {
			if t.Name <= all[i-1].Name {
				e.fail("target %q does not come after %q", t.Name, all[i-1].Name)
			}
			e.raw(",")
		}
		e.str(t.Name)
		e.raw(":{")
		if t.Custom != nil {
			e.custom(t.Name, t.Custom)
		}
		e.hashes(t.Hashes.All(), t.Length)
	}
	e.raw("}")
}

func (e *encoder) delegation(d Delegation) {
	e.raw("{")
	e.keyIDs(d.KeyIDs)
	e.raw(`,"name":`)
	e.str(string(d.Role))
	if len(d.Paths) > 0 {
		e.raw(`,"paths":[`)
		for i, p := range d.Paths {
			if i > 0 {
				e.raw(",")
			}
			e.str(p)
		}
		e.raw("]")
	}
	e.threshold(d.Threshold)
}

// custom is written in canonical form: the reference clients sign it as it is given but
// verify its canonical form, and so refuse their own uploads.
func (e *encoder) custom(name string, custom json.RawMessage) {
	canonical, err := rewrite(custom, true)
	if err != nil {
		e.fail("custom data of %q: %w", name, err)
	}
	e.raw(`"custom":`)
	e.out = append(e.out, canonical...)
	e.raw(",")
}

func encodeSnapshot(e *encoder, b Snapshot) {
	e.raw(`{"_type":"Snapshot",`)
	e.expires(b.Expires)
	e.metas(b.Meta)
	e.version(b.Version)
}

func encodeTimestamp(e *encoder, b Timestamp) {
	e.raw(`{"_type":"Timestamp",`)
	e.expires(b.Expires)
	e.metas(map[trustdata.Role]Meta{trustdata.RoleSnapshot: b.Snapshot})
	e.version(b.Version)
}

func (e *encoder) metas(meta map[trustdata.Role]Meta) {
	e.raw(`,"meta":`)
	members(e, meta, func(_ trustdata.Role, m Meta) {
		e.raw("{")
		e.hashes(m.Hashes, m.Length)
	})
}

// wire is the whole file: the message with the characters escaped that Go's encoder
// escapes for HTML, and the signatures in their order.
func wire(message []byte, signatures []SignatureEntry) []byte {
	var b bytes.Buffer
	b.Grow(len(message) + 256*(1+len(signatures)))
	b.WriteString(`{"signed":`)
	json.HTMLEscape(&b, message)
	b.WriteString(`,"signatures":[`)
	for i, s := range signatures {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"keyid":"%s","method":"%s","sig":"%s"}`, s.KeyID, s.Method, base64.StdEncoding.EncodeToString(s.Bytes))
	}
	b.WriteString(`]}`)
	return b.Bytes()
}
