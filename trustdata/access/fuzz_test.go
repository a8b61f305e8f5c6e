package access

import (
	"net/url"
	"strings"
	"testing"
)

func FuzzReadToken(f *testing.F) {
	f.Add("e30.eyJleHAiOjQxMDI0NDQ4MDAsImFjY2VzcyI6W3sidHlwZSI6InJlcG9zaXRvcnkiLCJuYW1lIjoieCIsImFjdGlvbnMiOlsicHVsbCJdfV19.x")
	f.Add("e30.eyJhY2Nlc3MiOltudWxsXX0.x")
	f.Add("...")
	f.Fuzz(func(t *testing.T, s string) {
		tok := ReadToken(s)
		if !tok.Readable && (len(tok.Granted) > 0 || !tok.Expires.IsZero()) {
			t.Errorf("%q is not readable and says %+v", s, tok)
		}
		if tok.Grants("x", Pull) && !strings.Contains(strings.Join(tok.Granted, " "), "repository:x:") {
			t.Errorf("%q grants what it does not name: %q", s, tok.Granted)
		}
	})
}

func FuzzHelperAnswer(f *testing.F) {
	f.Add([]byte(`{"ServerURL":"x","Username":"u","Secret":"s"}`))
	f.Add([]byte(`{"Username":"<token>","Secret":"s"}{}`))
	f.Fuzz(func(t *testing.T, answer []byte) {
		login, err := parseHelperAnswer(answer)
		if err != nil && (login.Password != "" || login.RefreshToken != "") {
			t.Errorf("%q gives a login and %v", answer, err)
		}
		if strings.ContainsAny(login.Username, "\x00\x1b\r\n") {
			t.Errorf("user name %q", login.Username)
		}
	})
}

// FuzzRealm holds that no challenge, however it is written, makes a token service on
// another host one that may see a login.
func FuzzRealm(f *testing.F) {
	f.Add("https://192.0.2.9/token")
	f.Add("https://reg.example@192.0.2.9/token")
	f.Add("https://reg.example:443/token")
	f.Add("//auth.docker.io")
	server, _ := url.Parse("https://reg.example")
	f.Fuzz(func(t *testing.T, realm string) {
		u, err := url.Parse(realm)
		if err != nil || u.Host == "" {
			return
		}
		if (policy{server: server}).trusts(u) && !strings.EqualFold(u.Hostname(), "reg.example") {
			t.Errorf("%q is trusted", realm)
		}
	})
}
