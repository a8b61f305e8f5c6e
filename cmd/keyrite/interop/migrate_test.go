package interop_test

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"keyrite/cmd/keyrite/interop"
)

type migrationJSON struct {
	Repositories []struct {
		GUN        string              `json:"gun"`
		Sign       []migrationItemJSON `json:"sign"`
		Done       []migrationItemJSON `json:"done"`
		Asked      []migrationTagJSON  `json:"asked"`
		Impossible []migrationTagJSON  `json:"impossible"`
		Unsigned   []string            `json:"unsigned"`
	} `json:"repositories"`
	Files []string `json:"files"`
}

type migrationItemJSON struct {
	Digest string   `json:"digest"`
	Tags   []string `json:"tags"`
	Line   string   `json:"line"`
}

type migrationTagJSON struct {
	Tag    string `json:"tag"`
	Signed string `json:"signed"`
	Served string `json:"served"`
}

type migratedJSON struct {
	Complete     bool   `json:"complete"`
	JudgedBy     string `json:"judged_by"`
	Repositories []struct {
		Planned   int                            `json:"planned"`
		Signed    int                            `json:"signed"`
		ToSign    []migrationItemJSON            `json:"to_sign"`
		Unplanned []migrationTagJSON             `json:"unplanned"`
		Refused   []struct{ Digest, Why string } `json:"refused"`
		Archive   struct {
			Problem string `json:"problem"`
		} `json:"archive"`
	} `json:"repositories"`
}

// migrated runs migrate check, whose exit code must say the same as its JSON.
func migrated(t *testing.T, k *interop.Keyrite, args ...string) (c migratedJSON) {
	t.Helper()
	r := k.Try(append([]string{"--json", "migrate", "check"}, args...)...)
	if err := json.Unmarshal([]byte(r.Stdout), &c); err != nil {
		t.Fatalf("exit %d: %v\n%s", r.Code, err, r.Output())
	}
	if want := map[bool]int{true: 0, false: 3}[c.Complete]; r.Code != want {
		t.Fatalf("exit %d, complete %v\n%s", r.Code, c.Complete, r.Output())
	}
	return c
}

// TestMigration takes a repository from content trust to notation: planned, signed by the
// real notation with the lines of the plan, verified by it with the policy of the plan, and
// checked, in a registry that lists referrers and in one that does not.
func TestMigration(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"referrers", "distribution"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reg, _ := startSigned(t, name)
			n := interop.StartServer(t, interop.ServerOptions{}).Notary(t)
			// notation speaks http to a registry of this name only.
			gun := strings.Replace(reg.Host, "127.0.0.1", "localhost", 1) + "/team/app"
			n.InitServerSnapshot(gun)
			images := map[string]interop.Image{}
			for _, tag := range []string{"1.0", "1.1", "moved", "left", "gone"} {
				images[tag] = reg.Push("team/app", tag, tag)
				n.Sign(gun, tag, images[tag].Digest, images[tag].Length)
			}
			n.Sign(gun, "latest", images["1.1"].Digest, images["1.1"].Length)
			reg.Tag("team/app", "latest", images["1.1"])
			other := reg.Push("team/app", "unsigned", "unsigned")
			reg.Tag("team/app", "moved", other)
			reg.Tag("team/app", "left", other)
			reg.Untag("team/app", "gone")

			k, signer := n.Keyrite(), interop.NewNotation(t)
			dir := t.TempDir()
			plan, archives := filepath.Join(dir, "plan"), filepath.Join(dir, "archives")
			first := interop.JSON[migrationJSON](k, "migrate", "plan", gun).Repositories[0]
			if len(first.Sign) != 2 || len(first.Asked) != 2 || first.Asked[0].Signed == first.Asked[0].Served || len(first.Impossible) != 1 || strings.Join(first.Unsigned, " ") != "unsigned" {
				t.Fatalf("%+v", first)
			}
			planned := interop.JSON[migrationJSON](k, "migrate", "plan", gun, "--include", gun+":moved", "--leave", gun+":left", "--out", plan, "--trust-store", signer.Store)
			if r := planned.Repositories[0]; len(r.Sign) != 3 || len(planned.Files) != 3 {
				t.Fatalf("%+v", planned)
			}
			before := migrated(t, k, "--plan", planned.Files[0])
			if r := before.Repositories[0]; before.Complete || r.Planned != 3 || r.Signed != 0 || len(r.ToSign) != 3 || r.Archive.Problem == "" {
				t.Fatalf("before: %+v", before)
			}

			if r := signer.Script(planned.Files[1]); r.Code != 0 {
				t.Fatalf("sign.sh: exit %d\n%s", r.Code, r.Output())
			}
			signer.Run("policy", "import", planned.Files[2])
			for _, it := range planned.Repositories[0].Sign {
				if out := signer.Run("verify", gun+"@"+it.Digest).Output(); !strings.Contains(out, "Successfully verified") {
					t.Errorf("notation verify: %s", out)
				}
			}
			if r := signer.Try("verify", gun+"@"+other.Digest); r.Code == 0 {
				t.Errorf("what nobody signed verifies: %s", r.Output())
			}

			unkept := migrated(t, k, "--plan", planned.Files[0], "--archive", archives)
			if r := unkept.Repositories[0]; unkept.Complete || r.Signed != 3 || len(r.ToSign) != 0 || r.Archive.Problem != "there is no archive of it" {
				t.Fatalf("signed and not archived: %+v", unkept)
			}
			k.Run("archive", gun, "--to", archives)
			if done := migrated(t, k, "--plan", planned.Files[0], "--archive", archives); !done.Complete {
				t.Fatalf("signed and archived: %+v", done)
			}
			verified := migrated(t, k, "--plan", planned.Files[0], "--archive", archives, "--verify", "--notation-config", signer.ConfigDir())
			if !verified.Complete || verified.JudgedBy == "" {
				t.Errorf("verified: %+v", verified)
			}
			stranger := interop.NewNotation(t)
			stranger.Run("policy", "import", planned.Files[2])
			foreign := migrated(t, k, "--plan", planned.Files[0], "--archive", archives, "--verify", "--notation-config", stranger.ConfigDir())
			if r := foreign.Repositories[0]; foreign.Complete || r.Signed != 0 || len(r.Refused) != 3 {
				t.Errorf("by a policy that trusts somebody else: %+v", foreign)
			}
			again := interop.JSON[migrationJSON](k, "migrate", "plan", gun, "--include", gun+":moved", "--leave", gun+":left").Repositories[0]
			if len(again.Sign) != 0 || len(again.Done) != 3 {
				t.Errorf("planned again: %+v", again)
			}

			// What is signed after that is in no plan and in no archive.
			fresh := reg.Push("team/app", "2.0", "2.0")
			n.Sign(gun, "2.0", fresh.Digest, fresh.Length)
			late := migrated(t, k, "--plan", planned.Files[0], "--archive", archives)
			if r := late.Repositories[0]; late.Complete || len(r.Unplanned) != 1 || r.Unplanned[0].Tag != "2.0" || !strings.Contains(r.Archive.Problem, "targets") {
				t.Errorf("a tag signed since: %+v", late)
			}
		})
	}
}

// TestNotationSeen has signatures of the real notation found with their certificates.
func TestNotationSeen(t *testing.T) {
	t.Parallel()
	signer := interop.NewNotation(t)
	for _, name := range []string{"referrers", "distribution"} {
		reg, login := startSigned(t, name)
		n := interop.StartServer(t, interop.ServerOptions{}).Notary(t)
		gun := reg.Host + "/team/app"
		n.InitServerSnapshot(gun)
		image := reg.Push("team/app", "1.0", "1.0")
		n.Sign(gun, "1.0", image.Digest, image.Length)
		signer.Sign(strings.Replace(gun, "127.0.0.1", "localhost", 1) + "@" + image.Digest)
		k := n.Keyrite()
		login(k)
		rows := interop.JSON[struct {
			Tags []signedTagJSON `json:"tags"`
		}](k, "tags", gun, "--signatures").Tags
		for _, row := range rows {
			if row.Name != "1.0" {
				continue // the tag that stands in for the list of referrers
			}
			if len(row.Signatures) != 1 || row.Signatures[0].Kind != "notation" || row.Signatures[0].Form != "notation-config" || row.Signatures[0].On != image.Digest ||
				len(row.Signatures[0].Certificates) != 1 || len(row.Problems) > 0 {
				t.Errorf("%s: %+v", name, row)
			}
		}
	}
}
