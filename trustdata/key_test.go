package trustdata

import (
	"encoding/base64"
	"testing"
)

func decode(t *testing.T, s string) []byte {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

const vectorECDSA = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEUVw9brnjlrkE0/7Kf1T9zQzB6Ze/N13KUVrQpsO0A19FNr46UPMY+/mlR1kCoiFQK+8NV+CMU7LMClbxfZ+TVA=="

// vectorChain certifies the key of vectorECDSA for example.com/acme/app.
const vectorChain = `-----BEGIN CERTIFICATE-----
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

func TestKeyIDs(t *testing.T) {
	const ecdsaID = "4f782b921ea3dd7670190544c507db264f676f0fdf10b8333d1ac7f6942458c6"
	for name, c := range map[string]struct {
		key            PublicKey
		listed, bareID string
	}{
		"ecdsa":      {PublicKey{KeyECDSA, decode(t, vectorECDSA)}, ecdsaID, ecdsaID},
		"ecdsa-x509": {PublicKey{KeyECDSAx509, []byte(vectorChain)}, "d111ced42dc568253e1440fb0378bc89ea8c6e11c98a5b7822747030caec7ba7", ecdsaID},
		"ed25519": {PublicKey{KeyED25519, decode(t, "A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=")},
			"b9fe8d4b54e73abb584e2015aaa447047e53282f491dcc70c40d2474d3096a21", "b9fe8d4b54e73abb584e2015aaa447047e53282f491dcc70c40d2474d3096a21"},
	} {
		if got := string(c.key.ListedID()); got != c.listed {
			t.Errorf("%s: listed ID %s, want %s", name, got, c.listed)
		}
		id, err := c.key.KeyID()
		if err != nil || string(id) != c.bareID {
			t.Errorf("%s: key ID %s, %v; want %s", name, id, err, c.bareID)
		}
		if _, ok := c.key.CertificateID(); ok != c.key.IsX509() {
			t.Errorf("%s: CertificateID ok = %v", name, ok)
		}
	}
}

func TestBareNeedsCertificate(t *testing.T) {
	for name, pem := range map[string]string{
		"empty":    "",
		"not PEM":  "hello",
		"headers":  "-----BEGIN CERTIFICATE-----\na: b\n\nAAAA\n-----END CERTIFICATE-----\n",
		"not DER":  "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
		"a key's":  "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
		"half DER": vectorChain[:120] + "\n-----END CERTIFICATE-----\n",
	} {
		if id, err := (PublicKey{KeyECDSAx509, []byte(pem)}).KeyID(); err == nil {
			t.Errorf("%s: key ID %s, want an error", name, id)
		}
	}
}

func TestParseKeyID(t *testing.T) {
	const id = "4f782b921ea3dd7670190544c507db264f676f0fdf10b8333d1ac7f6942458c6"
	if got, err := ParseKeyID(id); err != nil || got.Short() != "4f782b9" {
		t.Errorf("ParseKeyID = %q, %v", got, err)
	}
	for _, bad := range []string{"", id[:63], id + "0", "4F" + id[2:], "../" + id[3:], id[:63] + "\n"} {
		if _, err := ParseKeyID(bad); err == nil {
			t.Errorf("ParseKeyID(%q) is accepted", bad)
		}
	}
}
