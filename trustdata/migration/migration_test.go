package migration

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"keyrite/trustdata"
	"keyrite/trustdata/archive"
	"keyrite/trustdata/registry"
)

const app trustdata.GUN = "reg.example/team/app"

func hex(c string) string { return strings.Repeat(c, 64) }

// served is a registry: what each tag serves, and who signed which digest.
type served struct {
	tags   map[string]string
	signed map[string][]registry.Signature
	lost   map[string]bool
	deaf   error
	listed error
}

func (s *served) Tags(context.Context) ([]string, error) {
	var names []string
	for name := range s.tags {
		names = append(names, name)
	}
	slices.Sort(names)
	return names, errors.Join(s.listed, s.deaf)
}

func (s *served) Resolve(_ context.Context, tag string) (registry.Descriptor, error) {
	d, ok := s.tags[tag]
	switch {
	case s.deaf != nil:
		return registry.Descriptor{}, s.deaf
	case !ok:
		return registry.Descriptor{}, registry.ErrNotFound
	case d == "":
		return registry.Descriptor{}, errors.New("no answer")
	}
	return registry.Descriptor{Digest: d}, nil
}

func (s *served) Signatures(_ context.Context, digest string) registry.Found {
	return registry.Found{Signatures: s.signed[digest]}
}

func (s *served) Has(_ context.Context, digest string) error {
	if s.lost[digest] {
		return registry.ErrNotFound
	}
	return nil
}

func tag(name, digest string) trustdata.Tag {
	return trustdata.Tag{Name: name, Digest: digest, Length: 7, Roles: []trustdata.Role{"targets"}, Signers: []string{trustdata.RepoAdmin}, Pulled: true}
}

// fixture is a repository with a tag in every state, and signatures of both systems.
func fixture() (*trustdata.Collection, *served) {
	elsewhere := tag("elsewhere", hex("e"))
	elsewhere.Pulled, elsewhere.Roles = false, []trustdata.Role{"targets/x"}
	col := &trustdata.Collection{GUN: app, Server: "https://trust.example", Source: trustdata.SourceLive,
		Roles: []trustdata.RoleView{{Role: "root", Version: 3, Threshold: 2}, {Role: "targets", Version: 9, Threshold: 1}, {Role: "timestamp", Version: 40, Threshold: 1}},
		Tags: []trustdata.Tag{tag("1.0", hex("a")), tag("1.1", hex("b")), tag("latest", hex("b")), tag("moved", hex("c")), tag("lost", hex("d")), tag("gone", hex("f")),
			tag("silent", hex("1")), tag("notation", hex("2")), tag("cosign", hex("3")), elsewhere}}
	on := func(d, kind string) []registry.Signature {
		return []registry.Signature{{Kind: kind, Digest: hex("9"), On: d}}
	}
	return col, &served{
		tags: map[string]string{"1.0": hex("a"), "1.1": hex("b"), "latest": hex("b"), "moved": hex("7"), "lost": hex("7"), "silent": "", "notation": hex("2"), "cosign": hex("3"),
			"elsewhere": hex("e"), "unsigned": hex("8"), "sha256-" + hex("3") + ".sig": hex("9"), "part": hex("4")},
		signed: map[string][]registry.Signature{hex("2"): on(hex("2"), registry.Notation), hex("3"): on(hex("3"), registry.Cosign), hex("a"): on(hex("5"), registry.Notation)},
		lost:   map[string]bool{hex("d"): true},
	}
}

func look(t *testing.T, col *trustdata.Collection, from *served, also ...string) []*Live {
	t.Helper()
	l, err := Look(t.Context(), from, col, also, 2)
	if err != nil {
		t.Fatal(err)
	}
	return []*Live{l}
}

var made = time.Date(2026, 11, 28, 12, 0, 0, 5, time.UTC)

func plan(t *testing.T, all []*Live, change func(*Options)) *Plan {
	t.Helper()
	opt := Options{Tool: "keyrite test", Now: made, Signer: Signer{For: registry.Notation}}
	if change != nil {
		change(&opt)
	}
	p, err := New(all, opt)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// told is a plan's repository in short.
func told(r Repository) map[string][]string {
	out := map[string][]string{"unsigned": r.Unsigned}
	for what, items := range map[string][]Item{"sign": r.Sign, "done": r.Done} {
		for _, it := range items {
			out[what] = append(out[what], it.Digest[7:8]+" "+strings.Join(it.Tags, " "))
		}
	}
	for what, tags := range map[string][]Tag{"asked": r.Asked, "left": r.Left, "impossible": r.Impossible, "unknown": r.Unknown} {
		for _, g := range tags {
			out[what] = append(out[what], g.Tag)
		}
	}
	return out
}

func TestPlan(t *testing.T) {
	with := func(base map[string][]string, more ...string) map[string][]string {
		out := map[string][]string{"sign": {"a 1.0", "b 1.1 latest", "3 cosign"}, "done": {"2 notation"}, "asked": {"moved"}, "impossible": {"lost", "gone"}, "unknown": {"silent"},
			"unsigned": {"elsewhere", "part", "unsigned"}}
		for k, v := range base {
			if out[k] = v; v == nil {
				delete(out, k)
			}
		}
		return out
	}
	for _, tt := range []struct {
		name   string
		change func(*Options)
		want   map[string][]string
	}{
		{"notation", nil, with(nil)},
		{"cosign", func(o *Options) { o.Signer.For = registry.Cosign }, with(map[string][]string{"sign": {"a 1.0", "b 1.1 latest", "2 notation"}, "done": {"3 cosign"}})},
		{"moved one wanted", func(o *Options) { o.Include = []string{string(app) + ":moved"} },
			with(map[string][]string{"sign": {"a 1.0", "b 1.1 latest", "c moved", "3 cosign"}, "asked": nil})},
		{"moved one not wanted", func(o *Options) { o.Leave = []string{string(app) + ":moved"} }, with(map[string][]string{"asked": nil, "left": {"moved"}})},
		{"signed one not wanted", func(o *Options) { o.Leave = []string{string(app) + ":1.0"} },
			with(map[string][]string{"sign": {"b 1.1 latest", "3 cosign"}, "left": {"1.0"}})},
	} {
		t.Run(tt.name, func(t *testing.T) {
			col, from := fixture()
			p := plan(t, look(t, col, from), tt.change)
			if d := cmp.Diff(tt.want, told(p.Repositories[0])); d != "" {
				t.Error(d)
			}
			if len(p.NoEqual) != 4 || !strings.Contains(strings.Join(p.Warnings, " "), "for ever") || !p.Made.Equal(made.Truncate(time.Second)) {
				t.Errorf("%+v", p)
			}
		})
	}
}

// TestDecisionsAboutNothing: a decision that changes nothing is a mistake in its name.
func TestDecisionsAboutNothing(t *testing.T) {
	col, from := fixture()
	all := look(t, col, from)
	for _, name := range []string{"moved", string(app) + ":unsigned", string(app) + ":gone", string(app) + ":lost", string(app) + ":1.0", "reg.example/other:moved"} {
		if _, err := New(all, Options{Signer: Signer{For: registry.Notation}, Include: []string{name}}); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("--include %q: %v", name, err)
		}
	}
}

func TestLookRefused(t *testing.T) {
	col, from := fixture()
	from.deaf = errors.New("registry is down")
	if l, err := Look(t.Context(), from, col, nil, 0); l != nil || !errors.Is(err, from.deaf) {
		t.Errorf("%v, %v", l, err)
	}
	from.deaf, from.listed = nil, errors.New("no list")
	p := plan(t, look(t, col, from), nil)
	if r := p.Repositories[0]; len(r.Problems) != 1 || !strings.Contains(r.Problems[0], "may be missing: no list") {
		t.Errorf("problems %q", r.Problems)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Look(ctx, from, col, nil, 0); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestSignerLines(t *testing.T) {
	for _, tt := range []struct {
		signer Signer
		gun    trustdata.GUN
		want   string
	}{
		{Signer{For: "notation"}, app, "notation sign reg.example/team/app@sha256:" + hex("a")},
		{Signer{For: "cosign", Key: "awskms:///alias/x"}, app, "cosign sign --key awskms:///alias/x reg.example/team/app@sha256:" + hex("a")},
		{Signer{For: "notation", Key: "it's $(rm)"}, app, `notation sign --key 'it'\''s $(rm)' reg.example/team/app@sha256:` + hex("a")},
		{Signer{For: "notation", KeyID: "https://v/1", Plugin: "azure-kv"}, "alpine", "notation sign --id https://v/1 --plugin azure-kv docker.io/library/alpine@sha256:" + hex("a")},
		{Signer{For: "notation"}, "reg.example/a;b`c$d", "notation sign 'reg.example/a;b`c$d@sha256:" + hex("a") + "'"},
		{Signer{For: "cosign"}, "-o.example/app", "cosign sign -- -o.example/app@sha256:" + hex("a")},
	} {
		if got := tt.signer.line(tt.gun, hex("a")); got != tt.want {
			t.Errorf("got %s, want %s", got, tt.want)
		}
		if err := tt.signer.Check(); err != nil {
			t.Error(err)
		}
	}
	for _, s := range []Signer{{}, {For: "docker"}, {For: "cosign", KeyID: "1"}, {For: "notation", Key: "a", KeyID: "b", Plugin: "c"}, {For: "notation", KeyID: "b"}, {For: "notation", Plugin: "c"},
		{For: "notation", Key: "a\x1b[2J"}, {For: "cosign", Key: "a\nb"}} {
		if s.Check() == nil {
			t.Errorf("%+v is taken", s)
		}
	}
}

// TestScriptHostile: a tag's name is a comment, and never ends one.
func TestScriptHostile(t *testing.T) {
	p := &Plan{For: registry.Notation, Repositories: []Repository{{GUN: app, Sign: []Item{{Digest: "sha256:" + hex("a"), Tags: []string{"a\nrm -rf /", "b\x1b[2J"}, Line: "true"}}}}}
	for _, line := range strings.Split(strings.TrimSpace(p.Script()), "\n") {
		if line != "" && !strings.HasPrefix(line, "#") && line != "set -eu" && !strings.HasPrefix(line, "true ") || strings.Contains(line, "\x1b") {
			t.Errorf("line %q", line)
		}
	}
}

func TestPolicy(t *testing.T) {
	p := &Plan{Repositories: []Repository{{GUN: app}, {GUN: "alpine"}}}
	var got Policy
	if err := json.Unmarshal(p.Policy("acme", nil), &got); err != nil {
		t.Fatal(err)
	}
	statement := func(scope string) Statement {
		return Statement{scope, []string{scope}, Verification{"audit"}, []string{"ca:acme"}, []string{"*"}}
	}
	if d := cmp.Diff(Policy{"1.0", []Statement{statement(string(app)), statement("docker.io/library/alpine")}}, got); d != "" {
		t.Error(d)
	}
	if CheckStore("acme-1.x_y") != nil || CheckStore("a/b") == nil || CheckStore("") == nil {
		t.Error("the names of stores")
	}
}

func TestWriteAndRead(t *testing.T) {
	col, from := fixture()
	p := plan(t, look(t, col, from), nil)
	dir := filepath.Join(t.TempDir(), "out")
	paths, err := p.Write(dir, "acme", []string{"x509.subject: C=US, ST=WA, O=acme"})
	if err != nil || len(paths) != 3 {
		t.Fatal(paths, err)
	}
	for _, path := range paths {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%v, %v", info, err)
		}
	}
	back, err := Read(paths[0])
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(p, back); d != "" {
		t.Error(d)
	}
	// Nothing is overwritten, and where one file is there none is written.
	for _, name := range []string{PlanFile, ScriptFile, PolicyFile} {
		other := t.TempDir()
		if err := os.WriteFile(filepath.Join(other, name), []byte("mine"), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := p.Write(other, "acme", nil); !errors.Is(err, fs.ErrExist) {
			t.Errorf("with %s: %v", name, err)
		}
		if left, _ := os.ReadDir(other); len(left) != 1 {
			t.Errorf("with %s there are %d files", name, len(left))
		}
		if got, _ := os.ReadFile(filepath.Join(other, name)); string(got) != "mine" {
			t.Errorf("%s is %q", name, got)
		}
	}
}

func TestReadRefused(t *testing.T) {
	for name, text := range map[string]string{
		"no JSON": "<html>", "newer": `{"format":2,"for":"notation"}`, "older": `{"for":"notation"}`, "no system": `{"format":1}`, "other system": `{"format":1,"for":"gpg"}`,
		"bad name":   `{"format":1,"for":"notation","repositories":[{"gun":"../x"}]}`,
		"bad digest": `{"format":1,"for":"notation","repositories":[{"gun":"a/b","sign":[{"digest":"sha256:../../x"}]}]}`,
	} {
		path := filepath.Join(t.TempDir(), "plan.json")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if p, err := Read(path); p != nil || !errors.Is(err, ErrPlan) {
			t.Errorf("%s: %v, %v", name, p, err)
		}
	}
	if _, err := Read(filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

// TestCheck takes a migration from its plan to its end, and away from it again.
func TestCheck(t *testing.T) {
	plain := func() (*trustdata.Collection, *served) {
		col := &trustdata.Collection{GUN: app, Roles: []trustdata.RoleView{{Role: "targets", Version: 9}}, Tags: []trustdata.Tag{tag("1.0", hex("a")), tag("moved", hex("c"))}}
		return col, &served{tags: map[string]string{"1.0": hex("a"), "moved": hex("7")}, signed: map[string][]registry.Signature{}, lost: map[string]bool{}}
	}
	sign := func(s *served, d, kind string) {
		s.signed[d] = append(s.signed[d], registry.Signature{Kind: kind, On: d})
	}
	for _, tt := range []struct {
		name string
		// plan changes what the plan is made with; then what is there changes.
		plan     func(*Options)
		then     func(*trustdata.Collection, *served)
		kept     Evidence
		complete bool
		want     string // counts of to_sign, unplanned, withdrawn, unknown, left_out, impossible
	}{
		{"nothing done", nil, nil, Evidence{}, false, "1 1 0 0 0 0"},
		{"signed, moved one undecided", nil, func(_ *trustdata.Collection, s *served) { sign(s, hex("a"), "notation") }, Evidence{}, false, "0 1 0 0 0 0"},
		{"signed, moved one left out", func(o *Options) { o.Leave = []string{string(app) + ":moved"} }, func(_ *trustdata.Collection, s *served) { sign(s, hex("a"), "notation") }, Evidence{}, true, "0 0 0 0 1 0"},
		{"moved one included, not signed", func(o *Options) { o.Include = []string{string(app) + ":moved"} }, func(_ *trustdata.Collection, s *served) { sign(s, hex("a"), "notation") }, Evidence{}, false, "1 0 0 0 0 0"},
		{"all signed", func(o *Options) { o.Include = []string{string(app) + ":moved"} }, func(_ *trustdata.Collection, s *served) {
			sign(s, hex("a"), "notation")
			sign(s, hex("c"), "notation")
		}, Evidence{}, true, "0 0 0 0 0 0"},
		{"all signed, not archived", func(o *Options) { o.Include = []string{string(app) + ":moved"} }, func(_ *trustdata.Collection, s *served) {
			sign(s, hex("a"), "notation")
			sign(s, hex("c"), "notation")
		}, Evidence{Problem: "no archive was named"}, false, "0 0 0 0 0 0"},
		{"signed by the other system", func(o *Options) { o.Leave = []string{string(app) + ":moved"} }, func(_ *trustdata.Collection, s *served) { sign(s, hex("a"), "cosign") }, Evidence{}, false, "1 0 0 0 1 0"},
		{"signed on a part only", func(o *Options) { o.Leave = []string{string(app) + ":moved"} }, func(_ *trustdata.Collection, s *served) {
			s.signed[hex("a")] = []registry.Signature{{Kind: "notation", On: hex("5")}}
		}, Evidence{}, false, "1 0 0 0 1 0"},
		{"a new tag since", func(o *Options) { o.Leave = []string{string(app) + ":moved"} }, func(col *trustdata.Collection, s *served) {
			sign(s, hex("a"), "notation")
			col.Tags = append(col.Tags, tag("1.1", hex("b")))
			s.tags["1.1"] = hex("b")
		}, Evidence{}, false, "0 1 0 0 1 0"},
		{"a new name of a planned digest", func(o *Options) { o.Leave = []string{string(app) + ":moved"} }, func(col *trustdata.Collection, s *served) {
			sign(s, hex("a"), "notation")
			col.Tags = append(col.Tags, tag("latest", hex("a")))
			s.tags["latest"] = hex("a")
		}, Evidence{}, true, "0 0 0 0 1 0"},
		{"left out, then signed for something else", func(o *Options) { o.Leave = []string{string(app) + ":moved"} }, func(col *trustdata.Collection, s *served) {
			sign(s, hex("a"), "notation")
			col.Tags[1].Digest = hex("7")
		}, Evidence{}, false, "0 1 0 0 0 0"},
		{"withdrawn since", func(o *Options) { o.Leave = []string{string(app) + ":moved"} }, func(col *trustdata.Collection, s *served) { col.Tags = col.Tags[1:] }, Evidence{}, false, "0 0 1 0 1 0"},
		{"gone since", func(o *Options) { o.Leave = []string{string(app) + ":moved"} }, func(_ *trustdata.Collection, s *served) {
			sign(s, hex("a"), "notation")
			delete(s.tags, "1.0")
		}, Evidence{}, true, "0 0 0 0 1 1"},
		{"not known", func(o *Options) { o.Leave = []string{string(app) + ":moved"} }, func(_ *trustdata.Collection, s *served) {
			sign(s, hex("a"), "notation")
			s.tags["1.0"] = ""
		}, Evidence{}, false, "0 0 0 1 1 0"},
		{"a role that does not count", func(o *Options) { o.Leave = []string{string(app) + ":moved"} }, func(col *trustdata.Collection, s *served) {
			sign(s, hex("a"), "notation")
			col.Roles = append(col.Roles, trustdata.RoleView{Role: "targets/x", Problem: "expired"})
		}, Evidence{}, false, "0 0 0 0 1 0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			col, from := plain()
			planned := plan(t, look(t, col, from), tt.plan)
			if tt.then != nil {
				tt.then(col, from)
			}
			all := look(t, col, from, planned.Digests(app)...)
			c := Check(planned, plan(t, all, nil), all, []Evidence{tt.kept})
			s := c.Repositories[0]
			got := fmt.Sprint(len(s.ToSign), len(s.Unplanned), len(s.Withdrawn), len(s.Unknown), len(s.Left), len(s.Impossible))
			if got != tt.want || s.Complete != tt.complete || c.Complete != tt.complete {
				t.Errorf("%s, complete %v and %v; want %s, %v\n%+v", got, c.Complete, s.Complete, tt.want, tt.complete, s)
			}
		})
	}
	if Check(nil, &Plan{}, nil, nil).Complete {
		t.Error("nothing at all is complete")
	}
}

// TestCheckWithoutPlan makes the plan that it checks.
func TestCheckWithoutPlan(t *testing.T) {
	col, from := fixture()
	all := look(t, col, from)
	c := Check(nil, plan(t, all, nil), all, []Evidence{{}})
	if s := c.Repositories[0]; s.Planned != 4 || s.Signed != 1 || len(s.ToSign) != 3 || len(s.Unplanned) != 1 || s.Complete {
		t.Errorf("%+v", s)
	}
	// A plan of other repositories says nothing of this one.
	c = Check(&Plan{}, plan(t, all, nil), all, []Evidence{{}})
	if s := c.Repositories[0]; s.Planned != 0 || len(s.Unplanned) != 6 || s.Complete {
		t.Errorf("%+v", s)
	}
}

func TestKept(t *testing.T) {
	live := &trustdata.Collection{Roles: []trustdata.RoleView{{Role: "root", Version: 2}, {Role: "targets", Version: 5}, {Role: "snapshot", Version: 70}, {Role: "targets/x", Version: 3}},
		Tags: []trustdata.Tag{tag("1.0", hex("a"))}}
	kept := func(change func(*trustdata.Collection)) *archive.Archive {
		col := *live
		col.Roles, col.Tags = slices.Clone(live.Roles), slices.Clone(live.Tags)
		col.Roles[2].Version = 60 // the server has renewed it since
		change(&col)
		return &archive.Archive{Manifest: &archive.Manifest{VerifiedAt: made}, Collection: &col}
	}
	for _, tt := range []struct {
		name   string
		path   string
		change func(*trustdata.Collection)
		err    error
		want   string
	}{
		{"good", "/a", func(*trustdata.Collection) {}, nil, ""},
		{"newer", "/a", func(c *trustdata.Collection) { c.Roles[1].Version = 6 }, nil, ""},
		{"not named", "", nil, nil, "no archive was named"},
		{"none", "/a", nil, fmt.Errorf("x: %w", fs.ErrNotExist), "there is no archive of it"},
		{"damaged", "/a", nil, errors.Join(archive.ErrDamaged, fs.ErrNotExist), "damaged"},
		{"old targets", "/a", func(c *trustdata.Collection) { c.Roles[1].Version = 4 }, nil, `version 4 of "targets", and the server has 5`},
		{"old delegation", "/a", func(c *trustdata.Collection) { c.Roles = c.Roles[:3] }, nil, `version 0 of "targets/x"`},
		{"another tag", "/a", func(c *trustdata.Collection) { c.Tags[0].Digest = hex("b") }, nil, `does not have tag "1.0"`},
		{"no tag", "/a", func(c *trustdata.Collection) { c.Tags = nil }, nil, `does not have tag "1.0"`},
	} {
		var a *archive.Archive
		if tt.change != nil {
			a = kept(tt.change)
		}
		e := Kept(tt.path, a, tt.err, live)
		if (e.Problem != "") != (tt.want != "") || !strings.Contains(e.Problem, tt.want) {
			t.Errorf("%s: %q, want %q", tt.name, e.Problem, tt.want)
		}
	}
}

// TestJudge: a signature that does not verify is none, in a plan and in a check.
func TestJudge(t *testing.T) {
	col, from := fixture()
	all := look(t, col, from)
	var asked []string
	verify := func(why string, err error) func(context.Context, string) (string, error) {
		return func(_ context.Context, digest string) (string, error) {
			asked = append(asked, digest[:1])
			return why, err
		}
	}
	if err := all[0].Judge(t.Context(), registry.Notation, verify("nobody vouches for it", nil)); err != nil {
		t.Fatal(err)
	}
	if strings.Join(asked, "") != "2" {
		t.Errorf("asked about %q", asked)
	}
	p := plan(t, all, nil)
	if got := told(p.Repositories[0]); got["done"] != nil || len(got["sign"]) != 4 {
		t.Errorf("planned: %q", got)
	}
	c := Check(nil, p, all, []Evidence{{}})
	if d := cmp.Diff([]Refusal{{"sha256:" + hex("2"), "nobody vouches for it"}}, c.Repositories[0].Refused); d != "" || c.Repositories[0].Signed != 0 {
		t.Error(d)
	}
	if err := all[0].Judge(t.Context(), registry.Notation, verify("", nil)); err != nil || len(plan(t, all, nil).Repositories[0].Done) != 1 {
		t.Errorf("one that verifies: %v", err)
	}
	if err := all[0].Judge(t.Context(), registry.Notation, verify("", fs.ErrPermission)); !errors.Is(err, fs.ErrPermission) {
		t.Error(err)
	}
}
