package kill

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"keyrite/cmd/keyrite/interop"
	"keyrite/trustdata"
)

// change is one kind of change, as somebody types it.
type change struct {
	name string
	// given names the world in which it can be made, of those in settings.
	given string
	args  []string
	on    []trustdata.GUN
	// ended says that before the change nobody can read what it is on.
	ended bool
	// ceremony is set for a step of one.
	ceremony *step
	// holds, where set, is what must be so at every moment besides what always must.
	holds func(p *point, when string)
}

const quick = "--kdf-iterations=2048"

// What a command line says in place of a path or an ID that each world has for itself.
const (
	firstRoot = "{root}"     // the ID of the root key that the repositories were founded on
	stick     = "{stick}"    // a folder that both machines see
	prepared  = "{prepared}" // the newest file there that a ceremony has prepared, and
	signed    = "{signed}"   // has signed
)

// changes are all kinds, each with its points.
var changes = slices.Concat([]change{
	{name: "rotate targets", args: words("rotate %s targets", web), on: only(web)},
	{name: "rotate root", args: words("rotate %s root", web), on: only(web)},
	{name: "add a targets key", args: words("rotate %s targets --add-only", web), on: only(web)},
	{name: "rotate root, same key", args: words("rotate %s root --same-key", web), on: only(web)},
	{name: "rotate snapshot to here", args: words("rotate %s snapshot --to local", web), on: only(web)},
	{name: "rotate snapshot to the server", given: "a snapshot key here", args: words("rotate %s snapshot --to server", web), on: only(web)},
	{name: "rotate timestamp", args: words("rotate %s timestamp", web), on: only(web)},
	{name: "rotate a delegation key", given: "a signer", args: words("rotate %s targets/alice", web), on: only(web)},
	{name: "rotate root of three", args: words("rotate root --gun %s --gun %s --gun %s", web, api, jobs), on: []trustdata.GUN{web, api, jobs}},
	{name: "sign", args: words("sign %s:2.0 --digest %s --length 528", web, digest), on: only(web)},
	{name: "revoke", args: words("revoke %s:1.0", web), on: only(web)},
	{name: "signer add", given: "a signer's key", args: words("signer add %s alice --key {stick}/alice.pub", web), on: only(web)},
	{name: "signer remove", given: "a signer", args: words("signer remove %s alice", web), on: only(web)},
	{name: "refresh", given: "roles that end soon", args: words("refresh %s", web), on: only(web)},
	{name: "repair", given: "roles that have ended", args: words("repair %s --keep-all", web), on: only(web), ended: true},
	{name: "refresh of two", given: "roles that end soon", args: words("refresh --gun %s --gun %s", web, api), on: []trustdata.GUN{web, api}},
	{name: "repair of two", given: "roles that have ended", args: words("repair --keep-all --gun %s --gun %s", web, api), on: []trustdata.GUN{web, api}, ended: true},
	{name: "init", args: words("init %s", fresh), on: only(fresh)},
	{name: "delete", args: words("delete %s", web), on: only(web)},
	{name: "delete, with its evidence", args: words("delete %s --archive-to {stick}/evidence", web), on: only(web), holds: evidence},
	{name: "delete what has ended", given: "roles that have ended", args: words("delete %s", web), on: only(web), ended: true},
	{name: "retire", given: "another root key", args: words("retire {root}")},
}, ceremonies())

// words are a command line. It says --yes, and where it makes keys how fast.
func words(line string, args ...any) []string {
	all := strings.Fields(fmt.Sprintf(line, args...))
	if all[0] == "rotate" || all[0] == "init" {
		all = append(all, quick)
	}
	return append(all, "--yes")
}

func only(g trustdata.GUN) []trustdata.GUN { return []trustdata.GUN{g} }

// settings are the worlds that changes need: what was done since the founding.
var settings = map[string]func(*world){
	"a snapshot key here": func(w *world) { w.must(words("rotate %s snapshot --to local", web)...) },
	"another root key":    func(w *world) { w.must(words("rotate root --root-key {root}")...) },
	"a signer's key":      signerKey,
	"a signer":            signer,
	"roles that end soon": func(w *world) {
		signer(w)
		soon := time.Now().AddDate(0, 0, 30)
		w.client().EndAt(string(web), soon, ending...)
		w.client().EndAt(string(api), soon, ending[:2]...)
	},
	"roles that have ended": func(w *world) {
		signer(w)
		w.client().LetEnd(string(api), ending[:2]...)
		w.client().LetEnd(string(web), ending...)
	},
	"an offline root key": rootAway,
}

// ending are the roles that end in the settings where something does.
var ending = []trustdata.Role{trustdata.RoleRoot, trustdata.RoleTargets, "targets/alice", trustdata.RoleReleases}

func signerKey(w *world) { w.must("keys", "generate", "alice", "--dir", stick, quick) }

// signer lets alice sign, and she signs.
func signer(w *world) {
	signerKey(w)
	w.must(words("signer add %s alice --key {stick}/alice.pub", web)...)
	w.must(words("sign %s:1.1 --digest %s --length 528", web, digest)...)
}

// evidence holds that a repository is not gone before what it said can be read elsewhere.
func evidence(p *point, when string) {
	if p.timestamp(web) == "" && !strings.Contains(p.must("tags", string(web), "--from-archive", stick+"/evidence"), "1.0") {
		p.t.Errorf("after %s neither the server nor the archive has the tag", when)
	}
}

// client is a stock client on this machine's trust directory.
func (w *world) client() *interop.Notary {
	n := interop.NewNotary(w.t, w.url, "")
	n.TrustDir = w.trust()
	return n
}
