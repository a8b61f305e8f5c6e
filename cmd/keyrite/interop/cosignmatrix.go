package interop

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const cosignHead = `
## cosign

Recorded by ` + "`go test ./cmd/keyrite/interop -run TestCosign -cosign PATHS`" + ` with the real programs, whose
build takes too long for every run of the tests, on go-containerregistry's registry, which lists
referrers, and on distribution, which does not; with COSIGN_TLOG_UPLOAD=false, and from version 3 on
COSIGN_USE_SIGNING_CONFIG=false, so that nothing went into a public log. Without ` + "`-cosign`" + ` the tests store the very same
manifests in the same registries: keyrite must find a signature where cosign verified one, and
nowhere else, and ` + "`migrate check`" + ` must be satisfied by what cosign stored when it ran a plan's
sign.sh as it was written.

| program | recorded | registry | what cosign ran | what it then verified |
| --- | --- | --- | --- | --- |
`

// SignatureTypes are what cosign calls a signature. It verifies attestations too where they
// lie in bundles, and calls them otherwise.
var SignatureTypes = []string{"cosign container image signature", "https://sigstore.dev/cosign/sign/v1"}

// CosignMatrix is the part of docs/interop.md about the recordings in a folder.
func CosignMatrix(dir string) (string, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return "", err
	}
	var rows []string
	registries := map[string][]string{}
	for _, path := range paths { // in their order, which is that of the names
		raw, err := os.ReadFile(path)
		if err != nil {
			return "", err
		}
		var rec Recording
		if err := json.Unmarshal(raw, &rec); err != nil {
			return "", fmt.Errorf("%s: %w", path, err)
		}
		for _, row := range rec.rows() {
			if !slices.Contains(rows, row) {
				rows = append(rows, row)
			}
			registries[row] = append(registries[row], rec.Registry)
		}
	}
	text := cosignHead
	for _, row := range rows {
		text += strings.Replace(row, "@", strings.Join(registries[row], ", "), 1)
	}
	return text, nil
}

// rows are one line for each thing that the runs are about, with @ for the registry.
func (rec *Recording) rows() []string {
	var order []string
	did, said := map[string][]string{}, map[string][]string{}
	for _, r := range rec.Runs {
		about := r.About
		if rec.Script != "" {
			about = "the plan"
		}
		if !slices.Contains(order, about) {
			order = append(order, about)
		}
		if r.Args[0] != "verify" {
			did[about] = append(did[about], r.line())
		} else if verified := r.verified(); verified != "" && !slices.Contains(said[about], verified) {
			said[about] = append(said[about], verified)
		}
	}
	var rows []string
	for _, about := range order {
		if len(did[about]) == 0 {
			continue // what nobody signed
		}
		rows = append(rows, fmt.Sprintf("| %s | %s | @ | %s | %s |\n", rec.Program, rec.Day, strings.Join(did[about], "; "), cmp.Or(strings.Join(said[about], "; "), "nothing")))
	}
	return rows
}

// line is a command without the reference and without what keeps it out of the public log.
func (r Run) line() string {
	words := []string{}
	for _, e := range r.Env {
		if !strings.HasPrefix(e, "COSIGN_TLOG_UPLOAD=") && !strings.HasPrefix(e, "COSIGN_USE_SIGNING_CONFIG=") {
			words = append(words, e)
		}
	}
	on := ""
	for _, a := range r.Args {
		if _, _, isReference := strings.Cut(a, "@sha256:"); isReference {
			on = " of " + r.On
			continue
		}
		words = append(words, a)
	}
	return "`" + strings.Join(words, " ") + "`" + on
}

// verified is what a run of cosign verify accepted, "" for nothing.
func (r Run) verified() string {
	var kinds []string
	for _, s := range r.Says {
		kind := "an attestation"
		if slices.Contains(SignatureTypes, s) {
			kind = "a signature"
		}
		if r.Exit == 0 && !slices.Contains(kinds, kind) {
			kinds = append(kinds, kind)
		}
	}
	if len(kinds) == 0 {
		return ""
	}
	return strings.Join(kinds, " and ") + " of " + r.On
}
