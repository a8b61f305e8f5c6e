package trustserver_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

type files = map[trustdata.Role][]byte

const (
	root      = trustdata.RoleRoot
	targets   = trustdata.RoleTargets
	snapshot  = trustdata.RoleSnapshot
	timestamp = trustdata.RoleTimestamp
	alice     = trustdata.Role("targets/alice")
	nested    = trustdata.Role("targets/alice/ci")
)

func base(r, tg, sn, ts int64) map[trustdata.Role]int64 {
	return map[trustdata.Role]int64{root: r, targets: tg, snapshot: sn, timestamp: ts}
}

func (p *peer) wantVersions(want map[trustdata.Role]int64) {
	p.t.Helper()
	if diff := cmp.Diff(want, p.versions(gun)); diff != "" {
		p.t.Errorf("versions (-want +got):\n%s", diff)
	}
}

func TestPublishWithServerSnapshot(t *testing.T) {
	p, o := published(t)
	p.wantVersions(base(1, 1, 1, 1))

	o.targetsBody.Version = 5 // gaps are allowed
	o.tag("1.1")
	p.mustPost(gun, files{targets: o.targetsFile()})
	p.wantVersions(base(1, 5, 2, 2))

	p.mustPost(gun, nil) // an empty publish is accepted and counts up
	p.wantVersions(base(1, 5, 3, 3))

	p.mustPost(gun, files{timestamp: p.mustGet(tuf(gun, "timestamp.json"))}) // a timestamp is ignored
	p.wantVersions(base(1, 5, 4, 4))
}

func TestPublishWithLocalSnapshot(t *testing.T) {
	p := newPeer(t)
	key := newKey(t)
	o := newOwner(t, gun, p.serverKey(http.MethodGet, timestamp), key.Public())
	up := files{root: o.rootFile(), targets: o.targetsFile()}

	if w := p.wrong(p.post(gun, up)); !strings.Contains(string(w.Detail), `"Name":"ErrBadHierarchy","Error":{"Missing":"snapshot"`) {
		t.Errorf("without a snapshot: %+v", w)
	}
	up[snapshot] = o.snapshotFile(key, 2, files{root: up[root], targets: up[targets]})
	p.mustPost(gun, up)
	p.wantVersions(base(1, 1, 2, 1))

	// The server takes the snapshot over, and gives it back.
	o.list(snapshot, p.serverKey(http.MethodPost, snapshot))
	o.rootBody.Version = 2
	p.mustPost(gun, files{root: o.rootFile()})
	p.wantVersions(base(2, 1, 3, 2))

	o.list(snapshot, key.Public())
	o.rootBody.Version = 3
	newRoot := o.rootFile()
	p.mustPost(gun, files{root: newRoot, snapshot: o.snapshotFile(key, 4, files{root: newRoot, targets: up[targets]})})
	p.wantVersions(base(3, 1, 4, 3))
}

func TestPublishDelegations(t *testing.T) {
	p, o := published(t)
	aliceKey, ciKey := newKey(t), newKey(t)
	aliceFile := o.delegate(alice, aliceKey)
	o.targetsBody.Version = 2

	// Parent and child in one upload, in an order that puts the child first.
	p.mustPost(gun, files{targets: o.targetsFile(), alice: aliceFile})
	p.wantVersions(base(1, 2, 2, 2))
	if got := p.mustGet(tuf(gun, "targets/alice.json")); !bytes.Equal(got, aliceFile) {
		t.Errorf("targets/alice is not what was uploaded: %s", got)
	}
	// A child alone is checked against the stored parent, even when that has expired.
	p.clock.advance(notary.Lifetime(targets) + time.Hour)
	o.targetsBody.Expires = p.clock.now().Add(time.Hour)
	p.mustPost(gun, files{alice: o.delegated(alice, aliceKey, 2)})
	// A child of a child, whose parent comes along.
	public := ciKey.Public()
	f, err := notary.SignTargets(alice, notary.Targets{
		Version: 3, Expires: o.targetsBody.Expires,
		Keys: map[trustdata.ListedID]trustdata.PublicKey{public.ListedID(): public},
		Delegations: []notary.Delegation{{
			Role:     nested,
			RoleKeys: notary.RoleKeys{KeyIDs: []trustdata.ListedID{public.ListedID()}, Threshold: 1},
			Paths:    []string{"ci-"},
		}},
	}, []notary.Signer{aliceKey.signer()})
	must(t, err)
	p.mustPost(gun, files{nested: o.delegated(nested, ciKey, 1), alice: f.Raw})
	if a := p.get(tuf(gun, "1.targets/alice/ci.json")); a.status != http.StatusOK {
		t.Errorf("nested delegation by version: %d %s", a.status, a.body)
	}
}

func TestRotateRoot(t *testing.T) {
	p, o := published(t)
	first, err := notary.Policy{GUN: gun, Now: start}.FirstRoot(o.rootFile())
	must(t, err)
	old := o.rootSigner()

	o.root = newKey(t)
	o.cert = o.certificate(o.root)
	o.list(root, o.cert)
	o.rootBody.Version = 2
	if w := p.wrong(p.post(gun, files{root: o.rootFile()})); !strings.Contains(string(w.Detail), "ErrBadRoot") {
		t.Errorf("a root without the old signature: %+v", w)
	}
	p.mustPost(gun, files{root: o.rootFile(old)})
	p.wantVersions(base(2, 1, 2, 2))
	if _, err := (notary.Policy{GUN: gun, Now: start}).NextRoot(first, p.mustGet(tuf(gun, "2.root.json")), true); err != nil {
		t.Errorf("the chain of roots: %v", err)
	}
}

func TestRotateTimestamp(t *testing.T) {
	p, o := published(t)
	listed := p.serverKey(http.MethodGet, timestamp)
	next := p.serverKey(http.MethodPost, timestamp)
	if next.ListedID() == listed.ListedID() {
		t.Fatal("POST timestamp.key gave the key in use")
	}
	if again := p.serverKey(http.MethodGet, timestamp); again.ListedID() != listed.ListedID() {
		t.Error("GET timestamp.key does not give the key in use")
	}
	o.list(timestamp, next)
	o.rootBody.Version = 2
	p.mustPost(gun, files{root: o.rootFile()})
	p.wantVersions(base(2, 1, 2, 2))
	if again := p.serverKey(http.MethodGet, timestamp); again.ListedID() != next.ListedID() {
		t.Error("GET timestamp.key does not give the key that was rotated to")
	}
}

// A new targets key without targets signed by it breaks the repository, and the
// reference server lets it happen; a client must know better.
func TestTargetsKeyWithoutTargets(t *testing.T) {
	p, o := published(t)
	o.targets = newKey(t)
	o.list(targets, o.targets.Public())
	o.rootBody.Version = 2
	p.mustPost(gun, files{root: o.rootFile()})
	r, err := notary.Policy{GUN: gun, Now: start}.FirstRoot(p.mustGet(tuf(gun, "root.json")))
	must(t, err)
	raw := p.mustGet(tuf(gun, "targets.json"))
	self := &notary.File[notary.Snapshot]{Body: notary.Snapshot{Meta: map[trustdata.Role]notary.Meta{targets: notary.MetaOf(raw)}}}
	if _, err := (notary.Policy{GUN: gun, Now: start}).Targets(r, self, raw); err == nil {
		t.Error("the stored targets still verify")
	}
}

// The reference server would hash its own rendering of such a file and break the
// repository.
func TestOddBytesStayWhole(t *testing.T) {
	p, o := published(t)
	o.targetsBody.Version = 2
	var odd bytes.Buffer
	must(t, json.Indent(&odd, o.targetsFile(), "", "  "))
	odd.WriteByte('\n')
	p.mustPost(gun, files{targets: odd.Bytes()})
	p.wantVersions(base(1, 2, 2, 2))
	if got := p.server.Files(gun)[targets]; !bytes.Equal(got, odd.Bytes()) {
		t.Errorf("stored: %q", got)
	}
}

// A stored root whose certificate has ended refuses everything, without saying why.
func TestCertificateEnd(t *testing.T) {
	p, o := published(t)
	p.clock.advance(10*365*24*time.Hour + time.Hour)
	o.targetsBody.Version = 2
	o.targetsBody.Expires = p.clock.now().Add(time.Hour)
	a := p.post(gun, files{targets: o.targetsFile()})
	const want = `{"errors":[{"code":"INVALID_UPDATE","message":"Update sent by the client is invalid."}]}` + "\n"
	if a.status != http.StatusBadRequest || string(a.body) != want {
		t.Errorf("got %d %q, want 400 %q", a.status, a.body, want)
	}
}

func TestCopy(t *testing.T) {
	p, o := published(t)
	other := p.server.Copy()
	o.targetsBody.Version = 2
	o.tag("1.1")
	if err := other.Publish(gun, files{targets: o.targetsFile()}); err != nil {
		t.Fatal(err)
	}
	p.wantVersions(base(1, 1, 1, 1))
	o.targetsBody.Version = 3
	p.mustPost(gun, files{targets: o.targetsFile()})
	p.wantVersions(base(1, 3, 2, 2))
}
