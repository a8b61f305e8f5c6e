package notary

import (
	"crypto/sha256"
	"encoding/hex"

	"keyrite/trustdata"
)

// Report says which keys vouch for which bytes. At is left to the caller. The hash of a
// file is the one that its parent names, which was compared with the bytes.
func (r *Repository) Report() *trustdata.Report {
	out := new(trustdata.Report)
	root := r.Root.Body
	add := func(role, by trustdata.Role, version int64, env Envelope, who RoleKeys, meta Meta) {
		out.Files = append(out.Files, trustdata.ReportFile{Role: role, Version: version, SHA256: hex.EncodeToString(meta.Hashes[hashSHA256]),
			Length: int64(len(env.Raw)), Threshold: who.Threshold, SignedBy: env.SignedBy, By: by})
	}
	stamp := sha256.Sum256(r.Timestamp.Raw)
	files := r.Snapshot.Body.Meta
	add(trustdata.RoleRoot, trustdata.RoleRoot, root.Version, r.Root.Envelope, root.Roles[trustdata.RoleRoot], files[trustdata.RoleRoot])
	add(trustdata.RoleTimestamp, trustdata.RoleRoot, r.Timestamp.Body.Version, r.Timestamp.Envelope, root.Roles[trustdata.RoleTimestamp],
		Meta{Hashes: map[string][]byte{hashSHA256: stamp[:]}})
	add(trustdata.RoleSnapshot, trustdata.RoleRoot, r.Snapshot.Body.Version, r.Snapshot.Envelope, root.Roles[trustdata.RoleSnapshot], r.Timestamp.Body.Snapshot)
	r.walk(func(n node) {
		if n.file == nil {
			return
		}
		by := trustdata.RoleRoot
		if n.role.IsDelegation() {
			by = n.role.Parent()
		}
		add(n.role, by, n.file.Body.Version, n.file.Envelope, n.who, files[n.role])
	})
	return out
}
