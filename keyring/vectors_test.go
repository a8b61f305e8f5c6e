package keyring

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/asn1"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"strings"
	"testing"

	"keyrite/trustdata"
)

const (
	vectorECDSA = `-----BEGIN PRIVATE KEY-----
gun: example.com/acme/app
role: targets

MIGTAgEBMBMGByqGSM49AgEGCCqGSM49AwEHBHkwdwIBAQQgAQIDBAUGBwgJCgsM
DQ4PEBESExQVFhcYGRobHB0eHyCgCgYIKoZIzj0DAQehRANCAARRXD1uueOWuQTT
/sp/VP3NDMHpl783XcpRWtCmw7QDX0U2vjpQ8xj7+aVHWQKiIVAr7w1X4IxTsswK
VvF9n5NU
-----END PRIVATE KEY-----
`
	vectorSealed = `-----BEGIN ENCRYPTED PRIVATE KEY-----
gun: example.com/acme/app
role: targets

MIHuMEkGCSqGSIb3DQEFDTA8MBsGCSqGSIb3DQEFDDAOBAjY72kd62H6qgICCAAw
HQYJYIZIAWUDBAEqBBDwP3KwfNko6fO+A6OIb3ujBIGg+rLbDRx6gJxJwOa7VKgr
APaW96Nm2Ih2tgSigxtOrEdwyCZhX+VQDuyBmmMHa1o6A+aESTpcVs/g+oSJbdL/
oyOkUCgbNDEQhEJJcAvIla4vxsWJUERZwqXek0SO7y5YeXoQRMc5DODLNa0TkI4u
FG2uCBCmzreqHd2iFwi8GGtZgmvjb447kOb4s7AHax7l/fWx5cXo/5I+7QfQ7uVl
Tw==
-----END ENCRYPTED PRIVATE KEY-----
`
	vectorED25519 = `-----BEGIN PRIVATE KEY-----
gun: example.com/acme/app
role: timestamp

MHICAQAwCwYJKwYBBAHaRw8BBGADoQe/884Qvh1w3RjnS8CZZ+TWMJulDV8d3IZk
ElUxuAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4fA6EHv/POEL4dcN0Y
50vAmWfk1jCbpQ1fHdyGZBJVMbg=
-----END PRIVATE KEY-----
`
	idECDSA   = "4f782b921ea3dd7670190544c507db264f676f0fdf10b8333d1ac7f6942458c6"
	idED25519 = "b9fe8d4b54e73abb584e2015aaa447047e53282f491dcc70c40d2474d3096a21"
)

func ecdsaVector(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	scalar := make([]byte, 32)
	for i := range scalar {
		scalar[i] = byte(i + 1)
	}
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), scalar)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func ed25519Vector() ed25519.PrivateKey {
	seed := make([]byte, 32)
	for i := range seed {
		seed[i] = byte(i)
	}
	return ed25519.NewKeyFromSeed(seed)
}

func decodePEM(t *testing.T, text string) []byte {
	t.Helper()
	block, rest := pem.Decode([]byte(text))
	if block == nil || len(rest) != 0 {
		t.Fatal("the vector is not PEM")
	}
	return block.Bytes
}

func TestVectorsArePlainKeysByteForByte(t *testing.T) {
	got, err := marshalPKCS8(ecdsaVector(t))
	if want := decodePEM(t, vectorECDSA); err != nil || !bytes.Equal(got, want) {
		t.Errorf("ecdsa: %x, %v\nwant %x", got, err, want)
	}
	got, err = marshalPKCS8(ed25519Vector())
	if want := decodePEM(t, vectorED25519); err != nil || !bytes.Equal(got, want) {
		t.Errorf("ed25519: %x, %v\nwant %x", got, err, want)
	}
}

func TestVectorsOpen(t *testing.T) {
	for name, c := range map[string]struct{ text, passphrase, id, role string }{
		"ecdsa":           {vectorECDSA, "", idECDSA, "targets"},
		"ecdsa encrypted": {vectorSealed, "passw0rd", idECDSA, "targets"},
		"ed25519":         {vectorED25519, "", idED25519, "timestamp"},
	} {
		k, h, err := Decode([]byte(c.text), NewPassphrase([]byte(c.passphrase)))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if string(k.KeyID()) != c.id || h != (Header{c.role, "example.com/acme/app"}) {
			t.Errorf("%s: key %s, header %+v", name, k.KeyID(), h)
		}
	}
}

// The encrypted vector comes out again with its own salt and IV.
func TestSealedVectorByteForByte(t *testing.T) {
	want := decodePEM(t, vectorSealed)
	s, err := parseSealed(want)
	if err != nil {
		t.Fatal(err)
	}
	s.ciphertext = nil
	if err := s.close(decodePEM(t, vectorECDSA), []byte("passw0rd")); err != nil {
		t.Fatal(err)
	}
	if got, err := s.marshal(); err != nil || !bytes.Equal(got, want) {
		t.Errorf("got %x, %v\nwant %x", got, err, want)
	}
}

func TestSealIsFresh(t *testing.T) {
	der := decodePEM(t, vectorECDSA)
	seen := map[string]bool{}
	for range 2 {
		raw, err := seal(der, []byte("x"), MinIterations)
		if err != nil {
			t.Fatal(err)
		}
		s, err := parseSealed(raw)
		if err != nil || len(s.salt) != 8 || len(s.iv) != 16 {
			t.Fatalf("salt %x, iv %x, %v", s.salt, s.iv, err)
		}
		seen[string(s.salt)], seen[string(s.iv)] = true, true
	}
	if len(seen) != 4 {
		t.Error("a salt or IV was used twice")
	}
}

func TestSignatures(t *testing.T) {
	k, err := newPrivateKey(ed25519Vector())
	if err != nil {
		t.Fatal(err)
	}
	message := `{"_type":"Targets","delegations":{"keys":{},"roles":[]},"expires":"2030-01-01T00:00:00Z","targets":{"1.0":{"hashes":{"sha256":"q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s="},"length":1570}},"version":1}`
	sig, err := k.Sign([]byte(message))
	want := "g+l9SrDRt3+DHo/fJw5Hs8t1Amy6J3Zw5L526dME1HQfa+L5g1rNyIhp78UzIPCDpPdxje/P98xfHGQzs211Cw=="
	if got := base64.StdEncoding.EncodeToString(sig.Bytes); err != nil || got != want || sig.Method != "eddsa" {
		t.Errorf("eddsa: %q %s, %v", sig.Method, got, err)
	}
	for curve, size := range map[elliptic.Curve]int{elliptic.P224(): 56, elliptic.P256(): 64, elliptic.P384(): 96, elliptic.P521(): 132} {
		key, err := ecdsa.GenerateKey(curve, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		k, err := newPrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		for range 8 { // some of r and s begin with a zero byte
			if sig, err := k.Sign([]byte("m")); err != nil || len(sig.Bytes) != size || sig.Method != "ecdsa" {
				t.Errorf("%s: %q, %d bytes, %v", curve.Params().Name, sig.Method, len(sig.Bytes), err)
			}
		}
		if err := k.try(); err != nil {
			t.Errorf("%s: %v", curve.Params().Name, err)
		}
	}
}

func TestShortRSAIsOpenedAndNotUsed(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	k, err := newPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.Sign([]byte("m")); err == nil || !strings.Contains(err.Error(), "1024 bits") {
		t.Errorf("error = %v", err)
	}
}

func TestGenerate(t *testing.T) {
	for alg, method := range map[trustdata.KeyType]string{trustdata.KeyECDSA: "ecdsa", trustdata.KeyRSA: "rsapss", trustdata.KeyED25519: "eddsa"} {
		k, err := Generate(alg)
		if err != nil {
			t.Fatal(err)
		}
		if sig, err := k.Sign([]byte("m")); err != nil || sig.Method != method || k.Public().Type != alg {
			t.Errorf("%s: method %q, %v", alg, sig.Method, err)
		}
		if err := k.try(); err != nil {
			t.Errorf("%s: %v", alg, err)
		}
		file, err := Encode(k, NewPassphrase([]byte("pp")), Header{Role: "alice", GUN: "example.com/a"}, Format{MinIterations})
		if err != nil {
			t.Fatal(err)
		}
		again, h, err := Decode(file, NewPassphrase([]byte("pp")))
		if err != nil || again.KeyID() != k.KeyID() || h != (Header{Role: "alice"}) {
			t.Errorf("%s: %v, header %+v", alg, err, h)
		}
		k.Wipe()
		if _, err := k.Sign([]byte("m")); err == nil {
			t.Errorf("%s: a wiped key signs", alg)
		}
	}
	for _, alg := range []trustdata.KeyType{"", "dsa", trustdata.KeyECDSAx509} {
		if _, err := Generate(alg); !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("%q: %v", alg, err)
		}
	}
}

// The RSA form leaves out the NULL that the standard library writes.
func TestRSAForm(t *testing.T) {
	k, err := Generate(trustdata.KeyRSA)
	if err != nil {
		t.Fatal(err)
	}
	err = k.secret.Use(func(der []byte) error {
		var info struct {
			Version    int
			Algorithm  asn1.RawValue
			PrivateKey []byte
		}
		_, err := asn1.Unmarshal(der, &info)
		if got := hex.EncodeToString(info.Algorithm.FullBytes); got != "300b06092a864886f70d010101" || info.Version != 0 {
			t.Errorf("version %d, algorithm %s", info.Version, got)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestOldBlockTypes(t *testing.T) {
	raw, err := parsePlain(decodePEM(t, vectorED25519))
	if err != nil {
		t.Fatal(err)
	}
	k, _, err := Decode(pem.EncodeToMemory(&pem.Block{Type: typeED25519, Bytes: raw}), Passphrase{})
	if err != nil || k.KeyID() != idED25519 {
		t.Errorf("ED25519 PRIVATE KEY: %v", err)
	}
	for i := range raw {
		bad := bytes.Clone(raw)
		bad[i] ^= 1
		if _, _, err := Decode(pem.EncodeToMemory(&pem.Block{Type: typeED25519, Bytes: bad}), Passphrase{}); !errors.Is(err, ErrDamaged) {
			t.Fatalf("byte %d flipped: %v", i, err)
		}
	}
}

func parsePlain(der []byte) ([]byte, error) {
	var info privateKeyInfo
	_, err := asn1.Unmarshal(der, &info)
	return info.PrivateKey, err
}

func TestDefaultRounds(t *testing.T) {
	k, err := newPrivateKey(ecdsaVector(t))
	if err != nil {
		t.Fatal(err)
	}
	file, err := Encode(k, NewPassphrase([]byte("passw0rd")), Header{"targets", "example.com/acme/app"}, Format{})
	if err != nil {
		t.Fatal(err)
	}
	if info := Inspect(file); info.KDFIterations != 600_000 || info.Problem != "" {
		t.Errorf("info = %+v", info)
	}
	if again, _, err := Decode(file, NewPassphrase([]byte("passw0rd"))); err != nil || again.KeyID() != idECDSA {
		t.Error(err)
	}
	// Beside the DER all is as in the vector.
	lines := strings.Split(string(file), "\n")
	if want := strings.Split(vectorSealed, "\n"); !strings.HasPrefix(string(file), strings.Join(want[:4], "\n")) || lines[len(lines)-1] != "" || len(lines[4]) != 64 {
		t.Errorf("the file is\n%s", file)
	}
}

func TestEncodeRefuses(t *testing.T) {
	k, err := newPrivateKey(ecdsaVector(t))
	if err != nil {
		t.Fatal(err)
	}
	pass := NewPassphrase([]byte("x"))
	for name, c := range map[string]struct {
		p Passphrase
		h Header
		f Format
	}{
		"no passphrase":   {Passphrase{}, Header{Role: "root"}, Format{}},
		"too few rounds":  {pass, Header{Role: "root"}, Format{2047}},
		"too many rounds": {pass, Header{Role: "root"}, Format{50_000_001}},
		"negative rounds": {pass, Header{Role: "root"}, Format{-1}},
		"no role":         {pass, Header{}, Format{}},
		"role upwards":    {pass, Header{Role: "../../x"}, Format{}},
		"role of lines":   {pass, Header{Role: "a\ngun: b"}, Format{}},
	} {
		if file, err := Encode(k, c.p, c.h, c.f); err == nil {
			t.Errorf("%s: written:\n%s", name, file)
		}
	}
}
