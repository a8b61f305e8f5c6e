package remote

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

// warnings name what speaks for a fast-forward, which blocks a role when its versions end.
func (s *session) warnings(repo *notary.Repository) []trustdata.Problem {
	var all []trustdata.Problem
	warn := func(role trustdata.Role, detail string, args ...any) {
		all = append(all, trustdata.Problem{Role: role, Reason: trustdata.ReasonUnusual, Detail: fmt.Sprintf(detail, args...)})
	}
	now := map[trustdata.Role]int64{trustdata.RoleTimestamp: repo.Timestamp.Body.Version, trustdata.RoleSnapshot: repo.Snapshot.Body.Version}
	for role, file := range repo.Targets {
		now[role] = file.Body.Version
	}
	for _, role := range slices.Sorted(maps.Keys(now)) {
		switch before, seen := s.seen.Versions[role]; {
		case seen && now[role]-before >= trustdata.UnusualJump:
			warn(role, "an unusual jump from version %d, which was seen last, to %d", before, now[role])
		case now[role] > notary.MaxVersion-trustdata.UnusualJump:
			warn(role, "version %d leaves no room: %d is the last that a server can store", now[role], int64(notary.MaxVersion))
		}
	}
	return all
}

// age names a timestamp that is past half its life, counted from the usual length of it, for
// the day of its signing is not written there. Servers sign it anew on every change and when
// it has ended, so an old one is usual where nothing changes, and also what a server shows
// that holds changes back.
func (s *session) age(repo *notary.Repository) []trustdata.Problem {
	left, whole := repo.Timestamp.Body.Expires.Sub(s.now), notary.Lifetime(trustdata.RoleTimestamp)
	if left >= whole/2 {
		return nil
	}
	return []trustdata.Problem{{Role: trustdata.RoleTimestamp, Reason: trustdata.ReasonUnusual,
		Detail: fmt.Sprintf("signed about %d days ago. Nothing may have changed since, or changes may be held back", (whole-left)/(24*time.Hour))}}
}
