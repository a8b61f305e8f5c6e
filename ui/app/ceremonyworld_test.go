package app_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"keyrite/backup"
	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/notary"
	"keyrite/trustdata/remote"
	"keyrite/trustdata/rotation"
	"keyrite/trustdata/rotation/ceremony"
	"keyrite/trustdata/state"
	"keyrite/ui"
	shown "keyrite/ui/ceremony"
	"keyrite/ui/uitest"
)

// stickName is the stick as the screens name it, wherever the test has it.
const stickName = "/media/stick"

// ceremonyWorld is a trust world whose root key lies on another machine, and the stick that is
// carried between the two. It does what the screens of a ceremony ask for.
type ceremonyWorld struct {
	*trustWorld
	away  *trustWorld
	stick string
	// full is what writing on the stick answers.
	full error
}

func newCeremonyWorld(t *testing.T, more ...trustdata.GUN) *ceremonyWorld {
	t.Helper()
	w := newTrustWorld(t, more...)
	away, folder := *w, t.TempDir()
	dir, err := keyring.OpenDir(filepath.Join(folder, "trust"), keyring.DirOptions{Create: true})
	w.must(err)
	store, err := state.OpenStore(filepath.Join(folder, "state"), w.now)
	w.must(err)
	journal, err := rotation.OpenJournal(filepath.Join(folder, "state"), w.now)
	w.must(err)
	t.Cleanup(func() { journal.Close() })
	deaf := func(context.Context, trustdata.GUN) (*remote.Result, error) { return nil, errors.New("no network") }
	away.dir = dir
	away.Rotator = &rotation.Rotator{Fetch: deaf, Fresh: deaf, Keys: dir, State: store, Journal: journal, Now: w.now, Format: quick}
	name := string(w.root.KeyID()) + ".key"
	w.must(os.MkdirAll(filepath.Join(dir.Path(), "private"), 0o700))
	w.must(os.Rename(filepath.Join(w.dir.Path(), "private", name), filepath.Join(dir.Path(), "private", name)))
	return &ceremonyWorld{trustWorld: w, away: &away, stick: t.TempDir()}
}

func (c *ceremonyWorld) write(name string, data []byte) (string, error) {
	if c.full != nil {
		return "", c.full
	}
	_, err := ceremony.WriteFile(c.stick, name, data)
	return stickName + "/" + name, err
}

// machine is one of the two machines, as the screens ask it.
type machine struct {
	*ceremonyWorld
	on *trustWorld
}

var _ shown.Service = machine{}

func (m machine) Read(_ context.Context, file string) (*shown.Brought, error) {
	b, err := ceremony.ReadFile(filepath.Join(m.stick, filepath.Base(file)))
	if err != nil {
		return nil, err
	}
	op, err := m.on.Journal.Online(b.ID)
	out := &shown.Brought{File: file, Bundle: b, Problems: rotation.CheckCeremony(b, notary.Policy{Now: m.now()}), Here: op != nil, Root: m.on == m.away}
	if op != nil {
		out.Ended = op.EndedAs()
	}
	return out, err
}

func (m machine) Waiting(_ context.Context, id string) (*ceremony.Bundle, error) {
	op, err := m.on.Journal.Find(id)
	m.must(err)
	return m.on.AgainCeremony(op)
}

func (m machine) Preparing(reqs []rotation.CeremonyRequest) shown.Preparing {
	return &preparingPart{m, reqs}
}
func (m machine) Signing(b *ceremony.Bundle) shown.Signing       { return &signingPart{m, b} }
func (m machine) Publishing(b *ceremony.Bundle) shown.Publishing { return &publishingPart{m, b} }

func (m machine) Open(ctx context.Context, id trustdata.KeyID, p keyring.Passphrase) (*keyring.PrivateKey, error) {
	return m.on.dir.Open(ctx, id, p)
}

type preparingPart struct {
	machine
	reqs []rotation.CeremonyRequest
}

func (p *preparingPart) Plan(ctx context.Context) (*rotation.CeremonyPlan, error) {
	return p.on.PlanCeremony(ctx, p.reqs, 1)
}

func (p *preparingPart) Prepare(ctx context.Context, plan *rotation.CeremonyPlan, pass keyring.Passphrase) (*ceremony.Bundle, error) {
	return p.on.PrepareCeremony(ctx, plan, pass, "keyrite 1.0")
}

func (p *preparingPart) Write(_ context.Context, b *ceremony.Bundle, _ string) (string, error) {
	return p.write(ceremony.FileName(ceremony.StagePrepared, b.ID), b.Raw)
}

type signingPart struct {
	machine
	bundle *ceremony.Bundle
}

func (p *signingPart) Plan(ctx context.Context, given map[trustdata.GUN]string) (*rotation.SigningPlan, error) {
	return p.on.PlanSigning(ctx, p.bundle, rotation.CeremonyTrust{Local: func(trustdata.GUN) ([]remote.Local, error) { return nil, nil }, Given: given})
}

func (p *signingPart) Prepare(ctx context.Context, plan *rotation.SigningPlan, keys rotation.Keys, pass keyring.Passphrase) (*rotation.Prepared, error) {
	return p.on.PrepareSigning(ctx, plan, keys, pass)
}

func (p *signingPart) BackUp(ctx context.Context, prep *rotation.Prepared, folder string, recipients []string) (*backup.CreateResult, error) {
	return p.on.BackUp(ctx, prep, folder, recipients)
}

func (p *signingPart) Record(_ context.Context, prep *rotation.Prepared, made *backup.CreateResult, waived string) error {
	if made != nil {
		return prep.BackedUp(rotation.Saved{File: made.File, SHA256: made.SHA256, State: string(made.State)})
	}
	if waived != "" {
		return prep.Waived("backup: " + waived)
	}
	return nil
}

func (p *signingPart) Sign(ctx context.Context, plan *rotation.SigningPlan, prep *rotation.Prepared, keys rotation.Keys, _ string, told func(string)) (out shown.Written, err error) {
	write := func(b *ceremony.Bundle) error {
		told(shown.StepWrite)
		out.File, err = p.write(ceremony.FileName(ceremony.StageSigned, b.ID), b.Raw)
		out.Record = strings.TrimSuffix(out.File, ".signed.tar") + ".record.txt"
		return err
	}
	if plan.Signed != nil {
		out.Bundle = plan.Signed
		out.Notes, err = p.on.SignedAgain(ctx, plan, write)
		return out, err
	}
	told(shown.StepSign)
	out.Bundle, out.Notes, err = p.on.SignCeremony(ctx, plan, prep, keys, "keyrite 1.0", write)
	return out, err
}

func (p *signingPart) Abandon(ctx context.Context, prep *rotation.Prepared) error {
	return p.on.Abandon(ctx, prep)
}

type publishingPart struct {
	machine
	bundle *ceremony.Bundle
}

func (p *publishingPart) Plan(ctx context.Context) (*rotation.PublishingPlan, error) {
	return p.on.PlanPublishing(ctx, p.bundle, 1)
}

func (p *publishingPart) Publish(ctx context.Context, plan *rotation.PublishingPlan, keys rotation.Keys, told func(trustdata.GUN, string)) ([]rotation.Outcome, error) {
	if len(plan.Again) > 0 {
		_, err := p.on.Again(ctx, plan.Op, told)
		return nil, err
	}
	return p.on.PublishCeremony(ctx, plan, keys, 1, told)
}

func (p *publishingPart) Standing(context.Context) (*rotation.Operation, string, error) {
	return p.on.Journal.Record(p.bundle.ID)
}

// at opens the screen that a ceremony is entered by, on one of the machines.
func (c *ceremonyWorld) at(on *trustWorld, width, height int, guns ...trustdata.GUN) *uitest.Driver {
	return enter(c.t, width, height, func(st *ui.Styles, clock ui.Clock) ui.Screen {
		return shown.New(shown.Options{Context: context.Background(), Styles: st, Clock: clock, Profile: "PROD acme", Service: machine{c, on}}, guns, nil)
	})
}

// file is the file of a stage on the stick.
func (c *ceremonyWorld) file(stage ceremony.Stage) *ceremony.Bundle {
	c.t.Helper()
	found, err := filepath.Glob(filepath.Join(c.stick, "*."+string(stage)+".tar"))
	if err != nil || len(found) != 1 {
		c.t.Fatalf("on the stick: %v, %v", found, err)
	}
	b, err := ceremony.ReadFile(found[0])
	c.must(err)
	return b
}

// digits are what differs from run to run in a frame: IDs, hashes, and a port.
var digits = regexp.MustCompile(`\b[0-9a-f]{4}(?: {1,3}[0-9a-f]{4})+|\b[0-9a-f](?: {1,3}[0-9a-f]){7}\b|\b[0-9a-f]{8}(?: [0-9a-f]{8})+|\b[0-9a-f]{7,8}\b|127\.0\.0\.1:\d+`)

// masked is a frame without them, as wide as before.
func masked(frame string) string {
	return digits.ReplaceAllStringFunc(frame, func(s string) string {
		return strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' || r >= 'a' && r <= 'f' {
				return 'x'
			}
			return r
		}, s)
	})
}
