package tufrepo

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"

	"keyrite/trustdata"
)

// guarded calls go-tuf. A panic there is metadata that it cannot read, never the end of
// the program: what this package looks for beforehand need not be all that there is.
func guarded(role func() trustdata.Role, call func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = trustdata.Refuse(role(), trustdata.ReasonFormat, "it cannot be read: %v", r)
		}
	}()
	return call()
}

// refusal puts go-tuf's verdict into words of this program. What the source could not
// get, for an error of the network or of a disk, is no verdict and stays as it is.
func (s *source) refusal(role trustdata.Role, err error) error {
	var already *trustdata.VerifyError
	if err == nil || errors.As(err, &already) || s.failed != nil && errors.Is(err, s.failed) {
		return err
	}
	if end, ok := s.end(role); ok && errors.Is(err, &metadata.ErrExpiredMetadata{}) {
		return expired(role, end)
	}
	for _, v := range verdicts {
		if errors.Is(err, v.is) {
			return trustdata.Refuse(role, v.reason, "%v", err)
		}
	}
	return trustdata.Refuse(role, trustdata.ReasonFormat, "%v", err)
}

// end is when the last file of a role ends, which go-tuf's words leave out.
func (s *source) end(role trustdata.Role) (time.Time, bool) {
	var f shape
	err := json.Unmarshal(s.raw[string(role)], &f)
	return f.Signed.Expires, err == nil
}

// verdicts are looked through in order, for go-tuf's errors are also their general kind.
// Every other error of go-tuf is about a file that it cannot read.
var verdicts = []struct {
	is     error
	reason trustdata.Reason
}{
	{&metadata.ErrUnsignedMetadata{}, trustdata.ReasonSignature},
	{&metadata.ErrExpiredMetadata{}, trustdata.ReasonExpired},
	{&metadata.ErrLengthOrHashMismatch{}, trustdata.ReasonChecksum},
	{&metadata.ErrBadVersionNumber{}, trustdata.ReasonRollback},
}
