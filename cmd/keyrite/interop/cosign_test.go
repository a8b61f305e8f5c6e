package interop_test

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"keyrite/cmd/keyrite/interop"
)

// cosigns are the programs to record anew; without them the recordings are replayed.
var cosigns = flag.String("cosign", "", "record what the cosign programs at these `PATHS` do, separated by commas")

// cosignCase is an image, or an index with one part, and what cosign does with it.
type cosignCase struct {
	tag   string
	index bool
	// runs are what is put before the reference; env is for all of them. Each is about the
	// part of an index where it begins with onPart.
	runs [][]string
	env  []string
	// forms and parts are those of the signatures that keyrite must find on the image and on
	// its part.
	forms, parts []string
}

const (
	onPart     = "part"
	repository = "REPOSITORY"
)

// signAs, attestAs and attachAs are cosign's command lines.
func signAs(key string, more ...string) []string {
	return append([]string{"sign", "--key", key + ".key"}, more...)
}

func attestAs(more ...string) []string {
	return append([]string{"attest", "--key", "cosign.key", "--type", "custom", "--predicate", "predicate.json", "--yes"}, more...)
}

func attachAs(more ...string) []string {
	return append([]string{"attach", "sbom", "--sbom", "predicate.json"}, more...)
}

// cosignCases are what each version is recorded with, by its first digit.
var cosignCases = map[string][]cosignCase{
	"v2": {
		{tag: "plain"},
		{tag: "tag", runs: [][]string{signAs("cosign")}, forms: []string{"tag"}},
		{tag: "tagtwice", runs: [][]string{signAs("cosign"), signAs("other")}, forms: []string{"tag", "tag"}},
		{tag: "referrer", runs: [][]string{signAs("cosign", "--registry-referrers-mode=oci-1-1")}, env: []string{"COSIGN_EXPERIMENTAL=1"}, forms: []string{"referrer"}},
		{tag: "bundle", runs: [][]string{signAs("cosign", "--new-bundle-format")}, forms: []string{"bundle"}},
		{tag: "bundletwice", runs: [][]string{signAs("cosign", "--new-bundle-format"), signAs("other", "--new-bundle-format")}, forms: []string{"bundle", "bundle"}},
		{tag: "attested", runs: [][]string{attestAs()}},
		{tag: "attestedbundle", runs: [][]string{attestAs("--new-bundle-format")}},
		{tag: "both", runs: [][]string{attestAs(), signAs("cosign")}, forms: []string{"tag"}},
		{tag: "dockertypes", runs: [][]string{signAs("cosign")}, env: []string{"COSIGN_DOCKER_MEDIA_TYPES=1"}, forms: []string{"tag"}},
		{tag: "sbom", runs: [][]string{attachAs(), attachAs("--registry-referrers-mode=oci-1-1")}, env: []string{"COSIGN_EXPERIMENTAL=1"}},
		{tag: "multi", index: true, runs: [][]string{signAs("cosign")}, forms: []string{"tag"}},
		{tag: "platform", index: true, runs: [][]string{append([]string{onPart}, signAs("cosign")...)}, parts: []string{"tag"}},
		{tag: "recursive", index: true, runs: [][]string{signAs("cosign", "--recursive")}, forms: []string{"tag"}, parts: []string{"tag"}},
	},
	"v3": {
		{tag: "plain"},
		{tag: "bundle", runs: [][]string{signAs("cosign")}, forms: []string{"bundle"}},
		{tag: "bundletwice", runs: [][]string{signAs("cosign"), signAs("other")}, forms: []string{"bundle", "bundle"}},
		{tag: "tag", runs: [][]string{signAs("cosign", "--new-bundle-format=false")}, forms: []string{"tag"}},
		{tag: "attested", runs: [][]string{attestAs()}},
		{tag: "attestedtag", runs: [][]string{attestAs("--new-bundle-format=false")}},
		{tag: "dockertypes", runs: [][]string{signAs("cosign", "--new-bundle-format=false")}, env: []string{"COSIGN_DOCKER_MEDIA_TYPES=1"}, forms: []string{"tag"}},
		{tag: "sbom", runs: [][]string{attachAs(), attachAs("--registry-referrers-mode=oci-1-1")}, env: []string{"COSIGN_EXPERIMENTAL=1"}},
		{tag: "both", runs: [][]string{attestAs(), signAs("cosign")}, forms: []string{"bundle"}},
		{tag: "multi", index: true, runs: [][]string{signAs("cosign")}, forms: []string{"bundle"}},
		{tag: "platform", index: true, runs: [][]string{append([]string{onPart}, signAs("cosign")...)}, parts: []string{"bundle"}},
		{tag: "recursive", index: true, runs: [][]string{signAs("cosign", "--recursive")}, forms: []string{"bundle"}, parts: []string{"bundle"}},
	},
}

// asked are the ways in which a version is asked whether it verifies a digest: it looks for
// one form of signature at a time.
var asked = map[string][]interop.Run{
	"v2": {{}, {Args: []string{"--new-bundle-format", "--trusted-root", "trusted.json"}}, {Args: []string{"--experimental-oci11"}, Env: []string{"COSIGN_EXPERIMENTAL=1"}}},
	"v3": {{Args: []string{"--trusted-root", "trusted.json"}}, {Args: []string{"--new-bundle-format=false"}}},
}

var cosignRegistries = []string{"referrers", "distribution"}

func recordingOf(major, registry, what string) string {
	return filepath.Join("testdata", "cosign", major+"-"+registry+"-"+what+".json")
}

// push stores a case's image, and its part if it has one.
func (c cosignCase) push(reg *interop.Registry) (image, part interop.Image) {
	if !c.index {
		return reg.Push("team/app", c.tag, c.tag), part
	}
	part = reg.Push("team/app", c.tag+"-part", c.tag)
	return reg.PushIndex("team/app", c.tag, part), part
}

func (c cosignCase) what() string {
	if c.index {
		return "the index"
	}
	return "the image"
}

// recorded runs every cosign that was named, and writes down what it did.
func recorded(t *testing.T, one func(c *interop.Cosign, major, registry string)) {
	t.Helper()
	if *cosigns == "" {
		return
	}
	for program := range strings.SplitSeq(*cosigns, ",") {
		for _, registry := range cosignRegistries {
			c := interop.NewCosign(t, program)
			put(t, filepath.Join(c.Home, "predicate.json"), `{"made":"up"}`)
			major, _, _ := strings.Cut(c.Version, ".")
			one(c, major, registry)
		}
	}
}

// newRecording records what comes to a registry of that kind from now on, through a front.
func newRecording(t *testing.T, c *interop.Cosign, name string) (*interop.Recording, *interop.Registry, *interop.Front) {
	t.Helper()
	reg, _ := startSigned(t, name)
	front := interop.StartFront(t, reg.URL, "")
	rec := &interop.Recording{Program: "cosign " + c.Version, Day: time.Now().UTC().Format(time.DateOnly), Registry: name}
	rec.Record(t, front)
	return rec, reg, front
}

// recordCosign has cosign sign and verify every case.
func recordCosign(t *testing.T, c *interop.Cosign, major, name string) {
	t.Helper()
	rec, reg, front := newRecording(t, c, name)
	at := strings.TrimPrefix(front.URL, "http://") + "/team/app"
	run := func(about, what string, env []string, on interop.Image, args ...string) {
		reference := repository + "@" + on.Digest
		r := c.Try(env, append(slices.Clone(args), strings.Replace(reference, repository, at, 1))...)
		t.Logf("cosign %q of %s: exit %d\n%s", args, about, r.Code, r.Output())
		if r.Code != 0 && args[0] != "verify" {
			t.Errorf("cosign %q of %s: exit %d", args, about, r.Code)
		}
		rec.Runs = append(rec.Runs, interop.Run{About: about, On: what, Env: env, Args: append(slices.Clone(args), reference), Exit: r.Code, Says: interop.Types(r)})
	}
	for _, one := range cosignCases[major] {
		image, part := one.push(reg)
		for _, args := range one.runs {
			on, what := image, one.what()
			if args[0] == onPart {
				on, what, args = part, "a part of the index", args[1:]
			}
			run(one.tag, what, append(c.NoLog(), one.env...), on, args...)
		}
		for _, way := range asked[major] {
			verify := append([]string{"verify", "--key", "cosign.pub", "--insecure-ignore-tlog"}, way.Args...)
			run(one.tag, one.what(), way.Env, image, verify...)
			if one.index {
				run(one.tag, "a part of the index", way.Env, part, verify...)
			}
		}
	}
	rec.Collect(reg, "team/app")
	rec.Save(t, recordingOf(major, name, "forms"))
}

// verifies are the digests of which cosign said whether a signature verifies.
func verifies(rec *interop.Recording) map[string]bool {
	said := map[string]bool{}
	for _, r := range rec.Runs {
		if r.Args[0] == "verify" {
			_, digest, _ := strings.Cut(r.Args[len(r.Args)-1], "@")
			said[digest] = said[digest] || r.Exit == 0 && slices.ContainsFunc(r.Says, func(s string) bool { return slices.Contains(interop.SignatureTypes, s) })
		}
	}
	return said
}

// TestCosign finds what the real cosign has signed, in every form that its versions 2 and 3
// have, where cosign itself verifies it, and nowhere else: not in an attestation.
func TestCosign(t *testing.T) {
	t.Parallel()
	recorded(t, func(c *interop.Cosign, major, registry string) { recordCosign(t, c, major, registry) })
	for major, cases := range cosignCases {
		for _, name := range cosignRegistries {
			t.Run(major+" "+name, func(t *testing.T) {
				t.Parallel()
				rec := interop.Load(t, recordingOf(major, name, "forms"))
				reg, login := startSigned(t, name)
				n := interop.StartServer(t, interop.ServerOptions{}).Notary(t)
				gun := reg.Host + "/team/app"
				n.InitServerSnapshot(gun)
				images, parts := map[string]interop.Image{}, map[string]interop.Image{}
				for _, one := range cases {
					images[one.tag], parts[one.tag] = one.push(reg)
				}
				rec.Replay(reg, "team/app")
				n.Sign(gun, "plain", images["plain"].Digest, images["plain"].Length)
				k := n.Keyrite()
				login(k)
				found := map[string][]string{}
				for _, row := range interop.JSON[struct {
					Tags []signedTagJSON `json:"tags"`
				}](k, "tags", gun, "--signatures").Tags {
					if images[row.Name].Digest == "" {
						continue // a part's tag, or one of cosign's own
					}
					if len(row.Problems) > 0 {
						t.Errorf("%s: %q", row.Name, row.Problems)
					}
					for _, s := range row.Signatures {
						found[s.On] = append(found[s.On], s.Kind+" "+s.Form)
					}
				}
				said := verifies(rec)
				for _, one := range cases {
					for digest, forms := range map[string][]string{images[one.tag].Digest: one.forms, parts[one.tag].Digest: one.parts} {
						if digest == "" {
							continue
						}
						var want []string
						for _, f := range forms {
							want = append(want, "cosign "+f)
						}
						if d := cmp.Diff(want, found[digest]); d != "" {
							t.Errorf("%s, %s: %s", one.tag, digest, d)
						}
						if verified, known := said[digest]; !known || verified != (len(found[digest]) > 0) {
							t.Errorf("%s, %s: found %q, and cosign verify says %v (recorded %v)", one.tag, digest, found[digest], verified, known)
						}
					}
				}
			})
		}
	}
}

// TestCosignMatrix: docs/interop.md says what the recordings say. A run that is about to write it
// holds it against nothing.
func TestCosignMatrix(t *testing.T) {
	text, err := interop.CosignMatrix(filepath.Join("testdata", "cosign"))
	if err != nil {
		t.Fatal(err)
	}
	doc, err := os.ReadFile(filepath.Join(interop.Root(t), "docs", "interop.md"))
	if err != nil {
		t.Fatal(err)
	}
	if !*record && !strings.HasSuffix(string(doc), text) {
		t.Errorf("docs/interop.md does not end with what was recorded; -record writes it:\n%s", text)
	}
}
