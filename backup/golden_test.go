package backup

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"filippo.io/age"
	"github.com/charmbracelet/x/exp/golden"

	"keyrite/keyring"
)

// fingerprint is one in a text.
var fingerprint = regexp.MustCompile(`([0-9a-f]{4} ){7}[0-9a-f]{4}`)

// plain cuts the paths and fingerprints of this run out of a text that is compared with a
// golden file.
func plain(text string, paths ...string) []byte {
	text = fingerprint.ReplaceAllString(text, "FINGERPRINT")
	for _, p := range paths {
		text = strings.ReplaceAll(text, p, "DIR")
	}
	return []byte(text)
}

// fixed is a trust directory whose bytes never change; its keys have the passphrase
// "passw0rd" and 2,048 rounds.
func fixed(t *testing.T) Source {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "trust")
	check(t, os.CopyFS(dir, os.DirFS("testdata/trust")))
	return Source{Dirs: []*keyring.Dir{openDir(t, dir)}, Tool: "keyrite test", Metadata: []MetadataFile{
		{"registry.example/acme/web", "1.root.json", func() ([]byte, error) { return []byte("{}"), nil }},
	}}
}

func fixedPlan(t *testing.T) (p *CreatePlan, id age.Identity, dir string) {
	t.Helper()
	x, to := newIdentity(t)
	to.Text = "age1..."
	dir = t.TempDir()
	p, err := PlanCreate(context.Background(), fixed(t), CreateOptions{Dir: filepath.Join(dir, "stick"), Recipients: []Recipient{to}, Identities: own(x), Now: testTime})
	check(t, err)
	return p, x, dir
}

func TestGoldenManifest(t *testing.T) {
	p, _, _ := fixedPlan(t)
	data, err := p.Manifest.encode()
	check(t, err)
	golden.RequireEqual(t, data)
}

func TestGoldenCreatePlan(t *testing.T) {
	p, _, dir := fixedPlan(t)
	golden.RequireEqual(t, plain(strings.Join(p.Steps(), "\n")+"\n", dir))
}

func TestGoldenResults(t *testing.T) {
	p, id, dir := fixedPlan(t)
	ctx := context.Background()
	made, err := p.Apply(ctx, nil)
	check(t, err)
	hash := made.SHA256
	made.Warnings, made.Reading = nil, "" // they differ with the file systems of the machine
	verified, err := Verify(ctx, made.File, own(id), VerifyOptions{})
	check(t, err)
	verified.Reading = ""
	to := filepath.Join(t.TempDir(), "trust")
	restored, err := planRestore(t, made.File, own(id), to, RestoreOptions{}).Apply(ctx, nil)
	check(t, err)
	data, err := json.MarshalIndent([]any{made, verified, restored}, "", "  ")
	check(t, err)
	golden.RequireEqual(t, plain(strings.ReplaceAll(string(data), hash, "sha256:HASH")+"\n", dir, to))
}

func TestGoldenRestorePlan(t *testing.T) {
	p, id, _ := fixedPlan(t)
	made, err := p.Apply(context.Background(), nil)
	check(t, err)
	to := filepath.Join(t.TempDir(), "trust")
	check(t, os.CopyFS(to, os.DirFS("testdata/here")))
	plan := planRestore(t, made.File, own(id), to, RestoreOptions{})
	golden.RequireEqual(t, plain(strings.Join(plan.Steps(), "\n")+"\n", to))
}

func TestGoldenRestoreText(t *testing.T) { golden.RequireEqual(t, restoreText("1.0.0", "")) }
