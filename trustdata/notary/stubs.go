package notary

import (
	"errors"
	"time"

	"keyrite/trustdata"
)

var errSoon = errors.New("not built yet")

func Canonical(raw []byte) (msg []byte, already bool, err error) { return nil, false, errSoon }

func ParseRoot(raw []byte) (*File[Root], error) { return nil, errSoon }

func ParseTargets(role trustdata.Role, raw []byte) (*File[Targets], error) { return nil, errSoon }

func ParseSnapshot(raw []byte) (*File[Snapshot], error) { return nil, errSoon }

func ParseTimestamp(raw []byte) (*File[Timestamp], error) { return nil, errSoon }

func (p Policy) FirstRoot(raw []byte) (*File[Root], error) { return nil, errSoon }

func (p Policy) NextRoot(prev *File[Root], raw []byte, final bool) (*File[Root], error) {
	return nil, errSoon
}

func (p Policy) Timestamp(root *File[Root], raw []byte) (*File[Timestamp], error) {
	return nil, errSoon
}

func (p Policy) Snapshot(root *File[Root], ts *File[Timestamp], raw []byte) (*File[Snapshot], error) {
	return nil, errSoon
}

func (p Policy) Targets(root *File[Root], sn *File[Snapshot], raw []byte) (*File[Targets], error) {
	return nil, errSoon
}

func (p Policy) Delegation(parent *File[Targets], d Delegation, sn *File[Snapshot], raw []byte) (*File[Targets], error) {
	return nil, errSoon
}

func VerifySignature(key trustdata.PublicKey, method string, sig, message []byte) error {
	return errSoon
}

func (r *Repository) Order() []trustdata.Role { return nil }

func (r *Repository) Collection() *trustdata.Collection { return nil }

func SignRoot(b Root, s []Signer) (*File[Root], error) { return nil, errSoon }

func SignTargets(role trustdata.Role, b Targets, s []Signer) (*File[Targets], error) {
	return nil, errSoon
}

func SignSnapshot(b Snapshot, s []Signer) (*File[Snapshot], error) { return nil, errSoon }

func SignTimestamp(b Timestamp, s []Signer) (*File[Timestamp], error) { return nil, errSoon }

func Certificate(key trustdata.SigningKey, gun trustdata.GUN, notBefore time.Time) (trustdata.PublicKey, error) {
	return trustdata.PublicKey{}, errSoon
}

func MetaOf(file []byte) Meta { return Meta{} }

func (b Root) Clone() Root { return b }

func (b Targets) Clone() Targets { return b }

func CheckUpload(base *Repository, upload map[trustdata.Role][]byte, p Policy) error { return errSoon }
