package kill

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"keyrite/cmd/keyrite/interop"
	"keyrite/keyring"
	"keyrite/trustdata"
)

// keyFiles are the key files of both machines, by path.
func (w *world) keyFiles() map[string]string {
	w.t.Helper()
	files := map[string]string{}
	for _, trust := range []string{w.trust(), w.away().trust()} {
		for _, folder := range []string{"private", "pending/*", "trash/*", "retired", "retired/*"} {
			found, err := filepath.Glob(filepath.Join(trust, folder, "*.key"))
			w.ok(err)
			for _, path := range found {
				data, err := os.ReadFile(path)
				w.ok(err)
				files[path] = string(data)
			}
		}
	}
	return files
}

// whole holds what must be so at every moment: no key file of the beginning is lost, the
// keys that the server lists are here, and everybody can verify every repository.
func (p *point) whole(when string) {
	p.t.Helper()
	now := map[string]bool{}
	here := map[trustdata.KeyID]bool{}
	for path, data := range p.keyFiles() {
		now[data] = true
		id, err := trustdata.ParseKeyID(strings.TrimSuffix(filepath.Base(path), ".key"))
		here[id] = here[id] || err == nil && opens(p.t, []byte(data), id)
	}
	for path, data := range p.files {
		if !now[data] {
			p.t.Errorf("after %s the file %s is nowhere", when, path)
		}
	}
	for _, g := range []trustdata.GUN{web, api, jobs, fresh} {
		served := p.timestamp(g)
		switch {
		case served == "" && len(p.was[g]) > 0 && (p.end == nil || len(p.end[g]) > 0):
			p.t.Errorf("after %s the server has nothing of %s", when, g)
		case served == "":
		case served == p.served[g] && (p.stock == nil || p.ended):
			// As it was at the beginning, when everybody has looked at it, or nobody could.
		default:
			if p.seen[g].served != served {
				p.seen[g] = seen{served, p.usable(when, g)}
			}
			p.held(when, p.seen[g].Collection, here)
		}
	}
	if p.holds != nil {
		p.holds(p, when)
	}
}

// seen is what all clients have verified of a repository at a moment of a point. While the
// server has the same, byte for byte, they are not asked again.
type seen struct {
	served string // the timestamp
	*trustdata.Collection
}

// held holds that the keys that the server lists are here.
func (p *point) held(when string, col *trustdata.Collection, here map[trustdata.KeyID]bool) {
	p.t.Helper()
	for _, role := range col.Roles {
		for _, k := range role.Keys {
			if (role.Role == trustdata.RoleRoot || role.Role == trustdata.RoleTargets || role.Role.IsDelegation()) && !here[k.KeyID] {
				p.t.Errorf("after %s the server lists the key %s for %s of %s, and it is nowhere", when, k.KeyID.Short(), role.Role, col.GUN)
			}
		}
	}
}

// usable holds that a client that knows nothing, and one that knew the repository before
// the change, can verify it; it gives what the first has seen.
func (p *point) usable(when string, g trustdata.GUN) *trustdata.Collection {
	p.t.Helper()
	res, err := p.fetch("", g)
	if err != nil {
		p.t.Fatalf("after %s a client that knows nothing cannot verify %s: %v", when, g, err)
	}
	if _, err := p.fetch(filepath.Join(p.folder, "old"), g); err != nil {
		p.t.Errorf("after %s a client that knew it before cannot verify %s: %v", when, g, err)
	}
	if p.stock == nil {
		return res.Collection
	}
	for who, client := range map[string]*interop.Notary{"that knows nothing": p.stock.Fresh(), "that knew it before": p.stock.Clone()} {
		if r := client.Try("list", string(g)); r.Code != 0 {
			p.t.Errorf("after %s the stock client %s cannot list %s: %s", when, who, g, r.Output())
		}
	}
	return res.Collection
}

// opened has the key files that were opened, once for all points: the passphrase costs more than the rest.
var opened sync.Map

// opens reports whether a key file is the key of that name, and whole.
func opens(t *testing.T, data []byte, id trustdata.KeyID) bool {
	t.Helper()
	if known, ok := opened.Load(string(data)); ok {
		return known == id
	}
	for _, p := range []string{interop.Known.Root, interop.Known.Targets, interop.Known.Snapshot, interop.Known.Delegation} {
		if k, _, err := keyring.Decode(data, keyring.NewPassphrase([]byte(p))); err == nil {
			opened.Store(string(data), k.KeyID())
			return k.KeyID() == id
		}
	}
	return false
}
