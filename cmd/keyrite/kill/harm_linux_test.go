package kill

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"

	"keyrite/cmd/keyrite/interop"
	"keyrite/trustdata/state"
)

// outset is how a desk was before.
type outset struct {
	trust map[string]string
	stick []string
}

func (d *desk) look() outset {
	return outset{d.files(d.trust()), slices.Sorted(maps.Keys(d.files(d.socket.Mount)))}
}

// files are all files below a folder, by their path in it.
func (d *desk) files(folder string) map[string]string {
	d.t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(folder, func(path string, item fs.DirEntry, err error) error {
		if err != nil || !item.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		rel, _ := filepath.Rel(folder, path)
		all[rel] = string(data)
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		d.t.Fatal(err)
	}
	return all
}

// says holds what a person hears: an exit code that fits, one sentence where it failed, and
// never success where the stick did not take what it was given.
func (d *desk) says(s said, f fault, onStick bool) {
	d.t.Helper()
	switch {
	case s.code == -1 && f.errno == 0: // it was killed
	case s.code == 0 && f.errno != 0 && !onStick:
	case s.code == 1 && s.stdout == "":
		var e struct {
			Error struct{ Code, Message string }
		}
		lines := strings.Split(strings.TrimSpace(s.stderr), "\n")
		if err := json.Unmarshal([]byte(lines[len(lines)-1]), &e); err != nil || e.Error.Message == "" || strings.Contains(e.Error.Message, `\x0a`) {
			d.t.Errorf("it does not say one sentence: %s", s.stderr)
		}
	default:
		d.t.Errorf("exit %d\n%s%s", s.code, s.stdout, s.stderr)
	}
}

// unharmed holds what must be so at every moment.
func (d *desk) unharmed(was outset, when string) {
	d.t.Helper()
	if diff := cmp.Diff(was.trust, d.files(d.trust())); diff != "" {
		d.t.Errorf("after %s the trust directory is another:\n%s", when, diff)
	}
	on := d.files(d.socket.Mount)
	for name := range on {
		if strings.HasSuffix(name, ".age") {
			d.opens(name, when)
		}
	}
	d.recorded(on, when)
	for name, data := range d.files(d.other()) {
		if top, _, _ := strings.Cut(name, "/"); state.IsBatch(top) {
			continue // where no client looks; the next restore removes it
		}
		if strings.HasSuffix(name, ".key") && data != was.trust[name] {
			d.t.Errorf("after %s %q was restored as something else", when, name)
		}
	}
	d.nothingPlain(when)
}

// onlyState holds that nothing was written but what keyrite remembers.
func (d *desk) onlyState(tr trace) {
	d.t.Helper()
	for i, place := range tr.Places {
		if !strings.HasPrefix(place, filepath.Join(d.folder, "home", "STATE", "keyrite")) {
			d.t.Errorf("%s %s", tr.Calls[i], place)
		}
	}
}

// undone holds that a failure leaves nothing that looks as if it counted, or says so.
func (d *desk) undone(was outset, s said) {
	d.t.Helper()
	for name := range d.files(d.socket.Mount) {
		if strings.HasSuffix(name, ".age") && !slices.Contains(was.stick, name) && !strings.Contains(s.stderr, "do not use it") {
			d.t.Errorf("it failed, and %q is there", name)
		}
	}
	for name := range d.files(d.other()) {
		if strings.HasSuffix(name, ".key") {
			d.t.Errorf("it failed, and %q is restored", name)
		}
	}
}

// opens holds that the stock age opens a backup, and that every key is in it.
func (d *desk) opens(name, when string) {
	d.t.Helper()
	out := output(d.t, interop.Peer(d.t, "age"), "-d", "-i", d.identity, filepath.Join(d.socket.Mount, name))
	in := map[string]string{}
	for r := tar.NewReader(strings.NewReader(out)); ; {
		h, err := r.Next()
		if err == io.EOF {
			break
		}
		d.ok(err)
		data, err := io.ReadAll(r)
		d.ok(err)
		in[h.Name] = string(data)
	}
	for path, data := range d.files(d.trust()) {
		if in[path] != data {
			d.t.Errorf("after %s %q does not hold %q", when, name, path)
		}
	}
}

// recorded holds that every copy that is remembered as sound is there as it was.
func (d *desk) recorded(on map[string]string, when string) {
	d.t.Helper()
	var copies []struct{ File, SHA256, State, Problem string }
	d.ok(json.Unmarshal([]byte(d.must("backup", "list", "--json").stdout), &copies))
	for _, c := range copies {
		sum := sha256.Sum256([]byte(on[filepath.Base(c.File)]))
		if c.Problem != "" || c.SHA256 != "sha256:"+hex.EncodeToString(sum[:]) {
			d.t.Errorf("after %s a copy is remembered that is not there: %+v", when, c)
		}
	}
}

// nothingPlain looks for private keys on every disk, and on the stick and in temporary files
// for what a backup encrypts.
func (d *desk) nothingPlain(when string) {
	d.t.Helper()
	d.socket.Unmount()
	stick, err := os.ReadFile(d.image)
	d.ok(err)
	d.socket.Insert(d.image, false)
	places := map[string]string{"the stick": string(stick)}
	for _, folder := range []string{"home", "tmp", "trust", "other"} {
		for name, data := range d.files(filepath.Join(d.folder, folder)) {
			places[filepath.Join(folder, name)] = data
		}
	}
	for _, data := range d.files(filepath.Join(d.trust(), "private")) {
		block, _ := pem.Decode([]byte(data))
		sealed := base64.StdEncoding.EncodeToString(block.Bytes)[64:128] // its second line
		for place, holds := range places {
			open := place == "the stick" || strings.HasPrefix(place, "tmp")
			if open && strings.Contains(holds, sealed) {
				d.t.Errorf("after %s a key file lies unencrypted in %s", when, place)
			}
		}
	}
	for place, holds := range places {
		if slices.ContainsFunc(d.secrets, func(s string) bool { return strings.Contains(holds, s) }) {
			d.t.Errorf("after %s the number of a private key lies open in %s", when, place)
		}
	}
}
