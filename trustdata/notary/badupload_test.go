package notary_test

import (
	"bytes"
	"testing"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

// badUpload is an upload that must be refused with role and why.
type badUpload struct {
	name string
	make func(p *publisher) upload
	role trustdata.Role
	why  trustdata.Reason
}

// changed uploads a role's file with its bytes changed.
func changed(role trustdata.Role, how func([]byte) []byte) func(*publisher) upload {
	return func(p *publisher) upload { return upload{role: how(p.signTargets(role))} }
}

// resigned uploads targets with the body changed, and signed as it is then.
func resigned(old, new string) func(*publisher) upload {
	return func(p *publisher) upload {
		p.t.Helper()
		f, err := notary.ParseTargets(rTargets, p.signTargets(rTargets))
		if err != nil {
			p.t.Fatal(err)
		}
		signed := replace(p.t, old, new)(bytes.Clone(f.Message))
		message, _, err := notary.Canonical(signed)
		if err != nil {
			p.t.Fatal(err)
		}
		out := append([]byte(`{"signed":`), signed...)
		out = append(append(out, `,"signatures":`...), toWire(p.t, []object{entry(p.t, p.signers[rTargets][0], message)})...)
		return upload{rTargets: append(out, '}')}
	}
}

// rendersOtherwise are files that verify, or nearly, but are not what a server renders.
var rendersOtherwise = []badUpload{
	{"a newline at the end", changed(rTargets, func(b []byte) []byte { return append(b, '\n') }), rTargets, trustdata.ReasonFormat},
	{"white space", resigned(`"version":`, `"version": `), rTargets, trustdata.ReasonFormat},
	{"signatures first", changed(rTargets, func(b []byte) []byte {
		i := bytes.LastIndex(b, []byte(`,"signatures":`))
		return []byte(`{` + string(b[i+1:len(b)-1]) + `,` + string(b[1:i]) + `}`)
	}), rTargets, trustdata.ReasonFormat},
	{"a date with a fraction", resigned(`Z","targets"`, `.120Z","targets"`), rTargets, trustdata.ReasonFormat},
	{"a date with a zone", resigned(`Z","targets"`, `+00:00","targets"`), rTargets, trustdata.ReasonFormat},
	{"an unknown member", resigned(`"version":`, `"x":1,"version":`), rTargets, trustdata.ReasonFormat},
	{"raw <", resigned(`"targets":{"v1"`, `"targets":{"v1<"`), rTargets, trustdata.ReasonFormat},
	{"delegations null", func(p *publisher) upload {
		b := p.targets[rTargets]
		b.Delegations, b.Keys = nil, nil
		p.targets[rTargets] = b
		return resigned(`{"keys":{},"roles":[]}`, `null`)(p)
	}, rTargets, trustdata.ReasonFormat},
	{"no JSON", changed(rTargets, func([]byte) []byte { return []byte("x") }), rTargets, trustdata.ReasonFormat},
	{"a timestamp", func(p *publisher) upload { return upload{rTimestamp: p.base.Timestamp.Raw} }, rTimestamp, trustdata.ReasonFormat},
	{"a role that is none", func(p *publisher) upload { return upload{"targets/..": p.base.Targets[rAlice].Raw} }, "targets/..", trustdata.ReasonFormat},
}

// breaksState are files that are each well made and together break the repository.
var breaksState = []badUpload{
	{"the same version", func(p *publisher) upload { return upload{rTargets: p.base.Targets[rTargets].Raw} }, rTargets, trustdata.ReasonRollback},
	{"the same delegation", func(p *publisher) upload { return upload{rTeam: p.base.Targets[rTeam].Raw} }, rTeam, trustdata.ReasonRollback},
	{"the same root", func(p *publisher) upload { p.root.Version--; return upload{rRoot: p.signRoot()} }, rRoot, trustdata.ReasonChain},
	{"a root too far ahead", func(p *publisher) upload { p.root.Version++; return upload{rRoot: p.signRoot()} }, rRoot, trustdata.ReasonChain},
	{"a new root key alone", func(p *publisher) upload {
		p.rotate(rRoot)
		p.signers[rRoot] = p.signers[rRoot][1:]
		return upload{rRoot: p.signRoot()}
	}, rRoot, trustdata.ReasonChain},
	{"the old root key alone", func(p *publisher) upload {
		p.rotate(rRoot)
		p.signers[rRoot] = p.signers[rRoot][:1]
		return upload{rRoot: p.signRoot()}
	}, rRoot, trustdata.ReasonSignature},
	{"an expired root", func(p *publisher) upload { p.root.Expires = now.Add(-time.Hour); return upload{rRoot: p.signRoot()} }, rRoot, trustdata.ReasonExpired},
	{"a new targets key without targets", func(p *publisher) upload { p.rotate(rTargets); return upload{rRoot: p.signRoot()} }, rTargets, trustdata.ReasonSignature},
	{"a new targets key and old targets", func(p *publisher) upload {
		raw := p.signTargets(rTargets)
		p.rotate(rTargets)
		return upload{rRoot: p.signRoot(), rTargets: raw}
	}, rTargets, trustdata.ReasonSignature},
	{"expired targets", func(p *publisher) upload {
		b := p.targets[rTargets]
		b.Expires = now.Add(-time.Second)
		p.targets[rTargets] = b
		return upload{rTargets: p.signTargets(rTargets)}
	}, rTargets, trustdata.ReasonExpired},
	{"a stranger's delegation", func(p *publisher) upload {
		p.signers[rAlice] = []notary.Signer{signer(newEC(p.t))}
		return upload{rAlice: p.signTargets(rAlice)}
	}, rAlice, trustdata.ReasonSignature},
	{"a delegation that nobody lists", func(p *publisher) upload {
		p.targets["targets/bob"], p.signers["targets/bob"] = p.targets[rTeam], p.signers[rAlice]
		return upload{"targets/bob": p.signTargets("targets/bob")}
	}, "targets/bob", trustdata.ReasonMissing},
	{"a delegation with a new key and its old file", func(p *publisher) upload {
		b := p.targets[rTargets]
		key := newEC(p.t).Public()
		b.Keys[key.ListedID()] = key
		b.Delegations[1].KeyIDs = []trustdata.ListedID{key.ListedID()}
		return upload{rTargets: p.signTargets(rTargets)}
	}, rAlice, trustdata.ReasonSignature},
	{"a snapshot by the old key", func(p *publisher) upload {
		u := upload{rTargets: p.signTargets(rTargets)}
		p.signers[rSnapshot] = []notary.Signer{signer(newEC(p.t))}
		u[rSnapshot] = p.signSnapshot(u)
		return u
	}, rSnapshot, trustdata.ReasonSignature},
	{"a snapshot of the old targets", func(p *publisher) upload {
		return upload{rTargets: p.signTargets(rTargets), rSnapshot: p.signSnapshot(nil)}
	}, rTargets, trustdata.ReasonChecksum},
	{"a snapshot of the old root", func(p *publisher) upload {
		return upload{rRoot: p.signRoot(), rSnapshot: p.signSnapshot(nil)}
	}, rRoot, trustdata.ReasonChecksum},
	{"a snapshot with another hash of what stays", func(p *publisher) upload {
		b := p.base.Snapshot.Body
		b.Version++
		b.Meta[rTeam] = notary.MetaOf([]byte("x"))
		return upload{rSnapshot: p.snapshotOf(b)}
	}, rTeam, trustdata.ReasonChecksum},
	{"a snapshot without a delegation", func(p *publisher) upload {
		b := p.base.Snapshot.Body
		b.Version++
		delete(b.Meta, rTeam)
		return upload{rSnapshot: p.snapshotOf(b)}
	}, rTeam, trustdata.ReasonMissing},
	{"the same snapshot", func(p *publisher) upload {
		return upload{rSnapshot: p.snapshotOf(p.base.Snapshot.Body)}
	}, rSnapshot, trustdata.ReasonRollback},
}

func TestUploadsThatBreak(t *testing.T) {
	for _, tt := range append(rendersOtherwise, breaksState...) {
		t.Run(tt.name, func(t *testing.T) {
			p := newPublisher(t)
			expectRefusal(t, notary.CheckUpload(p.base, tt.make(p), policy), tt.role, tt.why)
		})
	}
	if err := notary.CheckUpload(newPublisher(t).base, nil, policy); err == nil {
		t.Error("an empty upload is fine")
	}
}

// TestOtherRenderingsVerify: what is refused for its bytes alone would pass every client
// otherwise, which is why only the bytes can tell.
func TestOtherRenderingsVerify(t *testing.T) {
	for _, tt := range rendersOtherwise {
		switch tt.name {
		case "white space", "a date with a fraction", "a date with a zone", "an unknown member", "raw <", "delegations null", "a newline at the end":
			p := newPublisher(t)
			raw := tt.make(p)[rTargets]
			sn := &notary.File[notary.Snapshot]{Body: notary.Snapshot{Meta: map[trustdata.Role]notary.Meta{rTargets: notary.MetaOf(raw)}}}
			if _, err := policy.Targets(p.base.Root, sn, raw); err != nil {
				t.Errorf("%s: %v", tt.name, err)
			}
		}
	}
}
