package rotation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
	"keyrite/trustdata/remote"
)

// maxHistory bounds how many versions of targets.json are looked through.
const maxHistory = 200

// Vouched is one tag that a key has signed, and the first and the last version of
// targets.json that had it so.
type Vouched struct {
	Name   string `json:"name"`
	Digest string `json:"digest"` // "sha256:<hex>"
	Length int64  `json:"length"`
	From   int64  `json:"from_version"`
	To     int64  `json:"to_version"`
	// Now says that the metadata of today has it.
	Now bool `json:"now"`
}

// History is what a targets key vouched for, as far as the server still has it: the versions
// From to To. Whole says that it goes back to the first version that this key signed.
type History struct {
	From  int64     `json:"from_version"`
	To    int64     `json:"to_version"`
	Whole bool      `json:"whole"`
	Tags  []Vouched `json:"tags"`

	at map[string]int // by name and digest
}

// Tags are the names that targets.json vouches for now, sorted.
func (p *Plan) Tags() (names []string) {
	for _, t := range p.base.Targets[trustdata.RoleTargets].Body.Targets {
		names = append(names, t.Name)
	}
	return names
}

// checkCompromised refuses what makes no sense with a stolen key.
func (p *Plan) checkCompromised() error {
	switch {
	case !p.Compromised && len(p.Drop) > 0:
		return usagef("tags are dropped only when the key that signed them is compromised")
	case p.Compromised && p.SameKey:
		return usagef("\"--same-key\" would go on with the compromised key")
	case p.Compromised && p.Part == AddOnly:
		return usagef("\"--add-only\" would leave the compromised key among the others")
	case p.Compromised && p.Role.IsDelegation():
		return usagef("the tags of %q would be signed again unasked: take away those that are not yours with \"keyrite revoke\", then rotate the key without \"--compromised\"", p.Role)
	case len(p.Drop) > 0 && p.Role != trustdata.RoleTargets:
		return usagef("the %s key vouches for no tag", p.Role.Title())
	}
	for _, name := range p.Drop {
		if !slices.Contains(p.Tags(), name) {
			return usagef("targets.json of %q has no tag %q", p.GUN, name)
		}
	}
	return nil
}

// Vouched asks the server for what the compromised targets key of a plan has signed, version
// by version from the present one down to the first that it did not sign or that the server
// does not have. Only what its signature holds on counts.
func (r *Rotator) Vouched(ctx context.Context, p *Plan) (*History, error) {
	server, err := r.Server(p.GUN)
	if err != nil {
		return nil, err
	}
	now := p.base.Targets[trustdata.RoleTargets]
	h := &History{From: now.Body.Version, To: now.Body.Version, Tags: []Vouched{}, at: map[string]int{}}
	h.add(&now.Body)
	for n := now.Body.Version - 1; n >= 1 && h.To-n < maxHistory; n-- {
		raw, err := server.ByVersion(ctx, trustdata.RoleTargets, n, notary.Limit(trustdata.RoleTargets))
		if errors.Is(err, remote.ErrNotFound) {
			return h, nil
		}
		if err != nil {
			return nil, fmt.Errorf("version %d of targets.json: %w", n, err)
		}
		file, err := notary.ParseTargets(trustdata.RoleTargets, raw)
		if err != nil {
			return nil, fmt.Errorf("version %d of targets.json: %w", n, err)
		}
		if !p.signedByOld(file) {
			h.Whole = true
			return h, nil
		}
		h.add(&file.Body)
	}
	h.Whole = h.From == 1
	return h, nil
}

// Judged is the plan anew, with the tags that the new key does not vouch for. Its error Is
// ErrMoved where the repository is not as it was when they were judged.
func (r *Rotator) Judged(ctx context.Context, p *Plan, drop []string) (*Plan, error) {
	req := p.Request
	req.Drop = drop
	next, err := r.Plan(ctx, req)
	if err == nil && fingerprint(next.base) != fingerprint(p.base) {
		err = fmt.Errorf("%q: %w", p.GUN, ErrMoved)
	}
	if err != nil {
		return nil, err
	}
	return next, nil
}

// add takes the tags of one version in, the newest version first.
func (h *History) add(body *notary.Targets) {
	for _, t := range body.Targets {
		digest := fmt.Sprintf("sha256:%x", t.Hashes.SHA256)
		if at, seen := h.at[t.Name+digest]; seen {
			h.Tags[at].From = body.Version
			continue
		}
		h.at[t.Name+digest] = len(h.Tags)
		h.Tags = append(h.Tags, Vouched{Name: t.Name, Digest: digest, Length: t.Length, From: body.Version, To: body.Version, Now: body.Version == h.To})
	}
	h.From = body.Version
}

// signedByOld reports whether a key that gives way has signed the file.
func (p *Plan) signedByOld(file *notary.File[notary.Targets]) bool {
	root := &p.base.Root.Body
	listed, _, err := roleKeys(root, p.Role)
	if err != nil {
		return false
	}
	for _, id := range p.OldKeys {
		for _, s := range file.Signatures {
			if s.KeyID == listed[id] && notary.VerifySignature(root.Keys[s.KeyID], s.Method, s.Bytes, file.Message) == nil {
				return true
			}
		}
	}
	return false
}

// compromised says what becomes of what the stolen key vouched for, and what else to replace.
func (b *planner) compromised() (out []string) {
	p := b.plan
	if !p.Compromised {
		return nil
	}
	switch p.Role {
	case trustdata.RoleTargets:
		out = append(out, fmt.Sprintf("%d of %d tags are vouched for again by the new key", len(p.Tags())-len(p.Drop), len(p.Tags())))
		if len(p.Drop) > 0 {
			out = append(out, "no signature any more: "+strings.Join(p.Drop, ", "))
		}
		for _, d := range p.base.Targets[trustdata.RoleTargets].Body.Delegations {
			out = append(out, fmt.Sprintf("CHECK AND RE-KEY %s: whoever had the key could have listed a key of theirs for it; it lists %s", d.Role, shortListed(d.KeyIDs)))
		}
	case trustdata.RoleRoot:
		for _, role := range []trustdata.Role{trustdata.RoleTargets, trustdata.RoleSnapshot, trustdata.RoleTimestamp} {
			out = append(out, fmt.Sprintf("CHECK AND RE-KEY %s: whoever had the root key could have listed a key of theirs for it; root.json lists %s", role, shortListed(p.base.Root.Body.Roles[role].KeyIDs)))
		}
	}
	return out
}

func shortListed(ids []trustdata.ListedID) string {
	short := make([]string, len(ids))
	for i, id := range ids {
		short[i] = fmt.Sprintf("%.7s", id)
	}
	return strings.Join(short, ", ")
}

// exposed says which clients the stolen key can still deceive, and until when.
func (b *planner) exposed() []string {
	p := b.plan
	if !p.Compromised {
		return nil
	}
	out := []string{fmt.Sprintf("STILL EXPOSED: clients that know root.json up to version %d, until they next read the repository from a server that shows them version %d", p.RootVersion-1, p.RootVersion)}
	if p.base.Timestamp != nil {
		out = append(out, fmt.Sprintf("STILL EXPOSED: clients to whom somebody replays what was signed before, until its timestamp ends on %s", day(p.base.Timestamp.Body.Expires)))
	}
	if p.Role == trustdata.RoleRoot {
		out = append(out, "STILL EXPOSED, WITHOUT END: clients that see the repository for the first time and are shown a root that the stolen key signed; only a pin helps them")
	}
	return out
}
