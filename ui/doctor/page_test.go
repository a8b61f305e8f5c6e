package doctor

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"keyrite/trustdata/access"
	"keyrite/trustdata/audit"
	"keyrite/ui"
)

// TestPage has names that would act on a terminal wherever a server or a file can put one.
func TestPage(t *testing.T) {
	const evil = "x\x1b[2J\u202e"
	v := access.Visit{Asked: []string{"repository:" + evil + ":pull"}, Status: 403, TokenStatus: 200, TokenLife: 5 * time.Minute, Message: evil,
		Challenge: access.Challenge{Scheme: "Bearer", Realm: "https://user:s3cret@auth.example/token?x=s3cret", Service: evil},
		Token:     access.Token{Readable: true, Granted: []string{"repository:" + evil + ":pull"}}}
	login := access.Login{Kind: access.Password, User: evil, Source: "auths in docker's config.json", Key: evil, Helper: evil, Shadowed: []string{evil},
		Token: access.Token{Expires: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)}}
	d := audit.Doctor{GUN: "reg.example/x", Servers: []audit.Server{{Kind: audit.TrustServer, URL: "https://trust.example", Login: login, Read: &v, Write: &v}}}
	findings := []audit.Finding{{Severity: audit.Error, Code: "x", Path: evil, Message: `the server "x\x1b" said no`, Remedy: "ask"}, {Severity: audit.Info, Message: "a note"}}
	var table, plain bytes.Buffer
	if err := ui.WriteTable(&table, Page(d, findings)); err != nil {
		t.Fatal(err)
	}
	if err := ui.WritePlain(&plain, Page(d, findings)); err != nil {
		t.Fatal(err)
	}
	for what, out := range map[string]string{"table": table.String(), "plain": plain.String()} {
		if strings.ContainsAny(out, "\x1b\u202e") || strings.Contains(out, "s3cret") {
			t.Errorf("%s shows what it must not:\n%s", what, out)
		}
		for _, want := range []string{`x\x1b[2J\u202e`, "https://auth.example/token", "until 2026-11-22 12:00:00 UTC", "a token (Bearer)", "for 5m0s", "the server answered 403", "not verified here", "said no"} {
			if !strings.Contains(out, want) {
				t.Errorf("%s has no %q:\n%s", what, want, out)
			}
		}
	}
	if !strings.Contains(plain.String(), "2 findings, 1 of them") {
		t.Errorf("summary:\n%s", plain.String())
	}
}
