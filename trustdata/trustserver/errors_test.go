package trustserver_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

// Each refused upload leaves every file as it was.
func TestRefusedUploads(t *testing.T) {
	stranger := newKey(t)
	cases := map[string]struct {
		upload func(p *peer, o *owner) files
		code   string
		detail string // a part of it
	}{
		"stale targets": {func(_ *peer, o *owner) files { return files{targets: o.targetsFile()} }, "VERSION", "{}"},
		"same root":     {func(_ *peer, o *owner) files { return files{root: o.rootFile()} }, "VERSION", "{}"},
		"root skips a version": {func(_ *peer, o *owner) files {
			o.rootBody.Version = 3
			return files{root: o.rootFile()}
		}, "INVALID_UPDATE", `"Name":"ErrBadRoot","Error":{"Msg":"Root modifications must increment the version. Current 1, new 3"}`},
		"root of another repository": {func(_ *peer, o *owner) files {
			old := o.rootSigner()
			o.gun = "registry.acme.example/pay/api"
			o.cert = o.certificate(o.root)
			o.list(root, o.cert)
			o.rootBody.Version = 2
			return files{root: o.rootFile(old)}
		}, "INVALID_UPDATE", `"ErrBadRoot"`},
		"expired root": {func(p *peer, o *owner) files {
			o.rootBody.Version = 2
			o.rootBody.Expires = start.Add(-time.Second)
			return files{root: o.rootFile()}
		}, "INVALID_UPDATE", `"ErrBadRoot"`},
		"foreign timestamp key": {func(_ *peer, o *owner) files {
			o.list(timestamp, stranger.Public())
			o.rootBody.Version = 2
			return files{root: o.rootFile()}
		}, "INVALID_UPDATE", `"ErrBadRoot"`},
		"foreign snapshot key": {func(_ *peer, o *owner) files {
			o.list(snapshot, stranger.Public())
			o.rootBody.Version = 2
			return files{root: o.rootFile()}
		}, "INVALID_UPDATE", `"Name":"ErrBadHierarchy","Error":{"Missing":"snapshot","Msg":`},
		"targets by a stranger": {func(_ *peer, o *owner) files {
			o.targets = stranger
			o.targetsBody.Version = 2
			return files{targets: o.targetsFile()}
		}, "INVALID_UPDATE", `"ErrBadTargets"`},
		"expired targets": {func(_ *peer, o *owner) files {
			o.targetsBody.Version = 2
			o.targetsBody.Expires = start.Add(-time.Second)
			return files{targets: o.targetsFile()}
		}, "INVALID_UPDATE", `"ErrBadTargets"`},
		"unknown delegation": {func(_ *peer, o *owner) files {
			return files{alice: o.delegated(alice, stranger, 1)}
		}, "INVALID_UPDATE", `"ErrBadTargets"`},
		"child of an unknown delegation": {func(_ *peer, o *owner) files {
			return files{nested: o.delegated(nested, stranger, 1)}
		}, "INVALID_UPDATE", `"ErrBadTargets"`},
		"delegation by a stranger": {func(_ *peer, o *owner) files {
			o.delegate(alice, newKey(t))
			o.targetsBody.Version = 2
			return files{targets: o.targetsFile(), alice: o.delegated(alice, stranger, 1)}
		}, "INVALID_UPDATE", `"ErrBadTargets"`},
		"snapshot by a stranger": {func(_ *peer, o *owner) files {
			return files{snapshot: o.snapshotFile(stranger, 2, files{root: o.rootFile(), targets: o.targetsFile()})}
		}, "INVALID_UPDATE", `"ErrBadSnapshot"`},
		"duplicate members": {func(_ *peer, o *owner) files {
			o.targetsBody.Version = 2
			return files{targets: bytes.Replace(o.targetsFile(), []byte(`"version":2`), []byte(`"version":2,"version":2`), 1)}
		}, "INVALID_UPDATE", `"ErrBadTargets"`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			p, o := published(t)
			before := p.server.Files(gun)
			a := p.post(gun, c.upload(p, o))
			w := p.wrong(a)
			if a.status != http.StatusBadRequest || w.Code != c.code || !strings.Contains(string(w.Detail), c.detail) {
				t.Errorf("got %d %s, want 400 %s with %s", a.status, a.body, c.code, c.detail)
			}
			after := p.server.Files(gun)
			for role, data := range before {
				if !bytes.Equal(data, after[role]) {
					t.Errorf("%s changed", role)
				}
			}
			if len(after) != len(before) {
				t.Errorf("%d files before, %d after", len(before), len(after))
			}
		})
	}
}

// A first upload has rules of its own.
func TestRefusedFirstUploads(t *testing.T) {
	cases := map[string]struct {
		upload func(o *owner) files
		detail string
	}{
		"nothing":    {func(*owner) files { return nil }, `"Name":"ErrValidation","Error":{"Msg":"no pre-existing root and no root provided in update."}`},
		"no root":    {func(o *owner) files { return files{targets: o.targetsFile()} }, `"ErrValidation"`},
		"no targets": {func(o *owner) files { return files{root: o.rootFile()} }, `"Name":"ErrValidation","Error":{"Msg":"targets must be loaded first"}`},
		"root at version 3": {func(o *owner) files {
			o.rootBody.Version = 3
			return files{root: o.rootFile(), targets: o.targetsFile()}
		}, `"Msg":"Root modifications must increment the version. Current 1, new 3"`},
		"bare root key": {func(o *owner) files {
			o.list(root, o.root.Public())
			f, err := notary.SignRoot(o.rootBody, []notary.Signer{o.root.signer()})
			must(o.t, err)
			return files{root: f.Raw, targets: o.targetsFile()}
		}, `"ErrBadRoot"`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			p := newPeer(t)
			o := newOwner(t, gun, p.serverKey(http.MethodGet, timestamp), p.serverKey(http.MethodGet, snapshot))
			a := p.post(gun, c.upload(o))
			if w := p.wrong(a); a.status != http.StatusBadRequest || w.Code != "INVALID_UPDATE" || !strings.Contains(string(w.Detail), c.detail) {
				t.Errorf("got %d %s, want INVALID_UPDATE with %s", a.status, a.body, c.detail)
			}
			if got := p.get(tuf(gun, "root.json")).status; got != http.StatusNotFound {
				t.Errorf("root.json afterwards: %d", got)
			}
		})
	}
}

// A parent in the store that the uploaded root no longer vouches for is an internal
// matter to the reference server: no detail.
func TestStoredParentNoLongerHolds(t *testing.T) {
	p, o := published(t)
	key := newKey(t)
	o.delegate(alice, key)
	o.targetsBody.Version = 2
	p.mustPost(gun, files{targets: o.targetsFile()})
	o.list(targets, newKey(t).Public())
	o.rootBody.Version = 2
	a := p.post(gun, files{root: o.rootFile(), alice: o.delegated(alice, key, 1)})
	if w := p.wrong(a); w.Code != "INVALID_UPDATE" || w.Detail != nil {
		t.Errorf("got %d %s, want INVALID_UPDATE without a detail", a.status, a.body)
	}
}

// A snapshot of the client's own must name the files that come with it as they are.
func TestSnapshotMustMatch(t *testing.T) {
	p := newPeer(t)
	key := newKey(t)
	o := newOwner(t, gun, p.serverKey(http.MethodGet, timestamp), key.Public())
	r, tg := o.rootFile(), o.targetsFile()
	for name, listed := range map[string]files{
		"other root":    {root: o.rootFile(), targets: tg},
		"other targets": {root: r, targets: o.targetsFile()},
	} {
		a := p.post(gun, files{root: r, targets: tg, snapshot: o.snapshotFile(key, 1, listed)})
		if w := p.wrong(a); w.Code != "INVALID_UPDATE" || !strings.Contains(string(w.Detail), "ErrBadSnapshot") {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
}

func TestMalformedUploads(t *testing.T) {
	part := func(disposition, body string) string {
		return "--" + boundary + "\r\n" + disposition + "\r\n\r\n" + body + "\r\n--" + boundary + "--\r\n"
	}
	named := func(name, body string) string {
		return part(`Content-Disposition: form-data; name="files"; filename="`+name+`"`, body)
	}
	form := "multipart/form-data; boundary=" + boundary
	cases := map[string]struct {
		contentType, body, want string
	}{
		"not multipart": {"application/json", "{}", `{"errors":[{"code":"MALFORMED_UPLOAD","message":"The body of your request is malformed."}]}`},
		"no boundary":   {"multipart/form-data", "", `{"errors":[{"code":"MALFORMED_UPLOAD","message":"The body of your request is malformed."}]}`},
		"cut short":     {form, strings.TrimSuffix(named("root", "{}"), "\r\n--"+boundary+"--\r\n"), `{"errors":[{"code":"MALFORMED_UPLOAD","message":"The body of your request is malformed."}]}`},
		"no file name":  {form, part(`Content-Disposition: form-data; name="files"`, "{}"), `{"errors":[{"code":"NO_FILENAME","message":"No file/role name provided."}]}`},
		"no headers":    {form, part("X: y", "{}"), `{"errors":[{"code":"NO_FILENAME","message":"No file/role name provided."}]}`},
		"unknown role":  {form, named("alice", "{}"), `{"errors":[{"code":"INVALID_ROLE","message":"The role you are attempting to operate on is invalid.","detail":"alice"}]}`},
		"path in role":  {form, named("targets/../root", "{}"), `{"errors":[{"code":"INVALID_ROLE","message":"The role you are attempting to operate on is invalid.","detail":"targets/../root"}]}`},
		"not JSON":      {form, named("targets.json", "<html>"), `{"errors":[{"code":"MALFORMED_JSON","message":"JSON sent by the client could not be parsed by the server"}]}`},
		"empty":         {form, named("root", ""), `{"errors":[{"code":"MALFORMED_JSON","message":"JSON sent by the client could not be parsed by the server"}]}`},
		"wrong types":   {form, named("root", `{"signed":{"version":"one"}}`), `{"errors":[{"code":"MALFORMED_JSON","message":"JSON sent by the client could not be parsed by the server"}]}`},
		"too long":      {form, named("timestamp", `{"x":"`+strings.Repeat("x", 1<<20)+`"}`), `{"errors":[{"code":"MALFORMED_UPLOAD","message":"The body of your request is malformed."}]}`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			p := newPeer(t)
			a := p.do(http.MethodPost, tuf(gun, ""), c.contentType, []byte(c.body))
			if a.status != http.StatusBadRequest || string(a.body) != c.want+"\n" {
				t.Errorf("got %d %q, want 400 %q", a.status, a.body, c.want)
			}
			if got := a.header.Get("Content-Type"); got != "application/json; charset=utf-8" {
				t.Errorf("Content-Type %q", got)
			}
		})
	}
}

func TestPublishInProcess(t *testing.T) {
	p, o := published(t)
	err := p.server.Publish(gun, files{targets: o.targetsFile()})
	if err == nil || !strings.Contains(err.Error(), "VERSION") {
		t.Errorf("a stale publish: %v", err)
	}
	err = p.server.Publish("registry.acme.example/none", nil)
	if err == nil || !strings.Contains(err.Error(), "no pre-existing root") {
		t.Errorf("a publish of nothing: %v", err)
	}
	if got := p.server.Files(trustdata.GUN("registry.acme.example/none")); len(got) != 0 {
		t.Errorf("files of an unknown repository: %v", got)
	}
}
