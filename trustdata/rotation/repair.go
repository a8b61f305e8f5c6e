package rotation

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

// RepairRequest says of an expired repository which tags are no longer vouched for when it
// is signed again.
type RepairRequest struct {
	GUN  trustdata.GUN
	Drop []string
}

// VouchedTag is a tag that the roles that are signed again go on vouching for.
type VouchedTag struct {
	Tag    string           `json:"tag"`
	Digest string           `json:"digest"` // 64 lower-case hex digits, "" without a SHA-256
	Length int64            `json:"length"`
	Roles  []trustdata.Role `json:"roles"`
}

// MarshalJSON writes the digest as every JSON here does: "sha256:<hex>".
func (v VouchedTag) MarshalJSON() ([]byte, error) {
	type written VouchedTag
	if v.Digest != "" {
		v.Digest = "sha256:" + v.Digest
	}
	return json.Marshal(written(v))
}

// PlanRepair plans to sign again what has expired, which no client can read any more and the
// stock ones cannot mend: they must read before they write. Everything but the dates is
// verified as ever. To sign an old file is to vouch again for all that it says, so the plan
// lists every tag. Where nothing has expired the error is ErrNothing.
func (r *Rotator) PlanRepair(ctx context.Context, q RepairRequest) (*Edit, error) {
	e, b, err := r.planRead(ctx, "repair", q.GUN, r.Late)
	if err != nil {
		return nil, err
	}
	e.late = true
	ended := b.repo.Ended(b.now)
	if len(ended) == 0 {
		return nil, fmt.Errorf("nothing of %q has expired: %w", q.GUN, ErrNothing)
	}
	for _, problem := range ended {
		if err := b.mend(e, problem); err != nil {
			return nil, err
		}
	}
	for _, role := range b.skipped() {
		e.WillNotFollow = append(e.WillNotFollow, b.unreadable(role))
	}
	if len(e.Roles) == 0 {
		return nil, b.beyondRepair(e, ended)
	}
	dropped, err := b.drop(e, q.Drop)
	if err != nil {
		return nil, err
	}
	for _, role := range e.Roles {
		e.Changes = append(e.Changes, b.signedAgain(role, len(e.sets[role])))
	}
	e.Changes = append(e.Changes, dropped...)
	b.vouch(e)
	if err := b.finish(e); err != nil {
		return nil, err
	}
	e.Changes = append(e.Changes, b.serverSigns(e)...)
	return e, nil
}

// mend adds a role that has expired to the edit, where its keys are here. Without root or
// targets nothing can be read, so then there is no point in the rest.
func (b *editor) mend(e *Edit, problem trustdata.Problem) error {
	role := problem.Role
	if role == trustdata.RoleTimestamp {
		return nil // the server signs it, with whatever it is sent
	}
	_, err := b.roleSigners(role)
	switch {
	case err == nil:
		e.Roles = append(e.Roles, role)
		return nil
	case role == trustdata.RoleSnapshot:
		return nil // the server signs it, if it holds the key
	case role.IsDelegation():
		e.WillNotFollow = append(e.WillNotFollow, fmt.Sprintf("%s stays expired, and none of its tags count: %v", role, err))
		return nil
	}
	return err
}

// beyondRepair says why nothing can be done here.
func (b *editor) beyondRepair(e *Edit, ended []trustdata.Problem) error {
	for _, problem := range ended {
		if problem.Role == trustdata.RoleTimestamp {
			continue
		}
		if _, err := b.roleSigners(problem.Role); err != nil {
			return err
		}
	}
	return fmt.Errorf("only the server can sign the timestamp of %q, and it has not: ask who runs it: %w", e.GUN, &trustdata.VerifyError{Problem: ended[0]})
}

// drop takes tags out of every role that is signed again, and says so of each.
func (b *editor) drop(e *Edit, tags []string) (changes []string, err error) {
	for i, tag := range tags {
		if slices.Contains(tags[:i], tag) {
			continue
		}
		found := false
		for _, role := range b.repo.Order() {
			if _, signed := b.entry(role, tag); !signed {
				continue
			}
			if !slices.Contains(e.Roles, role) {
				e.WillNotFollow = append(e.WillNotFollow, fmt.Sprintf("%s goes on vouching for %s: it is not signed again", role, tag))
				continue
			}
			found = true
			e.set(role, TagTarget{Tag: tag})
			changes = append(changes, fmt.Sprintf("%s: %s is no longer signed", role, tag))
		}
		if !found {
			return nil, usagef("no role of %q that is signed again has the tag %q", e.GUN, tag)
		}
	}
	return changes, nil
}

// vouch lists the tags that stay, in docker's order.
func (b *editor) vouch(e *Edit) {
	at := map[TagTarget]int{}
	var rows []trustdata.Tag
	for _, role := range e.Roles {
		file, ok := b.repo.Targets[role]
		if !ok {
			continue // root, snapshot
		}
		for _, entry := range file.Body.Targets {
			if slices.Contains(e.sets[role], TagTarget{Tag: entry.Name}) {
				continue
			}
			t := TagTarget{entry.Name, Target{hex.EncodeToString(entry.Hashes.SHA256), entry.Length}}
			i, known := at[t]
			if !known {
				i = len(rows)
				at[t] = i
				rows = append(rows, trustdata.Tag{Name: t.Tag, Digest: t.Digest, Length: t.Length})
			}
			rows[i].Roles = append(rows[i].Roles, role)
		}
	}
	notary.SortTags(rows)
	for _, row := range rows {
		v := VouchedTag{row.Name, row.Digest, row.Length, row.Roles}
		e.Vouched = append(e.Vouched, v)
		e.Changes = append(e.Changes, v.Sentence())
	}
}

// Sentence says what is vouched for again.
func (v VouchedTag) Sentence() string {
	names := make([]string, len(v.Roles))
	for i, role := range v.Roles {
		names[i] = string(role)
	}
	what := "something without a SHA-256"
	if v.Digest != "" {
		what = "sha256:" + v.Digest
	}
	return fmt.Sprintf("%s is vouched for again by %s: %s, %d bytes", v.Tag, strings.Join(names, ", "), what, v.Length)
}
