package trustserver_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"testing"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

// ecKey is a P-256 key of a client.
type ecKey struct{ *ecdsa.PrivateKey }

func newKey(t *testing.T) ecKey {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return ecKey{k}
}

func (k ecKey) Public() trustdata.PublicKey {
	der, err := x509.MarshalPKIXPublicKey(k.PrivateKey.Public())
	if err != nil {
		panic(err)
	}
	return trustdata.PublicKey{Type: trustdata.KeyECDSA, Value: der}
}

func (k ecKey) Sign(message []byte) (trustdata.Signature, error) {
	sum := sha256.Sum256(message)
	r, s, err := ecdsa.Sign(rand.Reader, k.PrivateKey, sum[:])
	if err != nil {
		return trustdata.Signature{}, err
	}
	raw := make([]byte, 64)
	r.FillBytes(raw[:32])
	s.FillBytes(raw[32:])
	return trustdata.Signature{Method: "ecdsa", Bytes: raw}, nil
}

func (k ecKey) signer() notary.Signer { return notary.Signer{Key: k, Listed: k.Public().ListedID()} }

// owner is a client that holds the keys of one repository.
type owner struct {
	t             *testing.T
	gun           trustdata.GUN
	root, targets ecKey
	cert          trustdata.PublicKey
	rootBody      notary.Root
	targetsBody   notary.Targets
}

// newOwner makes keys and unpublished files for a repository whose timestamp and
// snapshot keys are given.
func newOwner(t *testing.T, g trustdata.GUN, timestamp, snapshot trustdata.PublicKey) *owner {
	t.Helper()
	o := &owner{t: t, gun: g, root: newKey(t), targets: newKey(t)}
	o.cert = o.certificate(o.root)
	targets := o.targets.Public()
	o.rootBody = notary.Root{
		Version: 1,
		Expires: start.Add(notary.Lifetime(trustdata.RoleRoot)),
		Keys:    map[trustdata.ListedID]trustdata.PublicKey{},
		Roles:   map[trustdata.Role]notary.RoleKeys{},
	}
	o.list(trustdata.RoleRoot, o.cert)
	o.list(trustdata.RoleTargets, targets)
	o.list(trustdata.RoleSnapshot, snapshot)
	o.list(trustdata.RoleTimestamp, timestamp)
	o.targetsBody = notary.Targets{
		Version: 1,
		Expires: start.Add(notary.Lifetime(trustdata.RoleTargets)),
		Keys:    map[trustdata.ListedID]trustdata.PublicKey{},
	}
	o.tag("1.0")
	return o
}

func (o *owner) certificate(key ecKey) trustdata.PublicKey {
	o.t.Helper()
	cert, err := notary.Certificate(key, o.gun, start)
	if err != nil {
		o.t.Fatal(err)
	}
	return cert
}

// list makes key the one key of a base role.
func (o *owner) list(role trustdata.Role, key trustdata.PublicKey) {
	o.rootBody.Keys[key.ListedID()] = key
	o.rootBody.Roles[role] = notary.RoleKeys{KeyIDs: []trustdata.ListedID{key.ListedID()}, Threshold: 1}
}

func (o *owner) tag(name string) {
	sum := sha256.Sum256([]byte(name))
	o.targetsBody.Targets.Put(name, notary.Entry{Hashes: notary.Hashes{SHA256: sum[:]}, Length: int64(len(name))})
}

// delegate lists a delegation with one key and returns a first file for it.
func (o *owner) delegate(role trustdata.Role, key ecKey) []byte {
	o.t.Helper()
	public := key.Public()
	o.targetsBody.Keys[public.ListedID()] = public
	o.targetsBody.Delegations = append(o.targetsBody.Delegations, notary.Delegation{
		Role:     role,
		RoleKeys: notary.RoleKeys{KeyIDs: []trustdata.ListedID{public.ListedID()}, Threshold: 1},
		Paths:    []string{""},
	})
	return o.delegated(role, key, 1)
}

func (o *owner) delegated(role trustdata.Role, key ecKey, version int64) []byte {
	o.t.Helper()
	body := notary.Targets{Version: version, Expires: o.targetsBody.Expires}
	f, err := notary.SignTargets(role, body, []notary.Signer{key.signer()})
	if err != nil {
		o.t.Fatal(err)
	}
	return f.Raw
}

func (o *owner) rootSigner() notary.Signer {
	return notary.Signer{Key: o.root, Listed: o.cert.ListedID()}
}

// rootFile signs the root with the current root key and with more.
func (o *owner) rootFile(more ...notary.Signer) []byte {
	o.t.Helper()
	f, err := notary.SignRoot(o.rootBody, append([]notary.Signer{o.rootSigner()}, more...))
	if err != nil {
		o.t.Fatal(err)
	}
	return f.Raw
}

func (o *owner) targetsFile() []byte {
	o.t.Helper()
	f, err := notary.SignTargets(trustdata.RoleTargets, o.targetsBody, []notary.Signer{o.targets.signer()})
	if err != nil {
		o.t.Fatal(err)
	}
	return f.Raw
}

// snapshotFile signs a snapshot over files with the owner's own snapshot key.
func (o *owner) snapshotFile(key ecKey, version int64, files map[trustdata.Role][]byte) []byte {
	o.t.Helper()
	body := notary.Snapshot{Version: version, Expires: start.Add(notary.Lifetime(trustdata.RoleSnapshot)), Meta: map[trustdata.Role]notary.Meta{}}
	for role, data := range files {
		body.Meta[role] = notary.MetaOf(data)
	}
	f, err := notary.SignSnapshot(body, []notary.Signer{key.signer()})
	if err != nil {
		o.t.Fatal(err)
	}
	return f.Raw
}
