package trustserver_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

func TestGet(t *testing.T) {
	p, o := published(t)
	o.targetsBody.Version = 2
	second := o.targetsFile()
	p.mustPost(gun, files{targets: second})
	sum := hexSum(notary.MetaOf(second))
	const (
		current = "public, max-age=300, s-maxage=300, must-revalidate"
		forever = "public, max-age=2592000, s-maxage=2592000"
	)
	for name, cache := range map[string]string{
		"targets.json":             current,
		"2.targets.json":           forever,
		"02.targets.json":          forever,
		"targets." + sum + ".json": forever,
	} {
		a := p.get(tuf(gun, name))
		if a.status != http.StatusOK || !bytes.Equal(a.body, second) {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
		if got := a.header.Get("Cache-Control"); got != cache {
			t.Errorf("%s: Cache-Control %q, want %q", name, got, cache)
		}
		if got := a.header.Get("Content-Type"); got != "text/plain; charset=utf-8" {
			t.Errorf("%s: Content-Type %q", name, got)
		}
		if got, want := a.header.Get("Last-Modified"), "Sun, 01 Mar 2026 12:00:00 UTC"; got != want {
			t.Errorf("%s: Last-Modified %q, want %q", name, got, want)
		}
	}
}

func TestUnknown(t *testing.T) {
	p, o := published(t)
	sum := hexSum(notary.MetaOf(o.targetsFile()))
	rootSum := hexSum(notary.MetaOf(p.server.Files(gun)[root]))
	const (
		metadata = `{"errors":[{"code":"METADATA_NOT_FOUND","message":"You have requested metadata that does not exist."}]}` + "\n"
		absent   = `{"errors":[{"code":"METADATA_NOT_FOUND","message":"You have requested metadata that does not exist.","detail":{}}]}` + "\n"
	)
	cases := []struct{ method, path, want string }{
		{"GET", tuf("registry.acme.example/none", "root.json"), absent},
		{"GET", tuf("registry.acme.example/none", "timestamp.json"), absent},
		{"GET", tuf(gun, "targets/alice.json"), absent},
		{"GET", tuf(gun, "9.root.json"), absent},
		{"GET", tuf(gun, "99999999999999999999.root.json"), absent},
		{"GET", tuf(gun, "-1.root.json"), metadata},
		{"GET", tuf(gun, "other.json"), metadata},
		{"GET", tuf(gun, "1.other.json"), metadata},
		{"GET", tuf(gun, "root.abc.json"), metadata},
		{"GET", tuf(gun, ".root.json"), metadata},
		{"GET", tuf(gun, "root."+rootSum+rootSum+".json"), absent},
		{"GET", tuf(gun, "targets."+sum+".json"), absent},
		{"GET", tuf(gun, "targets."+rootSum+".json"), absent},
		{"GET", tuf(gun, "root."+strings.ToUpper(rootSum)+".json"), absent},
		{"GET", tuf(gun, "root.key"), metadata},
		{"GET", tuf(gun, "targets.key"), metadata},
		{"PUT", tuf(gun, "timestamp.key"), metadata},
		{"PUT", tuf(gun, "root.json"), metadata},
		{"GET", tuf(gun, ""), metadata},
		{"GET", tuf("a/../b", "root.json"), metadata},
		{"GET", "/v2/_trust/other", metadata},
		{"POST", "/v2/_trust/changefeed", metadata},
		{"GET", "/", metadata},
		{"GET", "/v2/" + string(gun) + "/_trust/other", metadata},
		{"POST", "/v2/", metadata},
	}
	for _, c := range cases {
		if a := p.do(c.method, c.path, "", nil); a.status != http.StatusNotFound || string(a.body) != c.want {
			t.Errorf("%s %s: %d %q, want 404 %q", c.method, c.path, a.status, a.body, c.want)
		}
	}
	if a := p.do(http.MethodHead, tuf(gun, "root.json"), "", nil); a.status != http.StatusNotFound {
		t.Errorf("HEAD: %d", a.status)
	}
	bad := p.do(http.MethodPost, "/v2/a//b/_trust/tuf/", "multipart/form-data; boundary="+boundary, multipartBody(nil))
	if w := p.wrong(bad); bad.status != http.StatusBadRequest || w.Code != "INVALID_GUN" {
		t.Errorf("publish to a bad name: %d %s", bad.status, bad.body)
	}
}

func TestPingAndHealth(t *testing.T) {
	p := newPeer(t)
	for _, path := range []string{"/v2/", "/_notary_server/health"} {
		if got := string(p.mustGet(path)); got != "{}" {
			t.Errorf("%s: %q", path, got)
		}
	}
}

// The members of a key's answer stand in an order of their own.
func TestKeyForm(t *testing.T) {
	p := newPeer(t)
	form := regexp.MustCompile(`^\{"keytype":"ed25519","keyval":\{"public":"[A-Za-z0-9+/]{43}=","private":null\}\}$`)
	seen := map[string]bool{}
	for range 2 {
		for _, path := range []string{"timestamp.key", "snapshot.key"} {
			body := p.mustGet(tuf(gun, path))
			if !form.Match(body) {
				t.Errorf("%s: %q", path, body)
			}
			seen[string(body)] = true
		}
	}
	if len(seen) != 4 {
		t.Errorf("before a publish each GET gives another key; got %d of 4", len(seen))
	}
}

func TestRenewal(t *testing.T) {
	p, _ := published(t)
	before := p.mustGet(tuf(gun, "timestamp.json"))
	p.clock.advance(14 * 24 * time.Hour)
	if got := p.mustGet(tuf(gun, "timestamp.json")); !bytes.Equal(got, before) {
		t.Error("a timestamp was renewed before it expired")
	}
	p.clock.advance(time.Second)
	p.mustGet(tuf(gun, "timestamp.json"))
	p.wantVersions(base(1, 1, 1, 2))

	p.clock.advance(notary.Lifetime(snapshot) - 14*24*time.Hour)
	p.mustGet(tuf(gun, "snapshot.json"))
	got := map[trustdata.Role]int64{}
	sn, err := notary.ParseSnapshot(p.server.Files(gun)[snapshot])
	must(t, err)
	ts, err := notary.ParseTimestamp(p.server.Files(gun)[timestamp])
	must(t, err)
	got[snapshot], got[timestamp] = sn.Body.Version, ts.Body.Version
	if diff := cmp.Diff(map[trustdata.Role]int64{snapshot: 2, timestamp: 3}, got); diff != "" {
		t.Errorf("after the snapshot expired (-want +got):\n%s", diff)
	}
}

func TestRenewalThatCannotBe(t *testing.T) {
	p, _ := published(t)
	p.clock.advance(notary.Lifetime(root) + time.Hour)
	a := p.get(tuf(gun, "timestamp.json"))
	if w := p.wrong(a); a.status != http.StatusInternalServerError || w.Code != "UNKNOWN" {
		t.Errorf("an expired root: %d %s", a.status, a.body)
	}

	p = newPeer(t)
	key := newKey(t)
	o := newOwner(t, gun, p.serverKey(http.MethodGet, timestamp), key.Public())
	r, tg := o.rootFile(), o.targetsFile()
	p.mustPost(gun, files{root: r, targets: tg, snapshot: o.snapshotFile(key, 1, files{root: r, targets: tg})})
	p.clock.advance(notary.Lifetime(snapshot) + time.Hour)
	a = p.get(tuf(gun, "timestamp.json"))
	if w := p.wrong(a); a.status != http.StatusInternalServerError || w.Code != "UNKNOWN" {
		t.Errorf("an expired snapshot of the client's: %d %s", a.status, a.body)
	}
}

func TestDelete(t *testing.T) {
	p, o := published(t)
	longer := gun + "-next"
	next := newOwner(t, longer, p.serverKey(http.MethodGet, timestamp), p.serverKey(http.MethodGet, snapshot))
	p.mustPost(longer, files{root: next.rootFile(), targets: next.targetsFile()})
	for range 2 { // the second time there is nothing left, which is no error
		if a := p.do(http.MethodDelete, tuf(gun, ""), "", nil); a.status != http.StatusOK || len(a.body) != 0 {
			t.Errorf("DELETE: %d %q", a.status, a.body)
		}
	}
	if a := p.get(tuf(gun, "root.json")); a.status != http.StatusNotFound {
		t.Errorf("root.json after DELETE: %d", a.status)
	}
	p.mustGet(tuf(longer, "root.json"))
	p.mustPost(gun, files{root: o.rootFile(), targets: o.targetsFile()})
	p.wantVersions(base(1, 1, 1, 1))
}

// change is what a test reads of a record.
type change struct {
	ID       string
	GUN      string
	Version  int
	Category string
}

func TestChangefeed(t *testing.T) {
	p, _ := published(t)
	other := trustdata.GUN("registry.acme.example/pay/api")
	o := newOwner(t, other, p.serverKey(http.MethodGet, timestamp), p.serverKey(http.MethodGet, snapshot))
	p.mustPost(other, files{root: o.rootFile(), targets: o.targetsFile()})
	p.mustPost(gun, nil)
	p.do(http.MethodDelete, tuf(other, ""), "", nil)
	web := func(id string, v int) change { return change{id, string(gun), v, "update"} }
	api := change{"2", string(other), 1, "update"}
	gone := change{"4", string(other), 0, "deletion"}
	all := "/v2/_trust/changefeed"
	one := "/v2/" + string(gun) + "/_trust/changefeed"
	for _, c := range []struct {
		path string
		want []change
	}{
		{all + "?records=0", []change{web("1", 1), api, web("3", 2), gone}},
		{all + "?records=2", []change{web("1", 1), api}},
		{all + "?records=2&change_id=2", []change{web("3", 2), gone}},
		{all + "?records=9&change_id=4", nil},
		{all + "?records=9&change_id=99", nil},
		{all + "?records=-2&change_id=-1", []change{web("3", 2), gone}},
		{all + "?records=1&change_id=-1", []change{gone}},
		{all + "?records=-1", []change{gone}},
		{all + "?records=-9&change_id=3", []change{web("1", 1), api}},
		{one + "?records=9", []change{web("1", 1), web("3", 2)}},
		{one + "?records=1&change_id=1", []change{web("3", 2)}},
		{one + "?records=-1&change_id=3", []change{web("1", 1)}},
		{"/v2/none/_trust/changefeed?records=1", nil},
	} {
		var got struct {
			Count   int
			Records []change
		}
		must(t, json.Unmarshal(p.mustGet(c.path), &got))
		if diff := cmp.Diff(c.want, got.Records); diff != "" || got.Count != len(c.want) {
			t.Errorf("%s: count %d (-want +got):\n%s", c.path, got.Count, diff)
		}
	}
	for _, query := range []string{"", "?records=x", "?records=1&change_id=x"} {
		if a := p.get(all + query); a.status != http.StatusBadRequest || p.wrong(a).Code != "INVALID_PARAMETERS" {
			t.Errorf("%q: %d %s", query, a.status, a.body)
		}
	}
	if got, want := string(p.mustGet(all+"?records=9&change_id=4")), `{"count":0,"records":null}`; got != want {
		t.Errorf("no records: %s, want %s", got, want)
	}
	sum := hexSum(notary.MetaOf(p.server.Files(gun)[timestamp]))
	want := fmt.Sprintf(`{"count":1,"records":[{"ID":"3","CreatedAt":"2026-03-01T12:00:00Z","GUN":"%s","Version":2,"SHA256":"%s","Category":"update"}]}`, gun, sum)
	if got := string(p.mustGet(one + "?records=1&change_id=1")); got != want {
		t.Errorf("record:\n%s\nwant\n%s", got, want)
	}
}

// Of publishers that all build on the same version exactly one gets through, readers
// always find a set that verifies, and every other publisher is told of the conflict.
func TestConcurrentPublishers(t *testing.T) {
	p, o := published(t)
	const rounds, publishers = 4, 6
	for round := range rounds {
		o.targetsBody.Version = int64(round + 2)
		uploads := make([]files, publishers)
		for i := range uploads {
			o.tag(fmt.Sprintf("%d-%d", round, i))
			uploads[i] = files{targets: o.targetsFile()}
		}
		outcomes := make([]error, publishers)
		var wg sync.WaitGroup
		for i := range publishers {
			wg.Go(func() { outcomes[i] = p.server.Publish(gun, uploads[i]) })
		}
		p.versions(gun)
		wg.Wait()
		won := 0
		for _, err := range outcomes {
			if err == nil {
				won++
			} else if !strings.HasPrefix(err.Error(), "VERSION") {
				t.Errorf("a loser was told: %v", err)
			}
		}
		if won != 1 {
			t.Fatalf("%d publishers of version %d got through", won, o.targetsBody.Version)
		}
	}
	p.wantVersions(base(1, 1+rounds, 1+rounds, 1+rounds))
}
