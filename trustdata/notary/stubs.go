package notary

import (
	"errors"

	"keyrite/trustdata"
)

var errSoon = errors.New("not built yet")

func SignRoot(b Root, s []Signer) (*File[Root], error) { return nil, errSoon }

func SignTargets(role trustdata.Role, b Targets, s []Signer) (*File[Targets], error) {
	return nil, errSoon
}

func SignSnapshot(b Snapshot, s []Signer) (*File[Snapshot], error) { return nil, errSoon }

func SignTimestamp(b Timestamp, s []Signer) (*File[Timestamp], error) { return nil, errSoon }

func (b Root) Clone() Root { return b }

func (b Targets) Clone() Targets { return b }

func CheckUpload(base *Repository, upload map[trustdata.Role][]byte, p Policy) error { return errSoon }
