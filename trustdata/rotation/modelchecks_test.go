package rotation_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"keyrite/trustdata"
	"keyrite/trustdata/remote"
	"keyrite/trustdata/rotation"
	"keyrite/trustdata/state"
)

func (r *run) wrong(format string, args ...any) { r.m.wrong(r.path, format, args...) }

func (r *run) read(path string) []byte {
	b, err := os.ReadFile(path)
	r.m.must(err)
	return b
}

// place is the folder of the trust directory in which a key's file lies: private, pending
// or trash, and "" for none. A file with other bytes is none.
func (r *run) place(id trustdata.KeyID) string {
	want := r.facts.made[id]
	if want == nil {
		want = r.facts.held[id]
	}
	for _, folder := range []string{"private", "pending/*", "trash/*"} {
		found, err := filepath.Glob(filepath.Join(r.m.home, "trust", folder, string(id)+"*.key"))
		r.m.must(err)
		for _, path := range found {
			if bytes.Equal(r.read(path), want) {
				folder, _, _ = strings.Cut(folder, "/")
				return folder
			}
		}
	}
	return ""
}

// check holds what must be so at every moment: a key that the server has come to trust is
// on this machine, and those of the beginning are in their place until it trusts another.
func (r *run) check(point string) {
	replaced := false
	for id := range r.facts.made {
		if !r.facts.trusted[id] {
			continue
		}
		replaced = true
		if r.place(id) == "" {
			r.wrong("at %q the server trusts the new key %s, and it is nowhere", point, id.Short())
		}
	}
	for id := range r.facts.held {
		switch where := r.place(id); {
		case where == "":
			r.wrong("at %q the key %s is nowhere", point, id.Short())
		case where != "private" && (!replaced || r.listed(id)):
			r.wrong("at %q the old key %s is in %s already", point, id.Short(), where)
		}
	}
}

// listed reports whether the root of any repository lists a key now.
func (r *run) listed(id trustdata.KeyID) bool {
	return slices.ContainsFunc(r.m.guns, func(g trustdata.GUN) bool {
		for _, who := range r.root(g).Roles {
			for _, listed := range who.KeyIDs {
				key := r.root(g).Keys[listed]
				if canonical, err := key.KeyID(); err == nil && canonical == id {
					return true
				}
			}
		}
		return false
	})
}

// mayBeSent holds an upload against the journal: it is there, durable, as the bytes that
// its operation sends; that has sent no others; what another has sent before for the same
// version was settled; and a new run has looked at the server before it sends again.
func (r *run) mayBeSent(s *sending) {
	j, err := rotation.OpenJournal(filepath.Join(r.m.home, "state"), r.m.web.now)
	r.m.must(err)
	unfinished, err := j.Unfinished()
	r.m.must(err)
	for _, op := range unfinished {
		if u := op.Unit(s.gun); u != nil && u.State == rotation.StateSubmitting {
			s.op = op.ID
			if u.Payload != s.hash || u.Version != s.version {
				r.wrong("other bytes are sent than the journal has")
			}
		}
	}
	if s.op == "" {
		r.wrong("an upload is sent that the journal does not know")
	}
	for _, before := range r.facts.sent {
		if before.gun != s.gun || before.version != s.version {
			continue
		}
		if before.op != s.op && slices.ContainsFunc(unfinished, func(op *rotation.Operation) bool { return op.ID == before.op }) {
			r.wrong("another operation sends version %d while the first is not settled", s.version)
		}
		if before.op == s.op && before.hash != s.hash {
			r.wrong("version %d is sent with other bytes than before", s.version)
		}
		look := sprintf("/v2/%s/_trust/tuf/%d.root.json", s.gun, s.version)
		if before.op == s.op && before.run != s.run && !r.looked[look] {
			r.wrong("version %d is sent again without a look at the server", s.version)
		}
	}
}

// after holds what must be so when the program has ended, whichever way: everybody can
// verify every repository, and what the journal says of ended changes is true.
func (r *run) after() {
	r.check("the end of the run")
	for _, g := range r.m.guns {
		fresh := &remote.Fetcher{Config: r.m.web.config, Now: r.m.web.now}
		if _, err := fresh.Fetch(context.Background(), g); err != nil {
			r.wrong("a client that knows nothing cannot verify %s: %v", g, err)
		}
		st, err := state.OpenStore(filepath.Join(r.m.home, "state"), r.m.web.now)
		r.m.must(err)
		known := &remote.Fetcher{Config: r.m.web.config, Cache: r.cache, State: st, Now: r.m.web.now}
		if _, err := known.Fetch(context.Background(), g); err != nil {
			r.wrong("a client that knew it before cannot verify %s: %v", g, err)
		}
	}
	past, err := r.journal.Past()
	r.m.must(err)
	for _, op := range past[r.ended:] {
		for _, u := range op.Units {
			r.truth(op, u)
		}
	}
}

// truth holds an ended change against the server.
func (r *run) truth(op *rotation.Operation, u *rotation.Unit) {
	taken := r.facts.landed[u.SHA256]
	switch u.State {
	case rotation.StateDone, rotation.StateUnverified:
		if !taken {
			r.wrong("%s is called %s, and the server never took it", op.Kind, u.State)
		}
		for _, id := range u.NewKeys {
			if !r.facts.trusted[id] || r.place(id) != "private" {
				r.wrong("%s is called %s, and its key %s is in %q", op.Kind, u.State, id.Short(), r.place(id))
			}
		}
	case rotation.StateRefused, rotation.StateConflict, rotation.StateAbandoned:
		if taken && !r.facts.landedLate {
			r.wrong("%s is called %s, and the server has taken it", op.Kind, u.State)
		}
	}
	for _, s := range op.Keys {
		if op.Closed && r.place(s.KeyID) == "pending" {
			r.wrong("%s has ended, and its key %s still waits", op.Kind, s.KeyID.Short())
		}
	}
}
