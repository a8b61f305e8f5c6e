package notary_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/hex"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

// The vectors were made with the reference implementation (notary v0.7.0) from throw-away
// keys: an ecdsa key whose scalar is the bytes 01 to 20, and an ed25519 seed 00 to 1f.
const (
	vectorECPublic  = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEUVw9brnjlrkE0/7Kf1T9zQzB6Ze/N13KUVrQpsO0A19FNr46UPMY+/mlR1kCoiFQK+8NV+CMU7LMClbxfZ+TVA=="
	vectorECID      = "4f782b921ea3dd7670190544c507db264f676f0fdf10b8333d1ac7f6942458c6"
	vectorEdPublic  = "A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="
	vectorEdID      = "b9fe8d4b54e73abb584e2015aaa447047e53282f491dcc70c40d2474d3096a21"
	vectorRSAPublic = "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA2nYErUxAx3VS/gBxZDCP9RTLvyR397GORoCcEThAlvshc5vxg9J5V4nQrnP4yjJdlCvxwc322XYttEcCiI/lUPV9M5yVn6n6xRjggSuPQcdPuhr8xCnl8FFoN12kNopowZkyOwn4hG/BriK5Xo9b0EUbKR76iijxS2RZwwHZdk0CSJqUkbHFTE/0NtMA/ge4wDJhoKnP6MLL7lite5XGZhkYSK0l3ycGTPaJFexNKuRtz/7raNt6EESjsFImH7lw9NEbDTByMyILqoIAxT2PuwgBe/q6wiKwheBKRHdPpkINLdSXyp4v9YqgObTioIXZ8UMzQwUSn6Rf4x4qPv9llQIDAQAB"
	vectorRSAID     = "28c70dbd80139132c18a018df003522e6d810ce3f51f216b6a61e8bfb07a1d2a"
	vectorCertID    = "d111ced42dc568253e1440fb0378bc89ea8c6e11c98a5b7822747030caec7ba7"

	vectorCert = `-----BEGIN CERTIFICATE-----
MIIBcjCCARigAwIBAgIRAJ2j4arMhRoCj739JWs44UUwCgYIKoZIzj0EAwIwHzEd
MBsGA1UEAxMUZXhhbXBsZS5jb20vYWNtZS9hcHAwHhcNMjYwMTAxMDAwMDAwWhcN
MzUxMjMwMDAwMDAwWjAfMR0wGwYDVQQDExRleGFtcGxlLmNvbS9hY21lL2FwcDBZ
MBMGByqGSM49AgEGCCqGSM49AwEHA0IABFFcPW6545a5BNP+yn9U/c0MwemXvzdd
ylFa0KbDtANfRTa+OlDzGPv5pUdZAqIhUCvvDVfgjFOyzApW8X2fk1SjNTAzMA4G
A1UdDwEB/wQEAwIFoDATBgNVHSUEDDAKBggrBgEFBQcDAzAMBgNVHRMBAf8EAjAA
MAoGCCqGSM49BAMCA0gAMEUCIC1HfvJOwJFMzB47qyWfvsutGJAX0SckqplhKLtA
yB2wAiEAvPiRnKr359IjMcVPT1wbjCdOWZdakuuCH5dw5UnAaoQ=
-----END CERTIFICATE-----
`
	vectorFile  = `{"signed":{"_type":"Targets","delegations":{"keys":{},"roles":[]},"expires":"2030-01-01T00:00:00Z","targets":{"1.0":{"hashes":{"sha256":"q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s="},"length":1570}},"version":1},"signatures":[{"keyid":"b9fe8d4b54e73abb584e2015aaa447047e53282f491dcc70c40d2474d3096a21","method":"eddsa","sig":"g+l9SrDRt3+DHo/fJw5Hs8t1Amy6J3Zw5L526dME1HQfa+L5g1rNyIhp78UzIPCDpPdxje/P98xfHGQzs211Cw=="}]}`
	vectorECSig = "oGkhZNfCkGbbd0HPEIbkYOILJc1jOUwbiys8XGJzmdjhuLUlgGHVrRkrFZUSVgyHP+tMZSz/xbH7xXmWwcL9lQ=="
)

func vectorBytes(from byte) []byte {
	b := make([]byte, 32)
	for i := range b {
		b[i] = from + byte(i)
	}
	return b
}

func vectorEd() edKey { return edKey{ed25519.NewKeyFromSeed(vectorBytes(0))} }

func vectorKey() (ecKey, error) {
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), vectorBytes(1))
	return ecKey{key}, err
}

func TestVectorKeyIDs(t *testing.T) {
	tests := []struct {
		typ       trustdata.KeyType
		public    string
		listed    trustdata.ListedID
		canonical trustdata.KeyID
	}{
		{trustdata.KeyECDSA, vectorECPublic, vectorECID, vectorECID},
		{trustdata.KeyED25519, vectorEdPublic, vectorEdID, vectorEdID},
		{trustdata.KeyRSA, vectorRSAPublic, vectorRSAID, vectorRSAID},
	}
	for _, tt := range tests {
		key := trustdata.PublicKey{Type: tt.typ, Value: b64(tt.public)}
		if got := key.ListedID(); got != tt.listed {
			t.Errorf("%s: listed ID %s, want %s", tt.typ, got, tt.listed)
		}
		if got, err := key.KeyID(); err != nil || got != tt.canonical {
			t.Errorf("%s: canonical ID %s (%v), want %s", tt.typ, got, err, tt.canonical)
		}
	}
	cert := trustdata.PublicKey{Type: trustdata.KeyECDSAx509, Value: []byte(vectorCert)}
	if len(vectorCert) != 562 {
		t.Errorf("certificate of %d bytes, want 562", len(vectorCert))
	}
	if got := cert.ListedID(); got != vectorCertID {
		t.Errorf("certificate: listed ID %s, want %s", got, vectorCertID)
	}
	if got, err := cert.KeyID(); err != nil || got != vectorECID {
		t.Errorf("certificate: canonical ID %s (%v), want %s", got, err, vectorECID)
	}
	key, err := vectorKey()
	if err != nil {
		t.Fatal(err)
	}
	if got := key.Public().ListedID(); got != vectorECID {
		t.Errorf("ecdsa key from its scalar: %s, want %s", got, vectorECID)
	}
}

func TestVectorFileIsWrittenToTheByte(t *testing.T) {
	body := notary.Targets{
		Version: 1, Expires: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC),
		Targets: notary.EntriesOf(map[string]notary.Entry{
			"1.0": {Hashes: notary.Hashes{SHA256: bytes.Repeat([]byte{0xab}, 32)}, Length: 1570},
		}),
	}
	f, err := notary.SignTargets(trustdata.RoleTargets, body, []notary.Signer{signer(vectorEd())})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(vectorFile, string(f.Raw)); diff != "" {
		t.Errorf("file differs from the vector (-want +got):\n%s", diff)
	}
	sum := sha256.Sum256(f.Message)
	if got := hex.EncodeToString(sum[:]); got != "f3f2b72a9a6f44f78bb5f554b8f13871d8f40fb8601ce77ec5e2945927c7e4f6" {
		t.Errorf("SHA-256 of the body is %s", got)
	}
	meta := notary.MetaOf(f.Raw)
	if got := hex.EncodeToString(meta.Hashes["sha256"]); got != "9a2349de9dcb8a6c3e657c80355808dd2ac2c0886b1b69614473fdf88c18ceef" || meta.Length != 419 {
		t.Errorf("the file is named by %s, %d bytes", got, meta.Length)
	}
	if len(meta.Hashes["sha512"]) != 64 {
		t.Errorf("SHA-512 of %d bytes", len(meta.Hashes["sha512"]))
	}
}

func TestVectorSignatures(t *testing.T) {
	f, err := notary.ParseTargets(trustdata.RoleTargets, []byte(vectorFile))
	if err != nil {
		t.Fatal(err)
	}
	if err := notary.VerifySignature(vectorEd().Public(), "eddsa", f.Signatures[0].Bytes, f.Message); err != nil {
		t.Errorf("ed25519 vector: %v", err)
	}
	for _, key := range []trustdata.PublicKey{
		{Type: trustdata.KeyECDSA, Value: b64(vectorECPublic)},
		{Type: trustdata.KeyECDSAx509, Value: []byte(vectorCert)},
	} {
		if err := notary.VerifySignature(key, "ecdsa", b64(vectorECSig), f.Message); err != nil {
			t.Errorf("ecdsa vector by %s: %v", key.Type, err)
		}
		if err := notary.VerifySignature(key, "ecdsa", b64(vectorECSig), append(f.Message[:len(f.Message):len(f.Message)], ' ')); err == nil {
			t.Errorf("ecdsa vector by %s holds for another message", key.Type)
		}
	}
}

func TestVectorCanonical(t *testing.T) {
	tests := []struct {
		in, want string
		already  bool
	}{
		{`{"b":1,"a":"<x>&"}`, `{"a":"<x>&","b":1}`, false},
		{`{"d":1e3,"e":-0}`, `{"d":1000,"e":0}`, false},
		{`{"z\"q":"\\"}`, `{"z\"q":"\\"}`, true},
		{`{"s":"\u00e9\u2028\t"}`, "{\"s\":\"\xc3\xa9\xe2\x80\xa8\x09\"}", false},
		{`{"f":9007199254740993}`, `{"f":9007199254740992}`, false},
	}
	for _, tt := range tests {
		got, already, err := notary.Canonical([]byte(tt.in))
		if err != nil || string(got) != tt.want || already != tt.already {
			t.Errorf("Canonical(%s) = %q, %v, %v; want %q, %v", tt.in, got, already, err, tt.want, tt.already)
		}
	}
	if got, _, err := notary.Canonical([]byte(`{"a":1.5}`)); err == nil {
		t.Errorf("a fraction has the canonical form %q", got)
	}
}

// TestVectorWireForm: the characters that Go escapes for HTML are escaped on the wire
// and not in what is signed.
func TestVectorWireForm(t *testing.T) {
	body := notary.Targets{
		Version: 1, Expires: now,
		Targets: notary.EntriesOf(map[string]notary.Entry{
			"a<b>&\u2028\u2029": {Hashes: notary.Hashes{SHA256: make([]byte, 32)}, Length: 1},
		}),
	}
	f, err := notary.SignTargets(trustdata.RoleTargets, body, []notary.Signer{signer(vectorEd())})
	if err != nil {
		t.Fatal(err)
	}
	if want := []byte(`"a\u003cb\u003e\u0026\u2028\u2029":{`); !bytes.Contains(f.Raw, want) {
		t.Errorf("the wire form lacks %s: %s", want, f.Raw)
	}
	if want := []byte("\"a<b>&\u2028\u2029\":{"); !bytes.Contains(f.Message, want) {
		t.Errorf("the message lacks %s: %s", want, f.Message)
	}
	again, err := notary.ParseTargets(trustdata.RoleTargets, f.Raw)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(body.Targets, again.Body.Targets); diff != "" {
		t.Errorf("targets read back differ (-want +got):\n%s", diff)
	}
}
