package rotation

import (
	"context"
	"fmt"
	"slices"

	"keyrite/keyring"
	"keyrite/trustdata"
)

// AfterAll is a change that the server has after all, although it was given up before anybody
// could know that, and whose new key went to the trash then.
type AfterAll struct {
	Op   string
	Unit *Unit
	Key  keyring.Info
}

// Sentence says how the key comes back.
func (a *AfterAll) Sentence() string {
	return fmt.Sprintf("the server of %q has taken version %d of %s.json after all, which operation %s had given up: its new %s key %s is in the trash, and keyrite keys import %q puts it back",
		a.Unit.GUN, a.Unit.Version, a.Unit.Anchor, a.Op, a.Unit.Role.Title(), a.Key.KeyID.Short(), a.Key.Path)
}

// afterAll finds such changes by what is remembered of the repositories: every change reads
// its own anew. No server is asked.
func (r *Rotator) afterAll(ctx context.Context) ([]Recovered, error) {
	trashed, err := r.Keys.Trashed(ctx)
	if err != nil || len(trashed) == 0 {
		return nil, err
	}
	past, err := r.Journal.Past()
	if err != nil {
		return nil, err
	}
	var out []Recovered
	for _, op := range past {
		for _, u := range op.Units {
			key, ok := discarded(op, u, trashed)
			if !ok || op.Place != r.Place {
				continue
			}
			wanted, err := r.wanted(ctx, u, key.KeyID)
			if err != nil {
				return nil, err
			}
			if wanted {
				out = append(out, Recovered{AfterAll: &AfterAll{op.ID, u, key}})
			}
		}
	}
	return out, nil
}

// discarded is the file of a new key that went to the trash although its unit's upload had
// left this machine.
func discarded(op *Operation, u *Unit, trashed []keyring.Info) (keyring.Info, bool) {
	if u.Tries == 0 || u.landed() {
		return keyring.Info{}, false
	}
	for _, k := range op.Keys {
		for _, info := range trashed {
			if info.KeyID == k.KeyID && info.Problem == "" && slices.Contains(u.NewKeys, k.KeyID) {
				return info, true
			}
		}
	}
	return keyring.Info{}, false
}

// wanted reports whether the repository as it was last read has the unit's change, and its
// new key is not back yet. A root lists its keys by their certificates, so it is known by its
// hash.
func (r *Rotator) wanted(ctx context.Context, u *Unit, id trustdata.KeyID) (bool, error) {
	if _, err := r.Keys.Raw(ctx, id); err == nil {
		return false, nil
	}
	if u.Role == trustdata.RoleRoot {
		seen, _, err := r.State.Seen(u.GUN)
		return seen.Follows(u.SHA256), err
	}
	listed, err := r.StillListed(ctx, id, "")
	return slices.Contains(listed, u.GUN), err
}
