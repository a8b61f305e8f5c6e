package rotation

import (
	"encoding/hex"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

// draft is the edit's change: the next version of every role that it touches.
func (e *Edit) draft(now time.Time) (*draft, error) {
	d := &draft{base: e.base.Repo, targets: map[trustdata.Role]notary.Targets{}, withSnapshot: e.withSnapshot, unnamed: e.unnamed}
	for _, role := range e.Roles {
		switch role {
		case trustdata.RoleRoot:
			root := e.base.Repo.Root.Body.Clone()
			root.Version++
			root.Expires = now.Add(notary.Lifetime(role))
			d.root = &root
		case trustdata.RoleSnapshot: // every draft with its key makes one
		default:
			body, err := e.next(role)
			if err != nil {
				return nil, err
			}
			body.Version = e.above(role) + 1
			body.Expires = now.Add(notary.Lifetime(role))
			d.targets[role] = body
		}
	}
	return d, nil
}

// above is the version that the role's next one must be above.
func (e *Edit) above(role trustdata.Role) int64 {
	version, _ := fileOf(e.base.Repo, role)
	return max(version, e.anew[role])
}

// next is the content of a role once the edit is made.
func (e *Edit) next(role trustdata.Role) (notary.Targets, error) {
	body, ok := e.bodies[role]
	if !ok {
		if file, published := e.base.Repo.Targets[role]; published {
			body = file.Body
		}
	}
	body = body.Clone()
	for _, t := range e.sets[role] {
		if t.gone() {
			body.Targets.Delete(t.Tag)
			continue
		}
		raw, err := hex.DecodeString(t.Digest)
		if err != nil {
			return body, err
		}
		body.Targets.Put(t.Tag, notary.Entry{Hashes: notary.Hashes{SHA256: raw}, Length: t.Length})
	}
	return body, nil
}
