package notary_test

import (
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

// digestOf is the digest of the entry that entryObject makes for content.
func digestOf(content string) string {
	return hex.EncodeToString(notary.MetaOf([]byte(content)).Hashes["sha256"])
}

// put adds a tag to a role's file.
func (w *world) put(role trustdata.Role, name, content string) {
	w.bodies[role]["targets"].(object)[name] = entryObject(content)
}

// bare is a world whose files hold no tags.
func bareWorld(t testing.TB) *world {
	w := newWorld(t)
	for _, role := range []trustdata.Role{rTargets, rReleases, rAlice, rTeam} {
		w.bodies[role]["targets"] = object{}
	}
	return w
}

// row is a tag in short: its name, content, roles, signers, and whether it is pulled.
func rows(c *trustdata.Collection, contents ...string) []string {
	var out []string
	for _, tag := range c.Tags {
		content := "?"
		for _, s := range contents {
			if digestOf(s) == tag.Digest {
				content = s
			}
		}
		pulled := ""
		if tag.Pulled {
			pulled = " pulled"
		}
		out = append(out, fmt.Sprintf("%s=%s %v %v%s", tag.Name, content, tag.Roles, tag.Signers, pulled))
	}
	return out
}

func TestTags(t *testing.T) {
	w := bareWorld(t)
	w.put(rTargets, "1.10", "x")  // admin alone
	w.put(rTargets, "1.9", "x")   // in releases too, same content
	w.put(rReleases, "1.9", "x")  //
	w.put(rAlice, "1.9", "x")     // and vouched for
	w.put(rReleases, "2", "x")    // releases wins over targets
	w.put(rTargets, "2", "y")     //
	w.put(rTeam, "2", "y")        // vouches for what is not pulled
	w.put(rAlice, "dev", "x")     // never pulled
	w.put(rTeam, "dev", "x")      //
	w.put(rReleases, "dev2", "x") // two signers
	w.put(rTeam, "dev2", "x")     //
	w.put(rAlice, "dev2", "x")    //
	want := []string{
		"1.9=x [targets/releases targets targets/alice] [alice] pulled",
		"1.10=x [targets] [Repo Admin] pulled",
		"2=x [targets/releases] [Repo Admin] pulled",
		"2=y [targets targets/alice/team] [alice/team]",
		"dev=x [targets/alice targets/alice/team] [alice alice/team]",
		"dev2=x [targets/releases targets/alice targets/alice/team] [alice alice/team] pulled",
	}
	repo := verified(t, w)
	c := repo.Collection()
	if diff := cmp.Diff(want, rows(c, "x", "y")); diff != "" {
		t.Errorf("tags differ (-want +got):\n%s", diff)
	}
	if c.GUN != gun || len(c.Problems) != 0 || !c.Verified() {
		t.Errorf("GUN %s, problems %v", c.GUN, c.Problems)
	}
	if c.Tags[0].Length != 1 {
		t.Errorf("length %d", c.Tags[0].Length)
	}
	if diff := cmp.Diff([]trustdata.Role{rTargets, rReleases, rAlice, rTeam}, repo.Order()); diff != "" {
		t.Errorf("order differs (-want +got):\n%s", diff)
	}
}

func TestPathsBound(t *testing.T) {
	w := bareWorld(t)
	w.listing(rAlice)["paths"] = []string{"a", "b"}
	w.listing(rTeam)["paths"] = []string{"ab", "", "c", "b"} // ab and b lie within alice's
	w.listing(rReleases)["paths"] = []string{}
	for _, name := range []string{"a1", "ab1", "b1", "c1"} {
		w.put(rAlice, name, "x")
		w.put(rTeam, name, "x")
		w.put(rReleases, name, "x")
		w.put(rTargets, name, "y")
	}
	c := verified(t, w).Collection()
	want := []string{
		"a1=y [targets] [Repo Admin] pulled", "a1=x [targets/alice] [alice]",
		"ab1=y [targets] [Repo Admin] pulled", "ab1=x [targets/alice targets/alice/team] [alice alice/team]",
		"b1=y [targets] [Repo Admin] pulled", "b1=x [targets/alice targets/alice/team] [alice alice/team]",
		"c1=y [targets] [Repo Admin] pulled",
	}
	if diff := cmp.Diff(want, rows(c, "x", "y")); diff != "" {
		t.Errorf("tags differ (-want +got):\n%s", diff)
	}
	var problems []string
	for _, p := range c.Problems {
		problems = append(problems, p.String())
	}
	wantProblems := []string{
		`targets/releases: has names outside of the paths that it may sign, which do not count: 4, such as "a1"`,
		`targets/alice: has names outside of the paths that it may sign, which do not count: 1, such as "c1"`,
		`targets/alice/team: has names outside of the paths that it may sign, which do not count: 2, such as "a1"`,
	}
	if diff := cmp.Diff(wantProblems, problems); diff != "" {
		t.Errorf("problems differ (-want +got):\n%s", diff)
	}
	if v, _ := c.Role(rTeam); !slices.Equal(v.Paths, []string{"ab", "", "c", "b"}) {
		t.Errorf("paths are shown as %q", v.Paths)
	}
}

// TestPulledIsDockersLookup: docker asks releases and all below it first, and takes no
// answer but that of releases itself or of targets.
func TestPulledIsDockersLookup(t *testing.T) {
	const below = trustdata.Role("targets/releases/eu")
	w := bareWorld(t)
	w.delegate(below)
	w.put(rTargets, "hidden", "x")
	w.put(below, "hidden", "y")
	w.put(rTargets, "shadowed", "x")
	w.bodies[rReleases]["targets"].(object)["shadowed"] = object{"hashes": object{"sha512": make([]byte, 64)}, "length": 1}
	w.put(rTargets, "free", "x")
	w.put(rAlice, "free", "y")
	c := verified(t, w).Collection()
	want := []string{
		"free=x [targets] [Repo Admin] pulled", "free=y [targets/alice] [alice]",
		"hidden=y [targets/releases/eu] [releases/eu]", "hidden=x [targets] [Repo Admin]",
		"shadowed=x [targets] [Repo Admin]",
	}
	got := rows(c, "x", "y")
	slices.Sort(want[2:4])
	slices.Sort(got[2:4])
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("tags differ (-want +got):\n%s", diff)
	}
	if len(c.Problems) != 1 || c.Problems[0].Role != rReleases || !strings.Contains(c.Problems[0].Detail, "SHA-256") {
		t.Errorf("problems %v", c.Problems)
	}
}

func TestOddDigestsAreNoTags(t *testing.T) {
	w := bareWorld(t)
	for name, sum := range map[string]any{"short": make([]byte, 31), "long": make([]byte, 33), "empty": []byte{}} {
		w.bodies[rTargets]["targets"].(object)[name] = object{"hashes": object{"sha256": sum}, "length": 1}
	}
	w.bodies[rTargets]["targets"].(object)["none"] = object{"length": 1}
	c := verified(t, w).Collection()
	if len(c.Tags) != 0 {
		t.Errorf("tags %v", rows(c))
	}
	if len(c.Problems) != 1 || !strings.Contains(c.Problems[0].Detail, `4, such as "empty"`) {
		t.Errorf("problems %v", c.Problems)
	}
}

func TestRoleViews(t *testing.T) {
	w := newWorld(t)
	old, _ := certify(t, newEC(t))
	w.bodies[rRoot]["keys"].(object)[string(old.ListedID())] = keyObject(old) // of a former root
	byCert, certSigner := certify(t, newEC(t))
	w.list(rAlice, byCert, false)
	w.signers[rAlice] = []notary.Signer{certSigner}
	w.bodies[rTimestamp]["version"] = 5
	expire(w.bodies[rTimestamp], now.Add(time.Hour))
	unpublished := trustdata.Role("targets/bob")
	w.delegate(unpublished)
	delete(w.bodies, unpublished)
	repo := verified(t, w)
	delete(repo.Targets, rReleases)
	skipped := trustdata.Problem{Role: rReleases, Reason: trustdata.ReasonExpired, Detail: "expired yesterday"}
	repo.Skipped = map[trustdata.Role]trustdata.Problem{rReleases: skipped}
	c := repo.Collection()

	var got []string
	for _, v := range c.Roles {
		got = append(got, fmt.Sprintf("%s v%d %d/%d %s", v.Role, v.Version, v.Threshold, len(v.Keys), v.Problem))
	}
	want := []string{
		"root v1 1/1 ", "targets v1 1/1 ", "snapshot v1 1/1 ", "timestamp v5 1/1 ",
		"targets/releases v0 1/1 expired yesterday", "targets/alice v1 1/1 ", "targets/alice/team v1 1/1 ", "targets/bob v0 1/1 ",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("roles differ (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]trustdata.Problem{skipped}, c.Problems); diff != "" {
		t.Errorf("problems differ (-want +got):\n%s", diff)
	}
	if c.Verified() || !c.Expires().Equal(now.Add(time.Hour)) {
		t.Errorf("verified %v, expires %s", c.Verified(), c.Expires())
	}
	for _, role := range []trustdata.Role{rRoot, rAlice} {
		v, _ := c.Role(role)
		k, s := v.Keys[0], w.signers[role][0]
		if k.Algorithm != "ecdsa" || string(k.CertificateID) != string(s.Listed) || string(k.KeyID) != string(s.Key.Public().ListedID()) || k.CertificateExpires.IsZero() {
			t.Errorf("%s: key %+v", role, k)
		}
	}
	v, _ := c.Role(rTargets)
	if k := v.Keys[0]; k.CertificateID != "" || !k.CertificateExpires.IsZero() || string(k.KeyID) != string(w.signers[rTargets][0].Listed) {
		t.Errorf("targets: key %+v", k)
	}
	if slices.ContainsFunc(c.Tags, func(tag trustdata.Tag) bool { return slices.Contains(tag.Roles, rReleases) }) {
		t.Error("tags of a skipped role are shown")
	}
}

// TestTagsSortAsNumbers shuffles names and expects docker's order.
func TestTagsSortAsNumbers(t *testing.T) {
	want := []string{"", "1", "1.0", "1.9", "1.9.1", "1.10", "1.10-rc1", "1.10-rc2", "1.10-rc10", "2", "10", "99999999999999999999", "100000000000000000000", "a1", "a01", "a2", "latest", "v1", "v1a", "v2", "v10"}
	want[13], want[14] = "a01", "a1" // equal as numbers, so by bytes
	b := notary.Targets{}
	for _, name := range want {
		b.Targets.Put(name, notary.Entry{Hashes: notary.Hashes{SHA256: make([]byte, 32)}})
	}
	repo := &notary.Repository{GUN: gun, Root: &notary.File[notary.Root]{}, Targets: map[trustdata.Role]*notary.File[notary.Targets]{rTargets: {Body: b}}}
	var got []string
	for _, tag := range repo.Collection().Tags {
		got = append(got, tag.Name)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("order differs (-want +got):\n%s", diff)
	}
}

// bigTargets is a signed targets file with n tags.
func bigTargets(t testing.TB, n int) (raw []byte, s notary.Signer) {
	t.Helper()
	b := notary.Targets{Version: 1, Expires: now.Add(time.Hour)}
	entries := make(map[string]notary.Entry, n)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		sum := make([]byte, 32)
		for j := range sum {
			sum[j] = byte(random.Uint32())
		}
		entries[fmt.Sprintf("release-%d.%d", i/100, i%100)] = notary.Entry{Hashes: notary.Hashes{SHA256: sum}, Length: int64(i)}
	}
	b.Targets = notary.EntriesOf(entries)
	s = signer(newEC(t))
	f, err := notary.SignTargets(rTargets, b, []notary.Signer{s})
	if err != nil {
		t.Fatal(err)
	}
	return f.Raw, s
}

// BenchmarkTags parses, verifies and lists 100,000 tags.
func BenchmarkTags(b *testing.B) {
	raw, s := bigTargets(b, 100_000)
	root := &notary.File[notary.Root]{Body: notary.Root{
		Keys:  map[trustdata.ListedID]trustdata.PublicKey{s.Listed: s.Key.Public()},
		Roles: map[trustdata.Role]notary.RoleKeys{rTargets: {KeyIDs: []trustdata.ListedID{s.Listed}, Threshold: 1}},
	}}
	sn := &notary.File[notary.Snapshot]{Body: notary.Snapshot{Meta: map[trustdata.Role]notary.Meta{rTargets: notary.MetaOf(raw)}}}
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		f, err := policy.Targets(root, sn, raw)
		if err != nil {
			b.Fatal(err)
		}
		repo := &notary.Repository{GUN: gun, Root: root, Targets: map[trustdata.Role]*notary.File[notary.Targets]{rTargets: f}}
		if n := len(repo.Collection().Tags); n != 100_000 {
			b.Fatalf("%d tags", n)
		}
	}
}
