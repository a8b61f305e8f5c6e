package demo_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"keyrite/backup/media"
	"keyrite/cmd/keyrite/demo"
	"keyrite/trustdata"
	"keyrite/trustdata/registry"
	"keyrite/trustdata/remote"
	"keyrite/trustdata/state"
)

func turn(t *testing.T, w *demo.World, how func(context.Context, demo.Problem) error, p demo.Problem) {
	t.Helper()
	if err := how(t.Context(), p); err != nil {
		t.Fatal(err)
	}
}

// TestServersThatLie: a client that has seen the company refuses what a broken server gives
// out, for the reason that it has, and takes it again once that is mended.
func TestServersThatLie(t *testing.T) {
	for _, tt := range []struct {
		problem demo.Problem
		path    string
		reason  trustdata.Reason
	}{
		{demo.TamperedMetadata, "infra/proxy", trustdata.ReasonSignature},
		{demo.Rollback, "pay/api", trustdata.ReasonRollback},
	} {
		t.Run(string(tt.problem), func(t *testing.T) {
			w := newWorld(t)
			store, err := state.OpenStore(t.TempDir(), now)
			if err != nil {
				t.Fatal(err)
			}
			f := &remote.Fetcher{Config: config(w), State: store, Now: now}
			gun := trustdata.GUN(demo.Host + "/" + tt.path)
			for _, g := range w.GUNs {
				if _, err := f.Fetch(t.Context(), g); err != nil && !strings.HasSuffix(string(g), "infra/base") {
					t.Fatal(err)
				}
			}
			turn(t, w, w.Break, tt.problem)
			_, err = f.Fetch(t.Context(), gun)
			var refused *trustdata.VerifyError
			if !errors.As(err, &refused) || refused.Role != trustdata.RoleTimestamp || refused.Reason != tt.reason {
				t.Errorf("broken: %v, want the timestamp refused for %s", err, tt.reason)
			}
			if _, err := f.Fetch(t.Context(), w.GUNs[0]); err != nil {
				t.Errorf("another repository: %v", err)
			}
			turn(t, w, w.Mend, tt.problem)
			if _, err := f.Fetch(t.Context(), gun); err != nil {
				t.Errorf("mended: %v", err)
			}
		})
	}
}

func TestTamperedTag(t *testing.T) {
	w := newWorld(t)
	for _, step := range []struct {
		turn  func(context.Context, demo.Problem) error
		moved int
	}{{w.Mend, 1}, {w.Break, 2}, {w.Break, 2}, {w.Mend, 1}} {
		turn(t, w, step.turn, demo.TamperedTag)
		if got := look(t, w, w.GUNs[0]).States[registry.Moved]; got != step.moved {
			t.Errorf("%d tags are moved, want %d", got, step.moved)
		}
	}
}

// TestLyingStick: the one stick gives back zeros for the end of a file that was written to it,
// the other what it got.
func TestLyingStick(t *testing.T) {
	w := newWorld(t)
	data := bytes.Repeat([]byte("acme"), 5000)
	read := func(d media.Drive, name string) []byte {
		t.Helper()
		folder, err := w.OpenFolder(d.Mount, false)
		if err != nil {
			t.Fatal(err)
		}
		defer folder.Close()
		if err := media.WriteFile(folder, name+".part", name, data); err != nil {
			t.Fatal(err)
		}
		r, err := folder.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		got, err := io.ReadAll(r)
		if err != nil || len(got) != len(data) || r.Size() != int64(len(data)) {
			t.Fatalf("read %d bytes of %d, %v", len(got), r.Size(), err)
		}
		return got
	}
	sticks := w.Sticks()
	turn(t, w, w.Break, demo.LyingStick)
	if got := read(sticks[0], "broken"); !bytes.Equal(got, data) {
		t.Error("the good stick forgets")
	}
	if got := read(sticks[1], "broken"); !bytes.HasPrefix(got, data[:1000]) || got[len(got)-1] != 0 {
		t.Error("the stick that lies keeps all")
	}
	turn(t, w, w.Mend, demo.LyingStick)
	if got := read(sticks[1], "mended"); !bytes.Equal(got, data) {
		t.Error("mended it still forgets")
	}
}

// hands note what the walk does, and end commands as they are told to.
type hands struct {
	ran   []string
	fails func(args []string) int
}

func (h *hands) of(out io.Writer) demo.Hands {
	return demo.Hands{
		Run: func(args ...string) int {
			h.ran = append(h.ran, args[0])
			fmt.Fprintf(out, "(output of %s)\n", args[0])
			return h.fails(args)
		},
		CutOff: func(context.Context) (string, error) { return "some-id", nil },
	}
}

// TestWalkProblems: the walk runs on where commands end as they should, and stops where one
// does not see the problem.
func TestWalkProblems(t *testing.T) {
	w := newWorld(t)
	seen := map[string]int{}
	sees := func(args []string) int {
		seen[args[0]]++
		switch {
		case args[0] == "verify" && seen["verify"] == 1, args[0] == "inspect":
			return 3
		case args[0] == "backup" && seen["backup"] == 1:
			return 1
		}
		return 0
	}
	h := &hands{fails: sees}
	var out bytes.Buffer
	if err := demo.WalkProblems(t.Context(), &out, w, demo.Problems(), h.of(&out)); err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(h.ran, " "), "tags tags verify verify inspect verify rotations rotate backup backup backup"; got != want {
		t.Errorf("verbs:\n got %s\nwant %s", got, want)
	}
	for _, want := range []string{"\n## rollback: ", "(output of inspect)\n(exit code 3)\n", "--resume some-id", "Those were the problems"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
	blind := &hands{fails: func([]string) int { return 0 }}
	err := demo.WalkProblems(t.Context(), io.Discard, w, []demo.Problem{demo.Rollback, demo.LyingStick}, blind.of(io.Discard))
	if err == nil || !strings.Contains(err.Error(), "exit code 0, want 3") || len(blind.ran) != 1 {
		t.Errorf("a rollback that nobody sees: %v after %q", err, blind.ran)
	}
}

// TestUnknownProblem: the company has no other problems, and a rotation is not its own.
func TestUnknownProblem(t *testing.T) {
	w := newWorld(t)
	for _, p := range []demo.Problem{"fire", demo.KilledRotation} {
		if err := w.Break(t.Context(), p); err == nil || !strings.Contains(err.Error(), string(p)) {
			t.Errorf("%s: %v", p, err)
		}
	}
}
