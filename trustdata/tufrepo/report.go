package tufrepo

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"github.com/theupdateframework/go-tuf/v2/metadata"

	"keyrite/trustdata"
)

// report says which keys vouch for which bytes: the base roles in the order of trust, then
// every delegation that counts, with the first parent through which it does.
func (t *tree) report(files map[trustdata.Role][]byte) *trustdata.Report {
	out := &trustdata.Report{At: t.now}
	root := &t.top.Root.Signed
	add := func(role string, by trustdata.Role, version int64, who metadata.Role, signed []trustdata.ListedID) {
		raw := files[trustdata.Role(role)]
		sum := sha256.Sum256(raw)
		out.Files = append(out.Files, trustdata.ReportFile{Role: trustdata.Role(role), Version: version, SHA256: hex.EncodeToString(sum[:]),
			Length: int64(len(raw)), Threshold: who.Threshold, SignedBy: signed, By: by})
	}
	base := func(role string) metadata.Role { return *root.Roles[role] }
	add(metadata.ROOT, trustdata.RoleRoot, root.Version, base(metadata.ROOT), signedBy(metadata.ROOT, t.top.Root, root.Keys, base(metadata.ROOT)))
	add(metadata.TIMESTAMP, trustdata.RoleRoot, t.top.Timestamp.Signed.Version, base(metadata.TIMESTAMP),
		signedBy(metadata.TIMESTAMP, t.top.Timestamp, root.Keys, base(metadata.TIMESTAMP)))
	add(metadata.SNAPSHOT, trustdata.RoleRoot, t.top.Snapshot.Signed.Version, base(metadata.SNAPSHOT),
		signedBy(metadata.SNAPSHOT, t.top.Snapshot, root.Keys, base(metadata.SNAPSHOT)))
	done := map[string]bool{}
	for _, n := range t.nodes {
		if n.file == nil || done[n.role] {
			continue
		}
		done[n.role] = true
		by := trustdata.RoleRoot
		if n.parent != nil {
			by = trustdata.Role(n.parent.role)
		}
		who := metadata.Role{KeyIDs: n.rule.KeyIDs, Threshold: n.rule.Threshold}
		add(n.role, by, n.file.Signed.Version, who, signedBy(n.role, n.file, n.keys, who))
	}
	return out
}

// signedBy are the canonical IDs of the keys whose signatures hold, of a file that verified.
// Where every key had to sign, every key has; else go-tuf is asked about each alone.
func signedBy[T metadata.Roles](role string, file *metadata.Metadata[T], keys map[string]*metadata.Key, who metadata.Role) []trustdata.ListedID {
	var ids []trustdata.ListedID
	for _, id := range who.KeyIDs {
		key, ok := keys[id]
		if !ok || len(who.KeyIDs) > who.Threshold && !signedAlone(role, file, id, key) {
			continue
		}
		name := trustdata.ListedID(id)
		if public, err := publicOf(key); err == nil {
			name = public.ListedID()
		}
		if !slices.Contains(ids, name) {
			ids = append(ids, name)
		}
	}
	return ids
}

// signedAlone reports whether one key's signature of a file holds.
func signedAlone[T metadata.Roles](role string, file *metadata.Metadata[T], id string, key *metadata.Key) bool {
	one := metadata.Root()
	one.Signed.Keys = map[string]*metadata.Key{id: key}
	one.Signed.Roles[role] = &metadata.Role{KeyIDs: []string{id}, Threshold: 1}
	return one.VerifyDelegate(role, file) == nil
}
