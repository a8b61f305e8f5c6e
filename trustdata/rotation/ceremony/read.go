package ceremony

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

// ReadFile reads a file of at most MaxSize bytes and parses it.
func ReadFile(path string) (*Bundle, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%q is not a regular file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info.Size() > MaxSize {
		return nil, fmt.Errorf("%q: %w", path, damaged("it has more than %d bytes", MaxSize))
	}
	raw, err := io.ReadAll(io.LimitReader(f, MaxSize+1))
	if err != nil {
		return nil, err
	}
	b, err := Parse(raw)
	if err != nil {
		return nil, fmt.Errorf("%q: %w", path, err)
	}
	return b, nil
}

// Parse reads a bundle. Its errors are ErrDamaged and ErrNewer.
func Parse(raw []byte) (*Bundle, error) {
	b, err := parse(raw)
	if err != nil {
		return nil, err
	}
	var again []byte
	if b.Signed != nil {
		again, err = b.Signed.encode(b.inner)
	} else {
		again, err = b.Prepared.Encode()
	}
	if err != nil || !bytes.Equal(again, raw) {
		return nil, damaged("its bytes are not those that keyrite writes for it")
	}
	return b, nil
}

func parse(raw []byte) (*Bundle, error) {
	if err := whole(raw); err != nil {
		return nil, err
	}
	var head Head
	members, err := unpack(raw, func(m member) error { return readHead(m.data, &head) })
	if err != nil {
		return nil, err
	}
	if len(members) == 0 {
		return nil, damaged("it is empty")
	}
	b := &Bundle{SHA256: Sum(raw), Raw: raw}
	switch head.Stage {
	case StagePrepared:
		b.PreparedSHA256 = b.SHA256
		return b, b.Prepared.take(members)
	case StageSigned:
		return b, b.takeSigned(members)
	}
	return nil, damaged("it has no stage %q", head.Stage)
}

// readHead reads what every format has, and refuses later ones.
func readHead(manifest []byte, head *Head) error {
	var any struct {
		Format int    `json:"format"`
		Needs  string `json:"needs"`
	}
	if err := json.Unmarshal(manifest, &any); err != nil {
		return damaged("%s: %v", manifestName, err)
	}
	if any.Format > Format {
		return fmt.Errorf("%w: it has format %d, which needs keyrite %q or later, and this one reads up to format %d", ErrNewer, any.Format, any.Needs, Format)
	}
	if err := json.Unmarshal(manifest, head); err != nil {
		return damaged("%s: %v", manifestName, err)
	}
	if any.Format != Format || !isName(head.ID) {
		return damaged("%s names no format and no ceremony", manifestName)
	}
	return nil
}

// isName reports whether an ID can be the name of a folder on both machines.
func isName(id string) bool {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-"
	return id != "" && len(id) <= 64 && strings.Trim(id, plain) == ""
}

// take reads the members of the first stage. What they say is held against their form
// when the whole is written anew; here everything is only found its place.
func (p *Prepared) take(members []member) error {
	if err := strict(members[0].data, p); err != nil {
		return err
	}
	if n := len(p.Repositories); n == 0 || n > MaxRepositories {
		return damaged("it is for %d repositories", n)
	}
	rest := members[1:]
	for i := range p.Repositories {
		r := &p.Repositories[i]
		if err := r.check(); err != nil {
			return damaged("%v", err)
		}
		for n := r.First; n <= r.Last; n++ {
			if len(rest) == 0 || rest[0].name != rootName(r.GUN, n) {
				return damaged("version %d of root.json of %q is not in its place", n, r.GUN)
			}
			r.roots = append(r.roots, rest[0].data)
			rest = rest[1:]
		}
	}
	if len(rest) > 0 {
		return damaged("it has a file %q", rest[0].name)
	}
	return nil
}

// takeSigned reads the members of the second stage and the file inside.
func (b *Bundle) takeSigned(members []member) error {
	s := &Signed{}
	if err := strict(members[0].data, s); err != nil {
		return err
	}
	if len(members) != 2+len(s.Repositories) || members[1].name != preparedName {
		return damaged("it does not have the files that it names")
	}
	inner, err := Parse(members[1].data)
	if err != nil {
		return fmt.Errorf("what it was signed for: %w", err)
	}
	if inner.Signed != nil || inner.SHA256 != s.Prepared || inner.ID != s.ID || inner.Kind != s.Kind || len(inner.Repositories) != len(s.Repositories) {
		return damaged("it is not for the file that is in it")
	}
	for i := range s.Repositories {
		r, m := &s.Repositories[i], members[2+i]
		if r.GUN != inner.Repositories[i].GUN || m.name != signedName(r.GUN) || Sum(m.data) != r.SHA256 {
			return damaged("the new root.json of %q is not in its place", r.GUN)
		}
		r.raw = m.data
	}
	b.Prepared, b.inner, b.PreparedSHA256, b.Signed = inner.Prepared, inner.Raw, inner.SHA256, s
	return nil
}

// strict decodes a manifest that has no member but those that are known.
func strict(data []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return damaged("%s: %v", manifestName, err)
	}
	return nil
}

// check holds what was read against the forms that its values have.
func (r *Repository) check() error {
	if _, err := trustdata.ParseGUN(string(r.GUN)); err != nil {
		return err
	}
	base := []trustdata.Role{trustdata.RoleRoot, trustdata.RoleTargets, trustdata.RoleSnapshot, trustdata.RoleTimestamp}
	if !oneOf(r.Role, base...) || !oneOf(r.Change, NewKey, NewCertificate, Refresh) {
		return fmt.Errorf("%q: %q is no change of %q", r.GUN, r.Change, r.Role)
	}
	if r.Change != NewKey && r.Role != trustdata.RoleRoot {
		return fmt.Errorf("%q: only root gets a %s", r.GUN, r.Change)
	}
	if r.First < 1 || r.Last < r.First || r.Last > notary.MaxVersion || r.Last-r.First >= maxMembers {
		return fmt.Errorf("%q: it has no root.json from version %d to %d", r.GUN, r.First, r.Last)
	}
	made := r.Change == NewKey && r.Role != trustdata.RoleRoot
	if made != (len(r.New) == 1) || (r.Change == Refresh) != (len(r.Gives) == 0) {
		return fmt.Errorf("%q: %d new and %d old keys are no %s of %s", r.GUN, len(r.New), len(r.Gives), r.Change, r.Role)
	}
	for _, k := range r.New {
		if id, err := k.PublicKey().KeyID(); err != nil || id != k.KeyID || k.PublicKey().IsX509() || !oneOf(k.At, AtOnline, AtServer) {
			return fmt.Errorf("%q: the new key %q is not the one that it is said to be", r.GUN, k.KeyID)
		}
	}
	return nil
}

func oneOf[T comparable](v T, all ...T) bool {
	for _, a := range all {
		if v == a {
			return true
		}
	}
	return false
}

// Roots are the raw bytes of every root that the file has of a repository, oldest first.
func (r *Repository) Roots() [][]byte { return r.roots }
