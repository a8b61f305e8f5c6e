package notary_test

import (
	"testing"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

// publisher holds a repository and the keys to make its next upload with.
type publisher struct {
	t       *testing.T
	base    *notary.Repository
	signers map[trustdata.Role][]notary.Signer
	root    notary.Root
	targets map[trustdata.Role]notary.Targets
}

func newPublisher(t *testing.T) *publisher {
	w := newWorld(t)
	p := &publisher{t: t, base: verified(t, w), signers: w.signers, targets: map[trustdata.Role]notary.Targets{}}
	p.root = p.base.Root.Body.Clone()
	p.root.Version++
	for role, f := range p.base.Targets {
		b := f.Body.Clone()
		b.Version++
		p.targets[role] = b
	}
	return p
}

func (p *publisher) signRoot() []byte {
	p.t.Helper()
	f, err := notary.SignRoot(p.root, p.signers[rRoot])
	if err != nil {
		p.t.Fatal(err)
	}
	return f.Raw
}

func (p *publisher) signTargets(role trustdata.Role) []byte {
	p.t.Helper()
	f, err := notary.SignTargets(role, p.targets[role], p.signers[role])
	if err != nil {
		p.t.Fatal(err)
	}
	return f.Raw
}

// signSnapshot names the files of the base as they are once the upload is published.
func (p *publisher) signSnapshot(upload map[trustdata.Role][]byte) []byte {
	p.t.Helper()
	b := notary.Snapshot{Version: p.base.Snapshot.Body.Version + 1, Expires: now.Add(time.Hour), Meta: map[trustdata.Role]notary.Meta{}}
	b.Meta[rRoot] = notary.MetaOf(p.base.Root.Raw)
	for role, f := range p.base.Targets {
		b.Meta[role] = notary.MetaOf(f.Raw)
	}
	for role, raw := range upload {
		b.Meta[role] = notary.MetaOf(raw)
	}
	return p.snapshotOf(b)
}

func (p *publisher) snapshotOf(b notary.Snapshot) []byte {
	p.t.Helper()
	f, err := notary.SignSnapshot(b, p.signers[rSnapshot])
	if err != nil {
		p.t.Fatal(err)
	}
	return f.Raw
}

// rotate lists a new key for a base role in the next root. A new root key gets a
// certificate, and the old one signs along.
func (p *publisher) rotate(role trustdata.Role) {
	key := newEC(p.t)
	public, s := key.Public(), signer(key)
	if role == rRoot {
		public, s = certify(p.t, key)
		p.signers[role] = append(p.signers[role], s)
	} else {
		for _, old := range p.signers[role] {
			delete(p.root.Keys, old.Listed)
		}
		p.signers[role] = []notary.Signer{s}
	}
	p.root.Keys[s.Listed] = public
	p.root.Roles[role] = notary.RoleKeys{KeyIDs: []trustdata.ListedID{s.Listed}, Threshold: 1}
}

type upload = map[trustdata.Role][]byte

func TestUploadsThatHold(t *testing.T) {
	tests := map[string]func(p *publisher) upload{
		"targets":             func(p *publisher) upload { return upload{rTargets: p.signTargets(rTargets)} },
		"a delegation":        func(p *publisher) upload { return upload{rAlice: p.signTargets(rAlice)} },
		"a nested delegation": func(p *publisher) upload { return upload{rTeam: p.signTargets(rTeam)} },
		"several delegations": func(p *publisher) upload {
			return upload{rReleases: p.signTargets(rReleases), rAlice: p.signTargets(rAlice)}
		},
		"a version left out": func(p *publisher) upload {
			b := p.targets[rAlice]
			b.Version = 9
			p.targets[rAlice] = b
			return upload{rAlice: p.signTargets(rAlice)}
		},
		"root, signed again":     func(p *publisher) upload { return upload{rRoot: p.signRoot()} },
		"rotation of root":       func(p *publisher) upload { p.rotate(rRoot); return upload{rRoot: p.signRoot()} },
		"rotation of timestamp":  func(p *publisher) upload { p.rotate(rTimestamp); return upload{rRoot: p.signRoot()} },
		"snapshot to the server": func(p *publisher) upload { p.rotate(rSnapshot); return upload{rRoot: p.signRoot()} },
		"rotation of targets": func(p *publisher) upload {
			p.rotate(rTargets)
			return upload{rRoot: p.signRoot(), rTargets: p.signTargets(rTargets)}
		},
		"snapshot to here": func(p *publisher) upload {
			p.rotate(rSnapshot)
			u := upload{rRoot: p.signRoot()}
			u[rSnapshot] = p.signSnapshot(u)
			return u
		},
		"with a snapshot": func(p *publisher) upload {
			u := upload{rAlice: p.signTargets(rAlice)}
			u[rSnapshot] = p.signSnapshot(u)
			return u
		},
		"a delegation taken away": func(p *publisher) upload {
			b := p.targets[rTargets]
			b.Delegations = b.Delegations[:1]
			p.targets[rTargets] = b
			return upload{rTargets: p.signTargets(rTargets)}
		},
		"a delegation's last key taken away": func(p *publisher) upload {
			p.targets[rTargets].Delegations[1].KeyIDs = nil
			return upload{rTargets: p.signTargets(rTargets)}
		},
		"a new delegation without a file": func(p *publisher) upload {
			b := p.targets[rTargets]
			key := newEC(t).Public()
			b.Keys[key.ListedID()] = key
			b.Delegations = append(b.Delegations, notary.Delegation{Role: "targets/bob",
				RoleKeys: notary.RoleKeys{KeyIDs: []trustdata.ListedID{key.ListedID()}, Threshold: 1}, Paths: []string{""}})
			p.targets[rTargets] = b
			return upload{rTargets: p.signTargets(rTargets)}
		},
	}
	for name, make := range tests {
		t.Run(name, func(t *testing.T) {
			p := newPublisher(t)
			if err := notary.CheckUpload(p.base, make(p), policy); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestRepublishedRootIsRefused(t *testing.T) {
	p := newPublisher(t)
	raw := p.signRoot()
	root, err := notary.ParseRoot(raw)
	if err != nil {
		t.Fatal(err)
	}
	p.base.Root = root
	expectRefusal(t, notary.CheckUpload(p.base, upload{rRoot: raw}, policy), rRoot, trustdata.ReasonRollback)
}

func TestFirstUpload(t *testing.T) {
	p := newPublisher(t)
	all := upload{rRoot: p.signRoot(), rTargets: p.signTargets(rTargets)}
	if err := notary.CheckUpload(nil, all, policy); err != nil {
		t.Errorf("root and targets: %v", err)
	}
	expectRefusal(t, notary.CheckUpload(nil, upload{rTargets: all[rTargets]}, policy), rRoot, trustdata.ReasonMissing)
	expectRefusal(t, notary.CheckUpload(nil, upload{rRoot: all[rRoot]}, policy), rTargets, trustdata.ReasonMissing)
	other := notary.Policy{GUN: "example.com/other", Now: now}
	expectRefusal(t, notary.CheckUpload(nil, all, other), rRoot, trustdata.ReasonCertificate)
}

// TestUploadWithAnEndedCertificate: a server refuses every upload then, and clients do
// not load the root any more.
func TestUploadWithAnEndedCertificate(t *testing.T) {
	p := newPublisher(t)
	late := notary.Policy{GUN: gun, Now: now.Add(3650*24*time.Hour - time.Minute)}
	for role, b := range p.targets {
		b.Expires = late.Now.Add(time.Hour)
		p.targets[role] = b
	}
	expectRefusal(t, notary.CheckUpload(p.base, upload{rTargets: p.signTargets(rTargets)}, late), rRoot, trustdata.ReasonCertificate)
}
