package rotation_test

import (
	"errors"
	"flag"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/trustdata/trustserver"
)

// The model of the protocol drives the real code through what can happen to it. A run of
// the program is one pass of it over a state: at each durable step and each request it may
// die, and the network, the server and a second publisher may do their worst. What is left
// then is the state that the next run begins with. Every run is repeated until each
// combination of so many misfortunes has happened in it; states that differ in nothing
// that a program could find out are gone on with once.

// frozen is the world between two runs: every file of this machine, the server, and what
// only the checks remember.
type frozen struct {
	files  map[string][]byte // by path; the name of a folder ends in a slash
	server *trustserver.Server
	facts  facts
	// path says how it came about.
	path []string
}

// model explores what can become of one change.
type model struct {
	t    *testing.T
	guns []trustdata.GUN
	role trustdata.Role
	// every has each request fail by itself, and not only the first one of a question.
	every bool
	// mutate breaks the program on purpose.
	mutate func(*rotation.Rotator, *run)

	seen   map[string]int // the misfortunes that were left when the state was gone on with
	runs   int
	wrongs []string
	home   string
	web    *front
}

// deep has the model go further than a test of every day: "make kill" does.
var deep = flag.Bool("deep", false, "explore the model with more misfortunes")

// TestModel lets up to so many misfortunes befall a change and whatever is done after, in
// any order, and holds at every point that no key is lost, and what is said is true.
func TestModel(t *testing.T) {
	two := []trustdata.GUN{gun, "registry.acme.example/pay/api"}
	for name, c := range map[string]struct {
		guns        []trustdata.GUN
		role        trustdata.Role
		misfortunes int
		every       bool
		deep        bool // only then
	}{
		"targets, each request":    {guns: two[:1], role: trustdata.RoleTargets, misfortunes: 1, every: true},
		"root":                     {guns: two[:1], role: trustdata.RoleRoot, misfortunes: 1},
		"root of two in one go":    {guns: two, role: trustdata.RoleRoot, misfortunes: 1},
		"targets of two in one go": {guns: two, role: trustdata.RoleTargets, misfortunes: 1, deep: true},
	} {
		if *deep {
			c.misfortunes++
		} else if c.deep {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := &model{t: t, guns: c.guns, role: c.role, every: c.every}
			m.explore(m.begin(), c.misfortunes)
			for _, w := range m.wrongs {
				t.Error(w)
			}
			t.Logf("%d states, %d runs, with up to %d misfortunes", len(m.seen), m.runs, c.misfortunes)
		})
	}
}

// memoryFolder is a folder in memory where the machine has one, so that thousands of runs
// do not wait for a disk.
func memoryFolder(t *testing.T) string {
	if info, err := os.Stat("/dev/shm"); err != nil || !info.IsDir() {
		return t.TempDir()
	}
	dir, err := os.MkdirTemp("/dev/shm", "keyrite-model-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

type keyMaker interface {
	Key(trustdata.GUN, trustdata.Role) (trustdata.PublicKey, error)
}

func newServer(now func() time.Time) *trustserver.Server {
	return trustserver.New(trustserver.Options{Now: now})
}

// explore begins at a state that has nothing unfinished, with so many misfortunes to come.
func (m *model) explore(begin frozen, misfortunes int) {
	m.seen = map[string]int{m.key(begin): misfortunes}
	todo := []frozen{begin}
	for len(todo) > 0 && len(m.wrongs) == 0 {
		from := todo[0]
		todo = todo[1:]
		left := m.seen[m.key(from)]
		for _, act := range m.acts(from) {
			for _, to := range m.allRuns(from, act, left) {
				key, rest := m.key(to.frozen), left-to.misfortunes
				before, known := m.seen[key]
				if !known {
					m.ends(to.frozen)
				}
				if !known || before < rest {
					m.seen[key] = rest
					todo = append(todo, to.frozen)
				}
			}
		}
	}
}

// outcome is a state with what it took to come to it.
type outcome struct {
	frozen
	misfortunes int
}

// allRuns repeats one run until every choice of at most so many misfortunes was made.
func (m *model) allRuns(from frozen, act string, misfortunes int) []outcome {
	var out []outcome
	for scripts := [][]int{nil}; len(scripts) > 0 && len(m.wrongs) == 0; {
		script := scripts[len(scripts)-1]
		scripts = scripts[:len(scripts)-1]
		r := m.run(from, act, script)
		taken := len(script) - count(script, 0)
		out = append(out, outcome{r.freeze(), taken})
		if taken == misfortunes {
			continue
		}
		for i := len(script); i < len(r.choices); i++ {
			for other := 1; other < r.choices[i]; other++ {
				scripts = append(scripts, append(make([]int, i), other))
				copy(scripts[len(scripts)-1], script)
			}
		}
	}
	return out
}

func count(list []int, what int) (n int) {
	for _, v := range list {
		if v == what {
			n++
		}
	}
	return n
}

// acts are what a person could do next.
func (m *model) acts(from frozen) []string {
	unfinished, ended := from.operations(m)
	switch {
	case len(unfinished) > 0:
		return []string{"resume", "abandon"}
	case slices.ContainsFunc(ended, func(op *rotation.Operation) bool { return op.State() == rotation.StateDone }), len(ended) > 1:
		return nil
	}
	return []string{"rotate"}
}

// ends holds that a person who has no more bad luck comes to an end from any state: by
// going on or else giving up, and in any case by giving up alone; and that the same change
// can be made anew after.
func (m *model) ends(from frozen) {
	for _, acts := range [][]string{{"resume", "abandon"}, {"abandon"}} {
		now := from
		for _, act := range acts {
			if unfinished, _ := now.operations(m); len(unfinished) == 0 {
				break
			}
			now = m.run(now, act, nil).freeze()
		}
		if unfinished, _ := now.operations(m); len(unfinished) > 0 {
			m.wrong(now.path, "after %q without a fault it is still unfinished: %s", acts, unfinished[0].Summary())
			continue
		}
		again := m.run(now, "rotate", nil)
		if again.err != nil && !again.keyInTrash() {
			m.wrong(again.path, "the change cannot be made anew: %v", again.err)
		}
	}
}

func (m *model) wrong(path []string, format string, args ...any) {
	m.wrongs = append(m.wrongs, sprintf(format, args...)+"\n\t"+strings.Join(path, "\n\t"))
}

// operations are the journal's.
func (f frozen) operations(m *model) (unfinished, ended []*rotation.Operation) {
	m.thaw(f)
	j, err := rotation.OpenJournal(filepath.Join(m.home, "state"), m.web.now)
	if err != nil {
		m.t.Fatal(err)
	}
	if unfinished, err = j.Unfinished(); err == nil {
		ended, err = j.Past()
	}
	if err != nil {
		m.wrong(f.path, "the journal cannot be read: %v", err)
	}
	return unfinished, ended
}

// thaw writes the files of a state to the disk.
func (m *model) thaw(f frozen) {
	m.must(os.RemoveAll(m.home))
	for _, name := range slices.Sorted(maps.Keys(f.files)) {
		path := filepath.Join(m.home, name)
		if strings.HasSuffix(name, "/") {
			m.must(os.MkdirAll(path, 0o700))
			continue
		}
		m.must(os.MkdirAll(filepath.Dir(path), 0o700))
		m.must(os.WriteFile(path, f.files[name], 0o600))
	}
}

// disk reads every file back.
func (m *model) disk() map[string][]byte {
	files := map[string][]byte{}
	m.must(filepath.WalkDir(m.home, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(m.home, path)
		if err == nil && d.IsDir() {
			files[name+"/"] = nil
		} else if err == nil {
			files[name], err = os.ReadFile(path)
		}
		return err
	}))
	return files
}

func (m *model) must(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatal(err)
	}
}

// keyInTrash reports whether a run failed for want of a key that lies in the trash, whole:
// an upload landed after it had been given up. A person puts it back.
func (r *run) keyInTrash() bool {
	var missing *rotation.MissingKeyError
	return errors.As(r.err, &missing) && slices.ContainsFunc(missing.Listed, func(id trustdata.KeyID) bool {
		return r.facts.landedLate && r.place(id) == "trash"
	})
}
