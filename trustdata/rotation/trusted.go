package rotation

import (
	"context"
	"errors"
	"fmt"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
	"keyrite/trustdata/remote"
)

// Trusted is one key that a root key has listed for a role, and the first and the last
// version of root.json that had it so.
type Trusted struct {
	Role  trustdata.Role  `json:"role"`
	KeyID trustdata.KeyID `json:"key_id"`
	From  int64           `json:"from_version"`
	To    int64           `json:"to_version"`
	// Now says that the root of today lists it.
	Now bool `json:"now"`
}

// RootHistory is what a root key trusted others with, as far as the server still has it: the
// versions From to To of root.json. Whole says that it goes back to the first version that
// this key signed.
type RootHistory struct {
	From  int64     `json:"from_version"`
	To    int64     `json:"to_version"`
	Whole bool      `json:"whole"`
	Keys  []Trusted `json:"keys"`
}

// lookThrough tells in the plan of a compromised root key what that has trusted others with. It
// stops nothing: that a server does not answer is no reason to leave the key in use.
func (p *Plan) lookThrough(ctx context.Context, server func(trustdata.GUN) (TrustServer, error)) {
	if !p.Compromised || p.Role != trustdata.RoleRoot {
		return
	}
	from, err := server(p.GUN)
	if err == nil {
		p.Trusted, err = p.trusted(ctx, from)
	}
	if err != nil {
		p.Changes = append(p.Changes, fmt.Sprintf("NOT LOOKED THROUGH: which keys the compromised root key has listed in earlier versions: %v", err))
		return
	}
	p.Changes = append(p.Changes, p.Trusted.Sentences()...)
}

// trusted asks the server for root.json, version by version from the present one down to the
// first that the compromised key did not sign or that the server does not have.
func (p *Plan) trusted(ctx context.Context, server TrustServer) (*RootHistory, error) {
	now := &p.base.Root.Body
	h := &RootHistory{From: now.Version, To: now.Version, Keys: []Trusted{}}
	if err := h.add(now); err != nil {
		return nil, err
	}
	for n := now.Version - 1; n >= 1 && h.To-n < maxHistory; n-- {
		raw, err := server.ByVersion(ctx, trustdata.RoleRoot, n, notary.Limit(trustdata.RoleRoot))
		if errors.Is(err, remote.ErrNotFound) {
			return h, nil
		}
		if err != nil {
			return nil, fmt.Errorf("version %d of root.json: %w", n, err)
		}
		file, err := notary.ParseRoot(raw)
		if err != nil {
			return nil, fmt.Errorf("version %d of root.json: %w", n, err)
		}
		if !p.signedRoot(file) {
			h.Whole = true
			return h, nil
		}
		if err := h.add(&file.Body); err != nil {
			return nil, fmt.Errorf("version %d of root.json: %w", n, err)
		}
	}
	h.Whole = h.From == 1
	return h, nil
}

// add takes one version in, the newest first.
func (h *RootHistory) add(root *notary.Root) error {
	for _, role := range []trustdata.Role{trustdata.RoleRoot, trustdata.RoleTargets, trustdata.RoleSnapshot, trustdata.RoleTimestamp} {
		_, ids, err := roleKeys(root, role)
		if err != nil {
			return err
		}
		for _, id := range ids {
			h.list(role, id, root.Version)
		}
	}
	h.From = root.Version
	return nil
}

func (h *RootHistory) list(role trustdata.Role, id trustdata.KeyID, version int64) {
	for i, k := range h.Keys {
		if k.Role == role && k.KeyID == id {
			h.Keys[i].From = version
			return
		}
	}
	h.Keys = append(h.Keys, Trusted{Role: role, KeyID: id, From: version, To: version, Now: version == h.To})
}

// signedRoot reports whether a key that gives way has signed that version: by whatever
// certificate it had then.
func (p *Plan) signedRoot(file *notary.File[notary.Root]) bool {
	for _, s := range file.Signatures {
		key, listed := file.Body.Keys[s.KeyID]
		if !listed {
			continue
		}
		id, err := key.KeyID()
		for _, old := range p.OldKeys {
			if err == nil && id == old && notary.VerifySignature(key, s.Method, s.Bytes, file.Message) == nil {
				return true
			}
		}
	}
	return false
}

// Sentences are the history for people, a sentence for each key.
func (h *RootHistory) Sentences() []string {
	out := []string{fmt.Sprintf("versions %d to %d of root.json, which the compromised key signed, have trusted these keys:", h.From, h.To)}
	for _, k := range h.Keys {
		line := fmt.Sprintf("%s key %s, versions %d to %d", k.Role, k.KeyID.Short(), k.From, k.To)
		if !k.Now {
			line += ", not any more"
		}
		out = append(out, line)
	}
	if !h.Whole {
		out = append(out, fmt.Sprintf("what it signed before version %d of root.json was not looked through: the server does not have it, or it is too long ago", h.From))
	}
	return out
}
