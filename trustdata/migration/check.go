package migration

import (
	"errors"
	"fmt"
	"io/fs"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/archive"
)

// Checked is how far a migration is.
type Checked struct {
	Complete bool   `json:"complete"`
	For      string `json:"for"`
	// JudgedBy is the trust policy by which signatures verified, "" where those that are
	// present count.
	JudgedBy     string    `json:"judged_by"`
	Checked      time.Time `json:"checked"`
	Repositories []State   `json:"repositories"`
	NoEqual      []Lack    `json:"no_equal"`
	Warnings     []string  `json:"warnings"`
}

// State is how far one repository is. It is complete when its metadata verifies, nothing is
// left to sign, to plan, withdrawn or unknown, and the archive is good.
type State struct {
	GUN      trustdata.GUN `json:"gun"`
	Complete bool          `json:"complete"`
	// Verified is false where a role of its metadata does not verify: that may hide tags.
	Verified bool `json:"verified"`
	// Planned is how many digests are planned, and Signed how many of them carry a signature
	// of the system: one that verifies by Checked.JudgedBy, else one that is present.
	Planned int `json:"planned"`
	Signed  int `json:"signed"`
	// ToSign carry none yet.
	ToSign []Item `json:"to_sign"`
	// Refused are those of them that carry signatures, none of which verifies.
	Refused []Refusal `json:"refused"`
	// Unplanned are signed tags that no plan has, nor a decision against them.
	Unplanned []Tag `json:"unplanned"`
	// Withdrawn are planned digests that content trust no longer vouches for.
	Withdrawn []Item `json:"withdrawn"`
	Unknown   []Tag  `json:"unknown"`
	// Impossible and Left keep nothing from being complete.
	Impossible []Tag    `json:"impossible"`
	Left       []Tag    `json:"left_out"`
	Archive    Evidence `json:"archive"`
	Problems   []string `json:"problems"`
}

// Refusal is why the signatures of a digest, sha256:<hex>, do not count.
type Refusal struct {
	Digest string `json:"digest"`
	Why    string `json:"why"`
}

// Evidence is what is kept of a repository's metadata.
type Evidence struct {
	Path       string     `json:"path"`
	VerifiedAt *time.Time `json:"verified_at"`
	// Problem says why it is not enough, "" if it is.
	Problem string `json:"problem"`
}

// Kept judges the archive of a repository beside its live metadata. It must verify, be of
// the same versions or newer ones, and hold every signed tag. Snapshot and timestamp do not
// count: a server renews them by itself, and no tag changes by that.
func Kept(path string, a *archive.Archive, err error, live *trustdata.Collection) Evidence {
	e := Evidence{Path: path}
	switch {
	case path == "":
		e.Problem = "no archive was named"
		return e
	case errors.Is(err, fs.ErrNotExist) && !errors.Is(err, archive.ErrDamaged):
		e.Problem = "there is no archive of it"
		return e
	case err != nil:
		e.Problem = err.Error()
		return e
	}
	e.VerifiedAt = &a.Manifest.VerifiedAt
	for _, v := range live.Roles {
		kept, _ := a.Collection.Role(v.Role)
		if v.Role != trustdata.RoleSnapshot && v.Role != trustdata.RoleTimestamp && kept.Version < v.Version {
			e.Problem = fmt.Sprintf("it has version %d of %q, and the server has %d", kept.Version, v.Role, v.Version)
			return e
		}
	}
	type signed struct{ name, digest string }
	held := map[signed]bool{}
	for _, t := range a.Collection.Tags {
		held[signed{t.Name, t.Digest}] = true
	}
	for _, t := range live.Tags {
		if !held[signed{t.Name, t.Digest}] {
			e.Problem = fmt.Sprintf("it does not have tag %q as it is signed now", t.Name)
			return e
		}
	}
	return e
}

// Check compares what was planned with what is now. A plan of nil stands for one that is
// made now. All, now and kept are of the same repositories in the same order.
func Check(plan, now *Plan, all []*Live, kept []Evidence) *Checked {
	if plan == nil {
		plan = now
	}
	out := &Checked{Complete: len(all) > 0, For: now.For, Checked: now.Made, Repositories: []State{}, NoEqual: now.NoEqual, Warnings: now.Warnings}
	for i := range now.Repositories {
		planned := plan.Of(now.Repositories[i].GUN)
		if planned == nil {
			planned = &Repository{}
		}
		s := check(planned, &now.Repositories[i], all[i], now.For)
		s.Archive = kept[i]
		s.Complete = s.whole() && kept[i].Problem == ""
		out.Complete = out.Complete && s.Complete
		out.Repositories = append(out.Repositories, s)
	}
	return out
}

// check compares one repository's plan with what is now.
func check(planned, now *Repository, live *Live, system string) State {
	s := State{GUN: now.GUN, Verified: now.Verified, ToSign: []Item{}, Refused: []Refusal{}, Unplanned: []Tag{}, Withdrawn: []Item{}, Unknown: now.Unknown, Impossible: now.Impossible,
		Left: now.Left, Problems: now.Problems}
	for _, it := range planned.items() {
		s.Planned++
		hex := hexOf(it.Digest)
		switch {
		case !vouched(live.Collection, hex):
			s.Withdrawn = append(s.Withdrawn, it)
		case live.signed(hex, system):
			s.Signed++
		default:
			if why := live.Refused[hex]; why != "" {
				s.Refused = append(s.Refused, Refusal{it.Digest, why})
			}
			s.ToSign = append(s.ToSign, it)
		}
	}
	for _, it := range now.items() {
		if planned.Planned(it.Digest) {
			continue
		}
		for _, tag := range it.Tags {
			s.add(planned, Tag{Tag: tag, Signed: it.Digest, Why: "signed, and not in the plan"})
		}
	}
	for _, t := range now.Asked {
		if !planned.Planned(t.Signed) {
			s.add(planned, t)
		}
	}
	return s
}

// add names a tag as unplanned, or as one that was left out.
func (s *State) add(planned *Repository, t Tag) {
	if planned.LeftOut(t) {
		t.Why = "left out by decision"
		s.Left = append(s.Left, t)
		return
	}
	s.Unplanned = append(s.Unplanned, t)
}

func vouched(col *trustdata.Collection, digest string) bool {
	for _, t := range col.Tags {
		if t.Digest == digest && t.Pulled {
			return true
		}
	}
	return false
}

// whole reports whether nothing is left to be done but the archive.
func (s *State) whole() bool {
	return s.Verified && len(s.ToSign)+len(s.Unplanned)+len(s.Withdrawn)+len(s.Unknown) == 0
}
