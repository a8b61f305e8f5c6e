package interop_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"keyrite/cmd/keyrite/interop"
)

// leaving is a repository under content trust, of which a plan for cosign was made.
type leaving struct {
	k    *interop.Keyrite
	gun  string
	dir  string
	plan migrationJSON
}

// newLeaving signs two images under three tags, and has keyrite plan to sign them anew with
// the key cosign.key. at is where the registry answers.
func newLeaving(t *testing.T, reg *interop.Registry, at string) *leaving {
	t.Helper()
	n := interop.StartServer(t, interop.ServerOptions{}).Notary(t)
	w := &leaving{k: n.Keyrite(), gun: strings.TrimPrefix(at, "http://") + "/team/app", dir: t.TempDir()}
	w.k.Args = append(w.k.Args, "--registry", at)
	n.InitServerSnapshot(w.gun)
	for _, tag := range []string{"1.0", "1.1", "latest"} {
		image := reg.Push("team/app", tag, strings.Replace(tag, "latest", "1.1", 1))
		n.Sign(w.gun, tag, image.Digest, image.Length)
	}
	w.plan = interop.JSON[migrationJSON](w.k, "migrate", "plan", w.gun, "--for", "cosign", "--key", "cosign.key", "--out", filepath.Join(w.dir, "plan"))
	if r := w.plan.Repositories[0]; len(r.Sign) != 2 || len(w.plan.Files) != 2 {
		t.Fatalf("%+v", w.plan)
	}
	if before := migrated(t, w.k, "--plan", w.plan.Files[0]); before.Complete || before.Repositories[0].Signed != 0 {
		t.Fatalf("before: %+v", before)
	}
	return w
}

// script is sign.sh without what differs from run to run: the address, the date and keyrite's
// version.
func (w *leaving) script(t *testing.T) string {
	t.Helper()
	raw, err := os.ReadFile(w.plan.Files[1])
	if err != nil {
		t.Fatal(err)
	}
	made := regexp.MustCompile(`as planned by keyrite .* at [0-9: -]* UTC`)
	return made.ReplaceAllString(strings.ReplaceAll(string(raw), w.gun, repository), "as planned")
}

// done archives the repository, and fails unless the migration is complete then.
func (w *leaving) done(t *testing.T) {
	t.Helper()
	archives := filepath.Join(w.dir, "archives")
	if c := migrated(t, w.k, "--plan", w.plan.Files[0], "--archive", archives); c.Complete || c.Repositories[0].Signed != 2 {
		t.Errorf("signed and not archived: %+v", c)
	}
	w.k.Run("archive", w.gun, "--to", archives)
	if c := migrated(t, w.k, "--plan", w.plan.Files[0], "--archive", archives); !c.Complete {
		t.Errorf("signed and archived: %+v", c)
	}
}

// recordLeaving has cosign run the plan's lines as they are written, verifies what it signed,
// and looks whether the migration is done.
func recordLeaving(t *testing.T, c *interop.Cosign, major, name string) {
	t.Helper()
	rec, reg, front := newRecording(t, c, name)
	w := newLeaving(t, reg, front.URL)
	rec.Script = w.script(t)
	if r := c.Script(c.NoLog(), w.plan.Files[1]); r.Code != 0 {
		t.Fatalf("sign.sh: exit %d\n%s", r.Code, r.Output())
	}
	rec.Runs = append(rec.Runs, interop.Run{About: "the plan", On: "each digest of it", Env: c.NoLog(), Args: []string{"sh", "sign.sh"}})
	rec.Collect(reg, "team/app")
	way := asked[major][0]
	for _, it := range w.plan.Repositories[0].Sign {
		args := append([]string{"verify", "--key", "cosign.pub", "--insecure-ignore-tlog"}, way.Args...)
		r := c.Run(way.Env, slices.Concat(args, []string{w.gun + "@" + it.Digest})...)
		rec.Runs = append(rec.Runs, interop.Run{About: strings.Join(it.Tags, ", "), On: "each digest of it", Env: way.Env, Args: slices.Concat(args, []string{repository + "@" + it.Digest}), Says: interop.Types(r)})
	}
	w.done(t)
	rec.Save(t, recordingOf(major, name, "plan"))
}

// TestCosignMigration: the lines of a plan are still those that the real cosign has run as they
// were written, and what it stored by them completes the migration.
func TestCosignMigration(t *testing.T) {
	t.Parallel()
	recorded(t, func(c *interop.Cosign, major, registry string) { recordLeaving(t, c, major, registry) })
	for major := range cosignCases {
		for _, name := range cosignRegistries {
			t.Run(major+" "+name, func(t *testing.T) {
				t.Parallel()
				rec := interop.Load(t, recordingOf(major, name, "plan"))
				reg, _ := startSigned(t, name)
				w := newLeaving(t, reg, reg.URL)
				if d := cmp.Diff(rec.Script, w.script(t)); d != "" {
					t.Errorf("sign.sh is not what %s has run on %s: %s", rec.Program, rec.Day, d)
				}
				said := verifies(rec)
				for _, it := range w.plan.Repositories[0].Sign {
					if !said[it.Digest] {
						t.Errorf("%s did not verify %s", rec.Program, it.Digest)
					}
				}
				rec.Replay(reg, "team/app")
				w.done(t)
			})
		}
	}
}
