package interop

import (
	"context"
	"maps"
	"slices"
	"time"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/access"
	"keyrite/trustdata/notary"
	"keyrite/trustdata/remote"
)

// A file that ends in a moment is valid that long, so that it can be published; on a busy
// machine it takes a longer moment.
const (
	moment     = 3 * time.Second
	longMoment = time.Minute
)

// LetEnd publishes roles again, with the content that they have, so that they end in a
// moment, and waits for that moment: the stock client cannot say when a file is to end. A
// snapshot goes along where its key is here, and ends too where it is among the roles.
func (n *Notary) LetEnd(gun string, roles ...trustdata.Role) {
	n.t.Helper()
	for soon := moment; ; soon *= 2 {
		end := time.Now().Add(soon)
		err := n.endAt(gun, end, roles)
		if late := time.Now().After(end.Add(-time.Second)); err != nil && late && soon < longMoment {
			continue // it had ended before the server looked
		}
		n.must(err)
		ended, cancel := context.WithDeadline(context.Background(), end.Add(time.Second))
		defer cancel()
		<-ended.Done()
		return
	}
}

// EndAt publishes roles as LetEnd does, and does not wait for their end.
func (n *Notary) EndAt(gun string, end time.Time, roles ...trustdata.Role) {
	n.t.Helper()
	n.must(n.endAt(gun, end, roles))
}

// endAt is EndAt, and gives what the server answers. Ends are whole seconds.
func (n *Notary) endAt(gun string, end time.Time, roles []trustdata.Role) error {
	n.t.Helper()
	ctx := context.Background()
	config := access.Config{Server: n.Server}
	if n.CA != "" {
		config.TLSCA = []string{n.CA}
	}
	fetched, err := (&remote.Fetcher{Config: config, Now: time.Now}).Fetch(ctx, trustdata.GUN(gun))
	n.must(err)
	files := n.ending(fetched.Repo, end.Truncate(time.Second), roles)
	ep, err := config.TrustServer(trustdata.GUN(gun))
	n.must(err)
	return remote.New(ep, trustdata.GUN(gun)).Publish(ctx, files)
}

func (n *Notary) must(err error) {
	n.t.Helper()
	if err != nil {
		n.t.Fatal(err)
	}
}

// ending signs the roles again, with that end.
func (n *Notary) ending(repo *notary.Repository, end time.Time, roles []trustdata.Role) map[trustdata.Role][]byte {
	n.t.Helper()
	root, files := repo.Root.Body, map[trustdata.Role][]byte{}
	for _, role := range roles {
		switch role {
		case trustdata.RoleSnapshot: // below
		case trustdata.RoleRoot:
			body := root.Clone()
			body.Version, body.Expires = body.Version+1, end
			file, err := notary.SignRoot(body, n.signers(root.Keys, root.Roles[role]))
			n.must(err)
			files[role] = file.Raw
		default:
			keys, who := root.Keys, root.Roles[role]
			if role.IsDelegation() {
				parent := repo.Targets[role.Parent()].Body
				i := slices.IndexFunc(parent.Delegations, func(d notary.Delegation) bool { return d.Role == role })
				keys, who = parent.Keys, parent.Delegations[i].RoleKeys
			}
			body := repo.Targets[role].Body.Clone()
			body.Version, body.Expires = body.Version+1, end
			file, err := notary.SignTargets(role, body, n.signers(keys, who))
			n.must(err)
			files[role] = file.Raw
		}
	}
	if signers := n.signers(root.Keys, root.Roles[trustdata.RoleSnapshot]); len(signers) > 0 {
		body := repo.Snapshot.Body
		body.Version++
		body.Meta = maps.Clone(body.Meta)
		for role, raw := range files {
			body.Meta[role] = notary.MetaOf(raw)
		}
		if slices.Contains(roles, trustdata.RoleSnapshot) {
			body.Expires = end
		}
		file, err := notary.SignSnapshot(body, signers)
		n.must(err)
		files[trustdata.RoleSnapshot] = file.Raw
	}
	return files
}

// signers opens those keys of a role that are in the trust directory.
func (n *Notary) signers(keys map[trustdata.ListedID]trustdata.PublicKey, who notary.RoleKeys) []notary.Signer {
	n.t.Helper()
	dir, err := keyring.OpenDir(n.TrustDir, keyring.DirOptions{ReadOnly: true})
	n.must(err)
	var signers []notary.Signer
	for _, listed := range who.KeyIDs {
		id, err := keys[listed].KeyID()
		n.must(err)
		for _, pass := range []string{n.Passphrases.Root, n.Passphrases.Targets, n.Passphrases.Snapshot, n.Passphrases.Delegation} {
			if key, err := dir.Open(context.Background(), id, keyring.NewPassphrase([]byte(pass))); err == nil {
				signers = append(signers, notary.Signer{Key: key, Listed: listed})
				break
			}
		}
	}
	return signers
}
