package notary

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"fmt"
	"time"

	"keyrite/trustdata"
)

// MetaOf names a file as snapshot and timestamp do.
func MetaOf(file []byte) Meta {
	short, long := sha256.Sum256(file), sha512.Sum512(file)
	return Meta{
		Hashes: map[string][]byte{hashSHA256: short[:], hashSHA512: long[:]},
		Length: int64(len(file)),
	}
}

// match compares a file with what its parent says of it: the length, and every known
// hash that is there, of which there must be the SHA-256.
func (m Meta) match(role trustdata.Role, file []byte) error {
	if err := m.known(); err != nil {
		return trustdata.Refuse(role, trustdata.ReasonFormat, "entry in the parent's file: %v", err)
	}
	if m.Length != int64(len(file)) {
		return trustdata.Refuse(role, trustdata.ReasonChecksum, "%d bytes where %d are expected", len(file), m.Length)
	}
	for name, want := range m.Hashes {
		var sum []byte
		switch name { // the others are not known
		case hashSHA256:
			short := sha256.Sum256(file)
			sum = short[:]
		case hashSHA512:
			long := sha512.Sum512(file)
			sum = long[:]
		default:
			continue
		}
		if !bytes.Equal(want, sum) {
			return trustdata.Refuse(role, trustdata.ReasonChecksum, "%s is %x and should be %x", name, sum, want)
		}
	}
	return nil
}

// fresh checks what every role's file needs besides its signatures.
func (p Policy) fresh(role trustdata.Role, version int64, expires time.Time) error {
	if err := p.forward(role, version); err != nil {
		return err
	}
	if problem, ended := p.ended(role, expires); ended && !p.Late {
		return &trustdata.VerifyError{Problem: problem}
	}
	return nil
}

func (p Policy) ended(role trustdata.Role, expires time.Time) (trustdata.Problem, bool) {
	return trustdata.Problem{Role: role, Reason: trustdata.ReasonExpired, Detail: "expired at " + showTime(expires)}, expires.Before(p.Now)
}

func (p Policy) forward(role trustdata.Role, version int64) error {
	if version < p.Least[role] {
		return trustdata.Refuse(role, trustdata.ReasonRollback, "version %d is older than version %d, which was seen before", version, p.Least[role])
	}
	return nil
}

func signedBy(env *Envelope, role trustdata.Role, keys map[trustdata.ListedID]trustdata.PublicKey, who RoleKeys) error {
	t := count(env, keys, who)
	if !t.met() {
		return trustdata.Refuse(role, trustdata.ReasonSignature, "%v", t)
	}
	env.SignedBy = t.signers(who)
	return nil
}

// Timestamp verifies timestamp.json by the keys that root lists.
func (p Policy) Timestamp(root *File[Root], raw []byte) (*File[Timestamp], error) {
	const role = trustdata.RoleTimestamp
	f, err := ParseTimestamp(raw)
	if err != nil {
		return nil, err
	}
	if err := signedBy(&f.Envelope, role, root.Body.Keys, root.Body.Roles[role]); err != nil {
		return nil, err
	}
	if err := p.fresh(role, f.Body.Version, f.Body.Expires); err != nil {
		return nil, err
	}
	return f, nil
}

// Snapshot verifies snapshot.json against the verified timestamp and by root's keys. A
// root that is not the one which the snapshot names is refused with the role root and
// ReasonChecksum: then root changed since it was fetched.
func (p Policy) Snapshot(root *File[Root], ts *File[Timestamp], raw []byte) (*File[Snapshot], error) {
	if err := ts.Body.Snapshot.match(trustdata.RoleSnapshot, raw); err != nil {
		return nil, err
	}
	return p.snapshot(root, raw)
}

func (p Policy) snapshot(root *File[Root], raw []byte) (*File[Snapshot], error) {
	const role = trustdata.RoleSnapshot
	f, err := ParseSnapshot(raw)
	if err != nil {
		return nil, err
	}
	if err := signedBy(&f.Envelope, role, root.Body.Keys, root.Body.Roles[role]); err != nil {
		return nil, err
	}
	if err := p.fresh(role, f.Body.Version, f.Body.Expires); err != nil {
		return nil, err
	}
	if err := f.Body.Meta[trustdata.RoleRoot].match(trustdata.RoleRoot, root.Raw); err != nil {
		return nil, err
	}
	return f, nil
}

// Targets verifies targets.json against the verified snapshot and by root's keys.
func (p Policy) Targets(root *File[Root], sn *File[Snapshot], raw []byte) (*File[Targets], error) {
	const role = trustdata.RoleTargets
	return p.named(role, sn.Body.Meta[role], root.Body.Keys, root.Body.Roles[role], raw)
}

// Delegation verifies the file of d, which the verified file parent lists, against the
// verified snapshot and by parent's keys. A role without an entry in the snapshot was
// never published and is refused with ReasonMissing.
func (p Policy) Delegation(parent *File[Targets], d Delegation, sn *File[Snapshot], raw []byte) (*File[Targets], error) {
	meta, ok := sn.Body.Meta[d.Role]
	if !ok {
		return nil, trustdata.Refuse(d.Role, trustdata.ReasonMissing, "the snapshot does not name its file")
	}
	return p.named(d.Role, meta, parent.Body.Keys, d.RoleKeys, raw)
}

// named verifies a file against what its parent says of it. Its hashes are made beside the
// rest, since both take their time on a large file; nothing counts where they are wrong.
func (p Policy) named(role trustdata.Role, meta Meta, keys map[trustdata.ListedID]trustdata.PublicKey, who RoleKeys, raw []byte) (*File[Targets], error) {
	matched := make(chan error, 1)
	go trustdata.Guarded(func() { matched <- meta.match(role, raw) })()
	f, err := p.targets(role, keys, who, raw)
	if mismatch := <-matched; mismatch != nil {
		return nil, mismatch
	}
	return f, err
}

func (p Policy) targets(role trustdata.Role, keys map[trustdata.ListedID]trustdata.PublicKey, who RoleKeys, raw []byte) (*File[Targets], error) {
	f, err := ParseTargets(role, raw)
	if err != nil {
		return nil, err
	}
	if err := signedBy(&f.Envelope, role, keys, who); err != nil {
		return nil, err
	}
	if err := p.fresh(role, f.Body.Version, f.Body.Expires); err != nil {
		return nil, err
	}
	return f, nil
}

// FirstRoot verifies a root.json that is met for the first time: enough of its own root
// keys, each with a certificate that holds, have signed it, and it has not expired. That
// it is the right one only a pin or its first use can say.
func (p Policy) FirstRoot(raw []byte) (*File[Root], error) {
	if err := p.firstUse(); err != nil {
		return nil, err
	}
	f, err := ParseRoot(raw)
	if err != nil {
		return nil, err
	}
	if err := p.selfSigned(f, p.Now); err != nil {
		return nil, err
	}
	if err := p.fresh(trustdata.RoleRoot, f.Body.Version, f.Body.Expires); err != nil {
		return nil, err
	}
	return f, p.pinnedRoot(f)
}

// NextRoot verifies the root that follows prev, which is trusted: its version is the next
// one, and enough keys of prev's root role and of its own have signed it. The same bytes
// as prev's are taken as well. Dates, those of its certificates too, and pins count only
// for the final root of a chain.
func (p Policy) NextRoot(prev *File[Root], raw []byte, final bool) (*File[Root], error) {
	const role = trustdata.RoleRoot
	f, err := p.afterRoot(prev, raw)
	if err != nil {
		return nil, err
	}
	var now time.Time
	if final {
		now = p.Now
	}
	if err := p.selfSigned(f, now); err != nil {
		return nil, err
	}
	if !final {
		return f, nil
	}
	if err := p.fresh(role, f.Body.Version, f.Body.Expires); err != nil {
		return nil, err
	}
	return f, p.pinnedRoot(f)
}

// afterRoot parses the root that follows prev, unless it is prev itself, which was parsed.
func (p Policy) afterRoot(prev *File[Root], raw []byte) (*File[Root], error) {
	if bytes.Equal(raw, prev.Raw) {
		again := *prev
		return &again, nil
	}
	f, err := ParseRoot(raw)
	if err != nil {
		return nil, err
	}
	return f, p.follows(prev, f)
}

func (p Policy) follows(prev, next *File[Root]) error {
	const role = trustdata.RoleRoot
	switch have, got := prev.Body.Version, next.Body.Version; {
	case got < have:
		return trustdata.Refuse(role, trustdata.ReasonRollback, "version %d is older than version %d, which was seen before", got, have)
	case got == have:
		return trustdata.Refuse(role, trustdata.ReasonChain, "version %d has other content than was seen before", got)
	case got > have+1:
		return trustdata.Refuse(role, trustdata.ReasonChain, "version %d does not follow version %d", got, have)
	}
	keys, _ := p.rootKeys(prev, time.Time{})
	if t := count(&next.Envelope, keys, prev.Body.Roles[role]); !t.met() {
		return trustdata.Refuse(role, trustdata.ReasonChain, "version %d is not signed by the root keys of version %d: %v", next.Body.Version, prev.Body.Version, t)
	}
	return nil
}

// selfSigned checks root's own keys. A key whose certificate does not hold is not
// counted, as in the reference client; when too few keys are left, or that is why
// signatures are missing, the reason is the certificate.
func (p Policy) selfSigned(root *File[Root], now time.Time) error {
	const role = trustdata.RoleRoot
	keys, bad := p.rootKeys(root, now)
	t := count(&root.Envelope, keys, root.Body.Roles[role])
	switch {
	case t.met():
		root.SignedBy = t.signers(root.Body.Roles[role])
		return nil
	case bad != nil && (len(keys) < t.threshold || count(&root.Envelope, root.Body.Keys, root.Body.Roles[role]).met()):
		return trustdata.Refuse(role, trustdata.ReasonCertificate, "%v", bad)
	}
	return trustdata.Refuse(role, trustdata.ReasonSignature, "version %d is not signed by its own root keys: %v", root.Body.Version, t)
}

// rootKeys are the keys of root's root role whose certificates hold; bad is the first
// reason for which one does not. A zero now leaves their dates aside.
func (p Policy) rootKeys(root *File[Root], now time.Time) (keys map[trustdata.ListedID]trustdata.PublicKey, bad error) {
	keys = map[trustdata.ListedID]trustdata.PublicKey{}
	for _, id := range root.Body.Roles[trustdata.RoleRoot].KeyIDs {
		key := root.Body.Keys[id]
		if err := checkCertificate(key, p.GUN, now); err == nil {
			keys[id] = key
		} else if bad == nil {
			bad = fmt.Errorf("root key %q: %w", id, err)
		}
	}
	return keys, bad
}
