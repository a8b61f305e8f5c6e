package interop_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"math/big"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"keyrite/cmd/keyrite/interop"
	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/access"
	"keyrite/trustdata/notary"
	"keyrite/trustdata/remote"
)

// signers are keys of every kind that metadata can have, opened from key files.
func signers(t *testing.T) map[string]*keyring.PrivateKey {
	t.Helper()
	all := map[string]*keyring.PrivateKey{}
	for name, curve := range map[string]elliptic.Curve{"P-224": elliptic.P224(), "P-256": elliptic.P256(), "P-384": elliptic.P384(), "P-521": elliptic.P521()} {
		key, err := ecdsa.GenerateKey(curve, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		der, err := x509.MarshalECPrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		all[name] = decodeKey(t, "EC PRIVATE KEY", der)
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	all["rsa"] = decodeKey(t, "RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(key))
	if all["ed25519"], err = keyring.Generate(trustdata.KeyED25519); err != nil {
		t.Fatal(err)
	}
	return all
}

func decodeKey(t *testing.T, kind string, der []byte) *keyring.PrivateKey {
	t.Helper()
	key, _, err := keyring.Decode(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), keyring.Passphrase{})
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// listed is a key as metadata lists it, with the private half that signs for it.
type listed struct {
	public trustdata.PublicKey
	key    trustdata.SigningKey
}

func bare(k trustdata.SigningKey) listed { return listed{k.Public(), k} }

// certified is a key with a certificate that it signs itself.
func certified(t *testing.T, k trustdata.SigningKey, name string) listed {
	t.Helper()
	public, err := notary.Certificate(k, trustdata.GUN(name), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return listed{public, k}
}

// issued is a key with a certificate that an intermediate CA issued.
func issued(t *testing.T, k trustdata.SigningKey, name string, algorithm x509.SignatureAlgorithm) listed {
	t.Helper()
	var top, middle crypto.Signer
	var err error
	if algorithm == x509.ECDSAWithSHA256 {
		top, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		middle, _ = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	} else {
		top, err = rsa.GenerateKey(rand.Reader, 2048)
		middle, _ = rsa.GenerateKey(rand.Reader, 2048)
	}
	if err != nil {
		t.Fatal(err)
	}
	ca := func(name string, serial int64) *x509.Certificate {
		return &x509.Certificate{SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true,
			SubjectKeyId: []byte(name), KeyUsage: x509.KeyUsageCertSign, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), SignatureAlgorithm: algorithm}
	}
	leaf := ca(name, 3)
	leaf.IsCA, leaf.KeyUsage, leaf.ExtKeyUsage = false, x509.KeyUsageDigitalSignature, []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning}
	topCert, middleCert := ca("top", 1), ca("middle", 2)
	public, err := x509.ParsePKIXPublicKey(k.Public().Value)
	if err != nil {
		t.Fatal(err)
	}
	var chain []byte
	for _, c := range []struct {
		cert, by *x509.Certificate
		public   crypto.PublicKey
		signer   crypto.Signer
	}{{leaf, middleCert, public, middle}, {middleCert, topCert, middle.Public(), top}, {topCert, topCert, top.Public(), top}} {
		der, err := x509.CreateCertificate(rand.Reader, c.cert, c.by, c.public, c.signer)
		if err != nil {
			t.Fatal(err)
		}
		chain = append(chain, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	}
	key, err := notary.RootChain(chain, trustdata.GUN(name), trustdata.KeyID(k.Public().ListedID()), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return listed{key, k}
}

// found publishes a repository that is signed by keyrite alone, with one tag of a
// delegation: root, targets and snapshot by those keys.
func found(t *testing.T, s *interop.Server, gun string, root, targets, snapshot, alice listed) {
	t.Helper()
	ep, err := access.Config{Server: s.URL}.TrustServer(trustdata.GUN(gun))
	if err != nil {
		t.Fatal(err)
	}
	client := remote.New(ep, trustdata.GUN(gun))
	timestamp, err := client.ServerKey(t.Context(), trustdata.RoleTimestamp)
	if err != nil {
		t.Fatal(err)
	}
	ends := time.Now().Add(time.Hour)
	one := func(k trustdata.PublicKey) notary.RoleKeys {
		return notary.RoleKeys{KeyIDs: []trustdata.ListedID{k.ListedID()}, Threshold: 1}
	}
	by := func(l listed) []notary.Signer { return []notary.Signer{{Key: l.key, Listed: l.public.ListedID()}} }
	body := notary.Root{Version: 1, Expires: ends, Keys: map[trustdata.ListedID]trustdata.PublicKey{}, Roles: map[trustdata.Role]notary.RoleKeys{}}
	for role, key := range map[trustdata.Role]trustdata.PublicKey{trustdata.RoleRoot: root.public, trustdata.RoleTargets: targets.public,
		trustdata.RoleSnapshot: snapshot.public, trustdata.RoleTimestamp: timestamp} {
		body.Keys[key.ListedID()], body.Roles[role] = key, one(key)
	}
	rootFile, err := notary.SignRoot(body, by(root))
	if err != nil {
		t.Fatal(err)
	}
	const delegation = trustdata.Role("targets/alice")
	targetsFile, err := notary.SignTargets(trustdata.RoleTargets, notary.Targets{Version: 1, Expires: ends,
		Keys:        map[trustdata.ListedID]trustdata.PublicKey{alice.public.ListedID(): alice.public},
		Delegations: []notary.Delegation{{Role: delegation, RoleKeys: one(alice.public), Paths: []string{""}}}}, by(targets))
	if err != nil {
		t.Fatal(err)
	}
	digest, err := hex.DecodeString(digest1)
	if err != nil {
		t.Fatal(err)
	}
	aliceFile, err := notary.SignTargets(delegation, notary.Targets{Version: 1, Expires: ends,
		Targets: notary.EntriesOf(map[string]notary.Entry{"v1": {Hashes: notary.Hashes{SHA256: digest}, Length: 7}})}, by(alice))
	if err != nil {
		t.Fatal(err)
	}
	snapshotFile, err := notary.SignSnapshot(notary.Snapshot{Version: 1, Expires: ends, Meta: map[trustdata.Role]notary.Meta{
		trustdata.RoleRoot: notary.MetaOf(rootFile.Raw), trustdata.RoleTargets: notary.MetaOf(targetsFile.Raw), delegation: notary.MetaOf(aliceFile.Raw)}}, by(snapshot))
	if err != nil {
		t.Fatal(err)
	}
	upload := map[trustdata.Role][]byte{trustdata.RoleRoot: rootFile.Raw, trustdata.RoleTargets: targetsFile.Raw, delegation: aliceFile.Raw, trustdata.RoleSnapshot: snapshotFile.Raw}
	if err := notary.CheckUpload(nil, upload, notary.Policy{GUN: trustdata.GUN(gun), Now: time.Now()}); err != nil {
		t.Fatal(err)
	}
	if err := client.Publish(t.Context(), upload); err != nil {
		t.Fatal(err)
	}
}

// The server and the stock client accept what keys of every kind sign here: bare, with
// certificates of their own, and with certificates that a CA issued.
func TestNotaryAcceptsEveryKindOfKey(t *testing.T) {
	t.Parallel()
	s := interop.StartServer(t, interop.ServerOptions{})
	all := signers(t)
	plain := certified(t, all["P-256"], app)
	repositories := map[string][4]listed{} // root, targets, snapshot, alice
	for name, key := range all {
		repositories["example.com/bare/"+name] = [4]listed{certified(t, all["P-256"], "example.com/bare/*"), bare(key), bare(key), bare(key)}
		if name == "ed25519" {
			continue
		}
		gun := "example.com/root/" + name
		repositories[gun] = [4]listed{certified(t, key, gun), bare(all["P-256"]), bare(all["P-256"]), certified(t, key, "alice")}
		gun = "example.com/issued/" + name
		repositories[gun] = [4]listed{issued(t, key, gun, x509.ECDSAWithSHA256), bare(all["P-256"]), bare(all["P-256"]), issued(t, key, "alice", x509.ECDSAWithSHA256)}
	}
	repositories["example.com/by-rsa"] = [4]listed{issued(t, all["rsa"], "example.com/by-rsa", x509.SHA256WithRSA), bare(all["P-256"]), bare(all["P-256"]), plain}
	repositories["example.com/by-pss"] = [4]listed{issued(t, all["rsa"], "example.com/by-pss", x509.SHA256WithRSAPSS), bare(all["P-256"]), bare(all["P-256"]), plain}
	for gun, by := range repositories {
		t.Run(gun, func(t *testing.T) {
			found(t, s, gun, by[0], by[1], by[2], by[3])
			want := []interop.SignedTag{{Name: "v1", Digest: digest1, Length: 7, Role: "targets/alice"}}
			n := s.Notary(t)
			if d := gocmp.Diff(want, n.List(gun)); d != "" {
				t.Error(d)
			}
			seen := interop.JSON[tagsJSON](n.Keyrite(), "tags", gun)
			if !seen.Verified || len(seen.Tags) != 1 || seen.Tags[0].Digest != "sha256:"+digest1 {
				t.Errorf("keyrite sees %+v", seen)
			}
		})
	}
}
