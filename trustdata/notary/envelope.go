package notary

import (
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"keyrite/trustdata"
)

// reader is the scanner with what the parsers of all files share.
type reader struct {
	scanner
	unknown []string
	listed  int // key IDs and paths so far
	// names and bytes hold what many entries have a little of each.
	names textPool
	bytes bytePool
}

// list counts a key ID or a path.
func (r *reader) list() error {
	r.listed++
	return within(r.listed-1, maxListed, "key IDs and paths")
}

// parse reads a file's envelope, and its body by read. Only "signed" and "signatures" may
// stand in the envelope: a member that no signature covers could be added by anyone, and
// wedges a repository whose server renders the file anew (Cure53, TUF-01-001).
func parse[B any](role trustdata.Role, raw []byte, read func(*reader) (B, error)) (*File[B], error) {
	if int64(len(raw)) > Limit(role) {
		return nil, trustdata.Refuse(role, trustdata.ReasonFormat, "%d bytes are more than the limit of %d", len(raw), Limit(role))
	}
	f := &File[B]{Envelope: Envelope{Raw: raw}}
	r := &reader{scanner: scanner{data: raw}}
	seen := map[string]bool{}
	err := r.object(func(name []byte) (err error) {
		if seen[string(name)] {
			return duplicate(name)
		}
		seen[string(name)] = true
		switch string(name) {
		case "signed":
			f.Body, f.Message, err = signed(r, read)
		case "signatures":
			f.Signatures, err = r.signatures()
		default:
			return fmt.Errorf("envelope has the member %q, which no signature covers", name)
		}
		return err
	})
	if err == nil {
		err = r.end()
	}
	if err == nil && (!seen["signed"] || !seen["signatures"]) {
		err = fmt.Errorf("envelope lacks %q or %q", "signed", "signatures")
	}
	if err != nil {
		return nil, trustdata.Refuse(role, trustdata.ReasonFormat, "%.*s", maxReason, err)
	}
	return f, nil
}

// signed reads the body and gives the message beside it: the raw bytes where the scanner
// found them canonical, their canonical form otherwise.
func signed[B any](r *reader, read func(*reader) (B, error)) (body B, message []byte, err error) {
	r.peek()
	start := r.pos
	r.canonical = true
	if body, err = read(r); err != nil {
		return body, nil, err
	}
	message = r.data[start:r.pos]
	if !r.canonical {
		if len(message) > maxLoose {
			return body, nil, fmt.Errorf("it is not in canonical form, and larger than %d bytes", maxLoose)
		}
		message, err = rewrite(message, false)
	}
	return body, message, err
}

func (r *reader) signatures() ([]SignatureEntry, error) {
	if r.null() {
		return nil, nil
	}
	var all []SignatureEntry
	err := r.array(func() error {
		if err := within(len(all), maxSignatures, "signatures"); err != nil {
			return err
		}
		one, err := r.signature()
		all = append(all, one)
		return err
	})
	return all, err
}

func (r *reader) signature() (one SignatureEntry, err error) {
	seen := map[string]bool{}
	err = r.object(func(name []byte) error {
		if seen[string(name)] {
			return duplicate(name)
		}
		seen[string(name)] = true
		switch string(name) {
		case "keyid":
			return member(name, func() (err error) { one.KeyID, err = r.listedID(); return err })
		case "method":
			method, err := r.str()
			one.Method = strings.ToLower(string(method))
			return named(name, err)
		case "sig":
			return member(name, func() (err error) { one.Bytes, err = r.base64(); return err })
		}
		return fmt.Errorf("a signature has the unknown member %q", name)
	})
	if err == nil && len(seen) < 3 {
		err = fmt.Errorf("a signature lacks its keyid, method or sig")
	}
	return one, err
}

// member reads one member's value and names the member in the error.
func member(name []byte, read func() error) error { return named(name, read()) }

func named(name []byte, err error) error {
	if err != nil {
		return fmt.Errorf("member %q: %w", name, err)
	}
	return nil
}

// other notes a member that is not known and reads past it.
func (r *reader) other(where string, name []byte) error {
	if len(r.unknown) < maxUnknown {
		r.unknown = append(r.unknown, where+string(name))
	}
	return r.skip()
}

// body reads the members that every body has, checks them, and leaves the rest to read.
func (r *reader) body(typ string, version *int64, expires *time.Time, read func(name []byte) error) error {
	var got []byte
	err := r.object(func(name []byte) (err error) {
		switch string(name) {
		case "_type":
			got, err = r.str()
		case "version":
			*version, err = r.integer()
		case "expires":
			*expires, err = r.time()
		default:
			err = read(name)
		}
		return named(name, err)
	})
	switch {
	case err != nil:
		return err
	case string(got) != typ:
		return fmt.Errorf("_type is %q and should be %q", got, typ)
	case *version < 1 || *version > MaxVersion:
		return fmt.Errorf("version %d is not between 1 and %d", *version, int64(MaxVersion))
	case expires.IsZero():
		return fmt.Errorf("it has no date of expiry")
	}
	return nil
}

// time reads an RFC 3339 date.
func (r *reader) time() (t time.Time, err error) {
	text, err := r.str()
	if err != nil {
		return t, err
	}
	if err = t.UnmarshalText(text); err != nil {
		return t, fmt.Errorf("%q is no RFC 3339 date", text)
	}
	return t.UTC(), nil
}

func (r *reader) listedID() (trustdata.ListedID, error) {
	text, err := r.str()
	if err != nil {
		return "", err
	}
	return trustdata.ParseListedID(string(text))
}

// base64 reads bytes in the one spelling that encoding them again gives.
func (r *reader) base64() ([]byte, error) {
	text, err := r.str()
	if err != nil {
		return nil, err
	}
	return r.decode(text)
}

var strict = base64.StdEncoding.Strict()

func (r *reader) decode(text []byte) ([]byte, error) {
	out := r.bytes.room(strict.DecodedLen(len(text)))
	n, err := strict.Decode(out, text)
	if err != nil || strict.EncodedLen(n) != len(text) {
		return nil, fmt.Errorf("%.80q is no standard base64", text)
	}
	return out[:n:n], nil
}
