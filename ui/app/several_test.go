package app_test

import (
	"context"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"keyrite/backup"
	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/ui"
	"keyrite/ui/rotate"
	"keyrite/ui/uitest"
)

// severalWorld is one operation on a real trust world.
type severalWorld struct {
	*trustWorld
	role  trustdata.Role
	guns  []trustdata.GUN
	id    string
	begun bool
	op    *rotation.Operation
}

var _ rotate.Operation = (*severalWorld)(nil)

func (s *severalWorld) Plan(ctx context.Context) (*rotation.Batch, error) {
	if s.begun {
		var err error
		s.op, err = s.Journal.Reload(s.id)
		s.must(err)
		return s.PlanResume(ctx, s.op, 1)
	}
	var reqs []rotation.Request
	for _, gun := range s.guns {
		reqs = append(reqs, rotation.Request{GUN: gun, Role: s.role})
	}
	return s.PlanBatch(ctx, reqs, 1)
}

func (s *severalWorld) Open(ctx context.Context, id trustdata.KeyID, p keyring.Passphrase) (*keyring.PrivateKey, error) {
	if s.id == "" {
		return s.dir.Open(ctx, id, p)
	}
	return rotation.WithStaged{Store: s.dir, Op: s.id}.Open(ctx, id, p)
}

func (s *severalWorld) Prepare(ctx context.Context, b *rotation.Batch, keys rotation.Keys, pass keyring.Passphrase) (*rotation.Prepared, error) {
	prep, err := s.PrepareBatch(ctx, b, keys, pass)
	if err == nil {
		s.id = prep.ID()
	}
	return prep, err
}

func (s *severalWorld) Record(_ context.Context, prep *rotation.Prepared, made *backup.CreateResult, waived string) error {
	if made != nil {
		return prep.BackedUp(rotation.Saved{File: made.File, SHA256: made.SHA256, State: string(made.State)})
	}
	if waived != "" {
		return prep.Waived("backup: " + waived)
	}
	return nil
}

func (s *severalWorld) Again(ctx context.Context, told func(trustdata.GUN, string)) error {
	_, err := s.Rotator.Again(ctx, s.op, told)
	return err
}

func (s *severalWorld) Publish(ctx context.Context, prep *rotation.Prepared, keys rotation.Keys, told func(trustdata.GUN, string)) ([]rotation.Outcome, error) {
	s.begun = true
	return s.PublishBatch(ctx, prep, keys, 1, told)
}

func (s *severalWorld) Abandon(ctx context.Context, prep *rotation.Prepared) error {
	if s.begun {
		return s.Pause(prep)
	}
	return s.Rotator.Abandon(ctx, prep)
}

func (s *severalWorld) Standing(context.Context) (*rotation.Operation, string, error) {
	return s.Journal.Record(s.id)
}

// several opens the wizard on three repositories.
func (w *trustWorld) several(role trustdata.Role, width, height int) (*severalWorld, *uitest.Driver) {
	s := &severalWorld{trustWorld: w, role: role, guns: []trustdata.GUN{realGUN, secondGUN, thirdGUN}}
	return s, enter(w.t, width, height, func(st *ui.Styles, clock ui.Clock) ui.Screen {
		return rotate.NewOperation(rotate.SeveralOptions{Context: context.Background(), Styles: st, Clock: clock, Role: role, GUNs: s.guns, Profile: "PROD acme", Operation: s})
	})
}

// goOn opens the wizard that goes on with an operation.
func (w *trustWorld) goOn(st *ui.Styles, clock ui.Clock) goingOn {
	return func(op *rotation.Operation) (ui.Screen, string) {
		return rotate.NewOperation(rotate.SeveralOptions{Context: context.Background(), Styles: st, Clock: clock, Role: op.Units[0].Role, Begun: op, Profile: "PROD acme",
			Operation: &severalWorld{trustWorld: w, role: op.Units[0].Role, id: op.ID, begun: true}}), ""
	}
}

// versions are those of root.json as a client that knows nothing reads them.
func (w *trustWorld) versions() (out []int64) {
	w.t.Helper()
	for _, gun := range []trustdata.GUN{realGUN, secondGUN, thirdGUN} {
		v, _ := w.collectionOf(gun).Role(trustdata.RoleRoot)
		out = append(out, v.Version)
	}
	return out
}

func (w *trustWorld) wantVersions(want ...int64) {
	w.t.Helper()
	if got := w.versions(); !slices.Equal(got, want) {
		w.t.Errorf("root.json has versions %v, want %v", got, want)
	}
}

// toReview walks a root rotation up to its review, with a backup, and gives the paper.
func (s *severalWorld) toReview(d *uitest.Driver) (paper string) {
	s.t.Helper()
	d.Has("3 REPOSITORIES", "v1 -> v2", "Leaving now changes nothing.")
	passphrases(d).Has("[3 New key]").Press("N").Has("WRITE DOWN THE FIRST EIGHT DIGITS", "Leaving now moves the new key to the trash")
	staged := s.pending()
	if len(staged) != 1 {
		s.t.Fatalf("pending: %v", staged)
	}
	d.Press("enter", "B").Type(filepath.Join(s.t.TempDir(), "stick")).Press("enter").Paste(recipient).Press("enter").Type(recipientEnd).Press("enter").Has("the new one too").Press("enter")
	return string(staged[0].KeyID[:8])
}

func typeDigits(d *uitest.Driver, paper string) *uitest.Driver {
	return d.Press("enter").Advance(time.Second).Type(paper).Press("tab", "enter")
}

func TestRotateSeveralForReal(t *testing.T) {
	w := newTrustWorld(t, secondGUN, thirdGUN)
	s, d := w.several(trustdata.RoleRoot, 100, 30)
	paper := s.toReview(d)
	d.Fits().Has("3 REPOSITORIES WILL TRUST A DIFFERENT ROOT. THIS CANNOT BE UNDONE.", "____ ____", "old and new key").Lacks(paper[:4] + " " + paper[4:])
	d.Press("enter").Advance(time.Second).Type("3 repositories").Press("tab", "enter").Has("Locked").Press("esc")
	w.wantVersions(1, 1, 1)
	typeDigits(d, paper).Fits().Has("[7 Close]", "DONE. 3 of 3 repositories", "KEEP THE OLD KEY", "STILL TO DO", "RECORD", "Started")
	w.wantVersions(2, 2, 2)
	if len(w.pending()) != 0 {
		t.Errorf("pending: %v", w.pending())
	}
	past, err := w.Journal.Past()
	if err != nil || len(past) != 1 || past[0].State() != rotation.StateDone || len(past[0].Backups) != 1 {
		t.Errorf("the journal has %+v, %v", past, err)
	}
	d.Press("enter").Has("THE LOBBY")
}

// TestRotateSeveralChooses: a repository that is taken out is left as it is.
func TestRotateSeveralChooses(t *testing.T) {
	w := newTrustWorld(t, secondGUN, thirdGUN)
	s, d := w.several(trustdata.RoleRoot, 100, 30)
	d.Press("j", "x").Has("2 REPOSITORIES", "you took it out", "1 repository, see below", "is left out.").Press("x").Has("3 REPOSITORIES", "takes part.").Press("x")
	_ = passphrases(d).Press("N")
	paper := string(s.pending()[0].KeyID[:8])
	d.Press("enter", "x").Type("a drill").Press("enter", "enter").Has("WAIVED: a drill", "2 REPOSITORIES WILL TRUST A DIFFERENT ROOT")
	typeDigits(d, paper).Has("DONE. 2 of 2", "backup: a drill")
	w.wantVersions(2, 1, 2)
}

// TestRotateSeveralLeavesNothing: leaving before anything is sent undoes what was made.
func TestRotateSeveralLeavesNothing(t *testing.T) {
	w := newTrustWorld(t, secondGUN, thirdGUN)
	before := w.files()
	s, d := w.several(trustdata.RoleRoot, 100, 30)
	s.toReview(d)
	d.Press("esc").Has("[1 Check]", "Given up before anything was sent")
	if after := w.files(); len(after) != len(before) || len(w.pending()) != 0 {
		t.Errorf("files %v, before %v, pending %v", after, before, w.pending())
	}
	w.wantVersions(1, 1, 1)
	// The same plan, taken up again, is another operation.
	typeDigits(d, s.toReview(d.Press("j"))).Has("DONE. 3 of 3 repositories")
	if past, err := w.Journal.Past(); err != nil || len(past) != 2 || past[0].ID == past[1].ID {
		t.Errorf("the journal has %+v, %v", past, err)
	}
}

// badGateway answers the upload of the second repository with 502, without taking it.
func badGateway(rw http.ResponseWriter, r *http.Request) bool {
	if !strings.Contains(r.URL.Path, string(secondGUN)) {
		return false
	}
	http.Error(rw, "bad gateway", http.StatusBadGateway)
	return true
}

// TestRotateSeveralTriesAgain: what one server did not take stops nobody else, and T goes
// on without asking for a key that is open.
func TestRotateSeveralTriesAgain(t *testing.T) {
	w := newTrustWorld(t, secondGUN, thirdGUN)
	w.fault = badGateway
	s, d := w.several(trustdata.RoleRoot, 100, 30)
	typeDigits(d, s.toReview(d)).Fits().Has("STOPPED AFTER 2 OF 3", "Both states are sound", "502", "T try again", "P pause", "Leaving now pauses")
	w.wantVersions(2, 1, 2)
	d.Press("enter").Has("T tries again").Press("T").Has("STOPPED AFTER 2 OF 3")
	w.fault = nil
	d.Press("T").Fits().Has("DONE. 3 of 3 repositories")
	w.wantVersions(2, 2, 2)
}

// TestRotateSeveralRefused: a server that says no leaves its repository as it was; K goes
// on without it, and it waits.
func TestRotateSeveralRefused(t *testing.T) {
	w := newTrustWorld(t, secondGUN, thirdGUN)
	w.fault = func(rw http.ResponseWriter, r *http.Request) bool {
		if !strings.Contains(r.URL.Path, string(secondGUN)) {
			return false
		}
		http.Error(rw, `{"errors":[{"code":"UNAUTHORIZED","message":"no push","detail":null}]}`, http.StatusForbidden)
		return true
	}
	s, d := w.several(trustdata.RoleRoot, 100, 30)
	typeDigits(d, s.toReview(d)).Fits().Has("STOPPED AFTER 2 OF 3", "403", "server still has v1")
	d.Press("K").Fits().Has("2 OF 3 REPOSITORIES ARE ON THE NEW KEY", "shop/cart is not done", "is announced at the next start")
	w.wantVersions(2, 1, 2)
	if ops, err := w.Unfinished(); err != nil || len(ops) != 1 {
		t.Errorf("unfinished: %v, %v", ops, err)
	}
}

// TestRotateSeveralStops: Esc finishes the repository that is under way, and begins no
// more; P keeps the rest for the next start, which goes on with it.
func TestRotateSeveralStops(t *testing.T) {
	w := newTrustWorld(t, secondGUN, thirdGUN)
	s, d := w.several(trustdata.RoleRoot, 100, 30)
	paper := s.toReview(d)
	w.fault = func(_ http.ResponseWriter, r *http.Request) bool {
		if strings.Contains(r.URL.Path, string(realGUN)) {
			d.Press("esc")
		}
		return false
	}
	typeDigits(d, paper).Has("STOPPED AFTER 1 OF 3", "waiting")
	w.fault = nil
	w.wantVersions(2, 1, 1)
	d.Press("P").Has("THE LOBBY")
	w.resume(paper)
}

// resume goes on from the announcement of the next start to the end.
func (w *trustWorld) resume(paper string) {
	w.t.Helper()
	ops, err := w.Unfinished()
	w.must(err)
	d := w.announced(ops, 100, 30, w.goOn)
	d.Has("A ROTATION IS UNFINISHED: 1 OF 3").Press("enter").Fits().Has("GO ON WITH", "made already", "____ ____", "the operation waits")
	d.Press("enter").Has("PASSPHRASE OF THE OLD ROOT KEY").Type(oldPass).Press("enter").Has("PASSPHRASE OF THE NEW ROOT KEY").Type(newPass).Press("enter")
	d.Has("[3 New key]").Press("enter").Has("[4 Review]")
	typeDigits(d, paper).Fits().Has("DONE. 3 of 3 repositories")
	w.wantVersions(2, 2, 2)
	d.Press("enter").Has("THE LOBBY")
}

// TestUnfinishedGoesOn: what was cut off in the middle of an upload is sent again, and what
// was not begun is done, with the key that was made then. It had no backup yet.
func TestUnfinishedGoesOn(t *testing.T) {
	w, op := cutOff(t)
	d := w.announced([]*rotation.Operation{op}, 100, 30, w.goOn)
	d.Press("enter").Has("GO ON WITH 2 REPOSITORIES", "sent once more").Lacks(op.Keys[0].KeyID.Short())
	d.Press("enter").Type(oldPass).Press("enter").Type(newPass).Press("enter").Has("[3 New key]").Press("enter").Has("[4 Back up]")
	d.Press("enter").Has("Neither backed up nor waived").Press("x").Type("a drill").Press("enter", "enter").Has("[5 Review]")
	typeDigits(d, string(op.Keys[0].KeyID[:8])).Fits().Has("DONE. 3 of 3 repositories", "backup: a drill")
	w.wantVersions(2, 2, 2)
	d.Press("enter").Has("THE LOBBY")
}

// TestRotateSeveralRepositoryKeys: a key is made for each once it is confirmed, and a
// second try asks for none of them.
func TestRotateSeveralRepositoryKeys(t *testing.T) {
	w := newTrustWorld(t, secondGUN, thirdGUN)
	before := w.files()
	w.fault = badGateway
	_, d := w.several(trustdata.RoleTargets, 100, 30)
	passphrases(d.Has("ROTATE THE REPOSITORY KEY OF 3 REPOSITORIES")).Fits().Has("[3 Review]", "a new key for each")
	if len(w.pending()) != 0 {
		t.Errorf("pending before the confirmation: %v", w.pending())
	}
	d.Press("enter").Advance(time.Second).Type("2 repositories").Press("tab", "enter").Has("Locked").Press("esc")
	d.Press("enter").Advance(time.Second).Type("3 repositories").Press("tab", "enter").Fits().Has("STOPPED AFTER 2 OF 3", "502")
	w.fault = nil
	d.Press("T").Fits().Has("DONE. 3 of 3 repositories", "back up the new keys")
	w.wantVersions(2, 2, 2)
	after := w.files()
	if len(after) != len(before) || len(w.pending()) != 0 {
		t.Errorf("files %v, before %v, pending %v", after, before, w.pending())
	}
}
