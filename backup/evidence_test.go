package backup

import (
	"crypto/sha256"
	"testing"
	"time"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

// signedRig is a trust directory whose keys sign a repository, with its metadata as keyrite
// has it: root 2, which follows root 1 with another root key.
type signedRig struct {
	*rig
	keys  map[trustdata.Role]*keyring.PrivateKey
	files map[trustdata.Role][]byte
	root1 []byte
	src   Source
}

const signer = trustdata.Role("targets/alice")

func newSignedRig(t *testing.T) *signedRig {
	t.Helper()
	s := &signedRig{rig: &rig{dir: t.TempDir(), files: map[string]string{}}, keys: map[trustdata.Role]*keyring.PrivateKey{}, files: map[trustdata.Role][]byte{}}
	for _, role := range append([]trustdata.Role{signer}, trustdata.BaseRoles...) {
		k, err := keyring.Generate(trustdata.KeyECDSA)
		check(t, err)
		s.keys[role] = k
		if role == trustdata.RoleTimestamp {
			continue // the server has it
		}
		pem, err := keyring.Encode(k, keyring.NewPassphrase([]byte("phrase-"+string(role))), keyring.Header{Role: string(role)}, keyring.Format{Iterations: keyring.MinIterations})
		check(t, err)
		s.hold("private/"+string(k.KeyID())+".key", string(pem))
	}
	s.put(t)
	s.rig.keys = openDir(t, s.dir)
	s.sign(t)
	s.src = s.source()
	for role, raw := range s.files {
		s.src.Metadata = append(s.src.Metadata, MetadataFile{testGUN, string(role) + ".json", func() ([]byte, error) { return raw, nil }})
	}
	for name, raw := range map[string][]byte{"1.root.json": s.root1, "2.root.json": s.files[trustdata.RoleRoot]} {
		s.src.Metadata = append(s.src.Metadata, MetadataFile{testGUN, name, func() ([]byte, error) { return raw, nil }})
	}
	return s
}

func (s *signedRig) sign(t *testing.T) {
	t.Helper()
	body := notary.Root{Keys: map[trustdata.ListedID]trustdata.PublicKey{}, Roles: map[trustdata.Role]notary.RoleKeys{}}
	list := func(role trustdata.Role, k trustdata.PublicKey) {
		body.Keys[k.ListedID()] = k
		body.Roles[role] = notary.RoleKeys{KeyIDs: []trustdata.ListedID{k.ListedID()}, Threshold: 1}
	}
	by := func(k *keyring.PrivateKey) []notary.Signer {
		return []notary.Signer{{Key: k, Listed: k.Public().ListedID()}}
	}
	for _, role := range trustdata.BaseRoles[1:] {
		list(role, s.keys[role].Public())
	}
	first, err := keyring.Generate(trustdata.KeyECDSA)
	check(t, err)
	var signers []notary.Signer
	for i, k := range []*keyring.PrivateKey{first, s.keys[trustdata.RoleRoot]} {
		cert, err := notary.Certificate(k, testGUN, testTime)
		check(t, err)
		list(trustdata.RoleRoot, cert)
		body.Version, body.Expires = int64(i+1), ends(trustdata.RoleRoot)
		signers = append(signers, notary.Signer{Key: k, Listed: cert.ListedID()})
		f, err := notary.SignRoot(body, signers)
		check(t, err)
		s.root1, s.files[trustdata.RoleRoot] = s.files[trustdata.RoleRoot], f.Raw
	}
	sum, alice := sha256.Sum256([]byte("image")), s.keys[signer].Public()
	targets, err := notary.SignTargets(trustdata.RoleTargets, notary.Targets{Version: 3, Expires: ends(trustdata.RoleTargets),
		Targets: notary.EntriesOf(map[string]notary.Entry{"1.0": {Hashes: notary.Hashes{SHA256: sum[:]}, Length: 5}}),
		Keys:    map[trustdata.ListedID]trustdata.PublicKey{alice.ListedID(): alice},
		Delegations: []notary.Delegation{{Role: signer, Paths: []string{""},
			RoleKeys: notary.RoleKeys{KeyIDs: []trustdata.ListedID{alice.ListedID()}, Threshold: 1}}}}, by(s.keys[trustdata.RoleTargets]))
	check(t, err)
	hers, err := notary.SignTargets(signer, notary.Targets{Version: 1, Expires: ends(signer)}, by(s.keys[signer]))
	check(t, err)
	snapshot, err := notary.SignSnapshot(notary.Snapshot{Version: 4, Expires: ends(trustdata.RoleSnapshot), Meta: map[trustdata.Role]notary.Meta{
		trustdata.RoleRoot: notary.MetaOf(s.files[trustdata.RoleRoot]), trustdata.RoleTargets: notary.MetaOf(targets.Raw), signer: notary.MetaOf(hers.Raw)}}, by(s.keys[trustdata.RoleSnapshot]))
	check(t, err)
	s.files[trustdata.RoleTargets], s.files[signer], s.files[trustdata.RoleSnapshot] = targets.Raw, hers.Raw, snapshot.Raw
}

// ends is when a role's metadata ends; each another day.
func ends(role trustdata.Role) time.Time {
	return testTime.AddDate(1, 0, len(role))
}
