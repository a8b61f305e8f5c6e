package backup

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"keyrite/trustdata"
)

// generic is the manifest as package json alone writes it.
func generic(t testing.TB, m *Manifest) []byte {
	t.Helper()
	b, err := json.MarshalIndent(m, "", "  ")
	check(t, err)
	return append(trustdata.VisibleJSON(b), '\n')
}

func listedKey(i int) File {
	id := fmt.Sprintf("%064x", i)
	return File{Path: "private/" + id + ".key", Kind: KindKey, Size: int64(i), SHA256: fmt.Sprintf("%064x", 7*i), KeyID: trustdata.KeyID(id), Role: "targets", GUN: testGUN}
}

// manifests are of every shape that a manifest can have, and of some that none has.
func manifests() map[string]*Manifest {
	plain := func(files ...File) *Manifest {
		return &Manifest{Format: 2, Tool: "keyrite test", Created: testTime, Operation: "op", Copies: 2, Files: files, Instructions: "abc"}
	}
	strange := listedKey(1)
	strange.Role, strange.Problem = "<rôle> \"q\" \\ &\u2028", "\x1b[31m\u202e\x7f and \U000e0041\xff"
	used := listedKey(2)
	used.SignsFor = []Use{{GUN: testGUN, Role: "root", Expires: testTime, Verified: true}, {GUN: "a/<b>", Role: "r\n"}}
	left := plain(listedKey(3))
	left.LeftOut = []LeftOut{{"\"files\": []", "`\\`"}, {"/a", "b"}}
	decoy := plain(listedKey(3))
	decoy.Tool = "\n  \"files\": []"
	many := plain()
	for i := range 1000 {
		many.Files = append(many.Files, listedKey(i))
	}
	return map[string]*Manifest{
		"one": plain(listedKey(1)), "many": many, "strange": plain(listedKey(0), strange, listedKey(9)), "used": plain(used, listedKey(4)),
		"left out": left, "decoy": decoy, "none": plain([]File{}...), "problem": plain(File{Path: "p", Problem: "it is cut off"}),
		"bare": {Created: time.Time{}, Files: []File{{}}}, "nothing": {Files: []File{}},
	}
}

// The bytes are those that package json gives for the same manifest, and read back they give
// it again, whichever way they are read.
func TestManifestEncoding(t *testing.T) {
	for name, m := range manifests() {
		t.Run(name, func(t *testing.T) {
			got, err := m.encode()
			check(t, err)
			if m.Files == nil {
				m.Files = []File{}
			}
			if want := generic(t, m); !bytes.Equal(got, want) {
				t.Fatalf("encoded\n%s\nwant\n%s", got, want)
			}
			size, err := m.measure()
			check(t, err)
			if size.size != int64(len(got)) {
				t.Errorf("measured %d, and it has %d bytes", size.size, len(got))
			}
			sameAsJSON(t, string(got))
		})
	}
}

// sameAsJSON holds that a manifest which is read the quick way is what package json reads.
func sameAsJSON(t *testing.T, text string) (quick bool) {
	t.Helper()
	m, quick := usualManifest(text)
	if !quick {
		return false
	}
	var want Manifest
	if err := json.Unmarshal([]byte(text), &want); err != nil || !reflect.DeepEqual(&want, m) {
		t.Fatalf("read %+v, and package json %+v, %v, from\n%s", m, want, err, text)
	}
	return true
}

// What keyrite writes for plain key files is read the quick way; what differs is not.
func TestUsualManifest(t *testing.T) {
	all := manifests()
	for name, want := range map[string]bool{"one": true, "many": true, "problem": true, "bare": true, "strange": false, "used": false, "left out": false, "none": false} {
		text, err := all[name].encode()
		check(t, err)
		if got := sameAsJSON(t, string(text)); got != want {
			t.Errorf("%s: quick %v, want %v", name, got, want)
		}
	}
	text, err := all["one"].encode()
	check(t, err)
	for old, now := range map[string]string{
		`"size": 1`: `"size": 01`, `"size": 1,`: `"size": 1.0,`, `: 1,`: `: -1,`, `"kind"`: `"Kind"`, "\n    }\n": "\n    },\n", "\n  ]": "\n ]",
		`"role": "targets"`: `"role": "\u0074argets"`, `"gun"`: `"x": 1,` + "\n      " + `"gun"`, "\n}": ",\n  \"files\": []\n}", `"copies": 2`: `"fil\u0065s": []`,
		`"created"`: `"FILES": null, "created"`, "\n      \"key_id\"": "\n      \"key_id\": \"x\",\n      \"key_id\"", "\"path\": \"": "\"path\": \"\x01", `"format": 2`: `"format": 2, "files": []`,
	} {
		changed := strings.Replace(string(text), old, now, 1)
		if changed == string(text) {
			t.Errorf("%q is not in it", old)
		}
		if sameAsJSON(t, changed) {
			t.Errorf("%q for %q was taken for usual", now, old)
		}
	}
}

func FuzzUsualManifest(f *testing.F) {
	for _, m := range manifests() {
		text, err := m.encode()
		check(f, err)
		if len(text) < 10_000 {
			f.Add(string(text))
		}
	}
	f.Fuzz(func(t *testing.T, text string) { sameAsJSON(t, text) })
}
