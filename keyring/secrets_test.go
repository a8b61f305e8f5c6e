package keyring

import (
	"bytes"
	"encoding/base64"
	"encoding/gob"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

// A secret is looked for in the forms that printing gives bytes.
func leaks(out string, secret []byte) bool {
	decimal := strings.Trim(fmt.Sprint(secret[:8]), "[]")
	forms := []string{string(secret), hex.EncodeToString(secret), base64.StdEncoding.EncodeToString(secret)[:20],
		decimal, strings.ReplaceAll(decimal, " ", ", "), strings.Trim(fmt.Sprintf("% x", secret[:8]), " "),
		strings.Trim(fmt.Sprintf("%#v", secret[:8]), "[]byte{}"), strings.Trim(fmt.Sprintf("%q", secret), `"`)}
	for _, form := range forms {
		if strings.Contains(strings.ToLower(out), strings.ToLower(form)) {
			return true
		}
	}
	return false
}

// TestLeaksAreSeen shows that the test below would fail.
func TestLeaksAreSeen(t *testing.T) {
	secret := []byte("correct horse battery staple")
	type hidden struct{ secret []byte }
	for _, verb := range []string{"%v", "%+v", "%#v", "%d", "%x", "%X", "%s", "%q"} {
		if out := fmt.Sprintf(verb, hidden{secret}); !leaks(out, secret) {
			t.Errorf("%s of bytes in an unexported field is not seen as a leak: %s", verb, out)
		}
	}
}

func TestSecretsDoNotPrint(t *testing.T) {
	secret := []byte("correct horse battery staple")
	pass := NewPassphrase(bytes.Clone(secret))
	k, err := newPrivateKey(ecdsaVector(t))
	if err != nil {
		t.Fatal(err)
	}
	scalar, err := ecdsaVector(t).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	type hidden struct {
		p   Passphrase
		k   PrivateKey
		ptr *PrivateKey
		any any
	}
	type open struct {
		P Passphrase
		K *PrivateKey
	}
	values := map[string]any{
		"passphrase": pass, "to passphrase": &pass, "key": k, "key value": *k,
		"unexported": hidden{pass, *k, k, pass}, "to unexported": &hidden{pass, *k, k, *k}, "exported": open{pass, k},
		"slice": []Passphrase{pass}, "map": map[string]any{"p": pass, "k": k, "h": hidden{pass, *k, k, k}}, "empty": Passphrase{},
	}
	for name, v := range values {
		for how, out := range printings(v) {
			if leaks(out, secret) || leaks(out, scalar) {
				t.Errorf("%s by %s shows the secret: %s", name, how, out)
			}
		}
	}
}

// printings is v in every form that could reach a log.
func printings(v any) map[string]string {
	out := map[string]string{"error": fmt.Errorf("failed: %v", v).Error(), "Sprint": fmt.Sprint(v), "Sprintln": fmt.Sprintln("x", v)}
	for _, verb := range []string{"v", "s", "q", "x", "X", "d", "o", "b", "c", "U", "e", "g", "t", "T", "p"} {
		for _, flag := range []string{"", "+", "#", " ", "-40", "040", ".50"} {
			out["%"+flag+verb] = fmt.Sprintf("%"+flag+verb, v)
		}
	}
	var text, js bytes.Buffer
	slog.New(slog.NewTextHandler(&text, nil)).Info("m", "v", v, slog.Group("g", "v", v))
	slog.New(slog.NewJSONHandler(&js, nil)).Info("m", "v", v, slog.Group("g", "v", v))
	out["slog text"], out["slog JSON"] = text.String(), js.String()
	if b, err := json.Marshal(v); err == nil {
		out["JSON"] = string(b)
	} else {
		out["JSON"] = err.Error()
	}
	b, err := xml.Marshal(v)
	out["XML"] = string(b) + fmt.Sprint(err)
	var g bytes.Buffer
	err = gob.NewEncoder(&g).Encode(v)
	out["gob"] = g.String() + fmt.Sprint(err)
	return out
}

func TestSecretsHaveNoTextForm(t *testing.T) {
	k, err := newPrivateKey(ecdsaVector(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []any{NewPassphrase([]byte("x")), k, *k} {
		if b, err := json.Marshal(v); err == nil {
			t.Errorf("%T became %s", v, b)
		}
	}
	if got := fmt.Sprintf("%x %v", NewPassphrase([]byte("x")), k); got != "[passphrase] [private key 4f782b9]" {
		t.Errorf("printed as %s", got)
	}
}

func TestPassphrase(t *testing.T) {
	b := []byte("secret")
	p := NewPassphrase(b)
	again := p
	if p.IsEmpty() || !p.Equal(NewPassphrase([]byte("secret"))) || p.Equal(NewPassphrase([]byte("secret2"))) || p.Equal(Passphrase{}) {
		t.Error("a passphrase does not compare as it should")
	}
	if !(Passphrase{}).Equal(NewPassphrase(nil)) || !NewPassphrase(nil).IsEmpty() {
		t.Error("empty passphrases differ")
	}
	var seen string
	if err := p.Use(func(b []byte) error { seen = string(b); return fmt.Errorf("back") }); err == nil || err.Error() != "back" || seen != "secret" {
		t.Errorf("Use gave %q, %v", seen, err)
	}
	p.Wipe()
	if !again.IsEmpty() || !bytes.Equal(b, make([]byte, 6)) {
		t.Errorf("after Wipe the bytes are %q", b)
	}
	(Passphrase{}).Wipe()
	if err := (Passphrase{}).Use(func(b []byte) error { seen = string(b); return nil }); err != nil || seen != "" {
		t.Errorf("the zero passphrase is %q, %v", seen, err)
	}
}
