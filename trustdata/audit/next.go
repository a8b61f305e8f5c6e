package audit

import (
	"time"

	"keyrite/trustdata"
)

// Next is the first end that is still to come, of metadata that somebody has to sign and of
// root certificates, and whose it is; zero where there is none.
func (l Look) Next() (at time.Time, gun trustdata.GUN) {
	l.held = l.usable()
	consider := func(r Repository, end time.Time) {
		if end.After(l.Now) && (at.IsZero() || end.Before(at)) {
			at, gun = end, r.GUN
		}
	}
	for _, r := range l.Repositories {
		for _, v := range r.Roles {
			if !l.renewed(v) {
				consider(r, v.Expires)
			}
			for _, k := range v.Keys {
				consider(r, k.CertificateExpires)
			}
		}
	}
	return at, gun
}

// NextDrill is the first day on which a backup is to be opened again, zero where none has one
// that is still to come.
func (l Look) NextDrill() (at time.Time) {
	for _, c := range l.Copies {
		if c.Due.After(l.Now) && (at.IsZero() || c.Due.Before(at)) {
			at = c.Due
		}
	}
	return at
}
