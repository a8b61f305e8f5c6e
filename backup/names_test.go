package backup

import (
	"bytes"
	"context"
	"strings"
	"testing"
)

func TestNames(t *testing.T) {
	id := strings.Repeat("a", 64)
	tests := []struct {
		name string
		kind Kind
		gun  string
		role string
		id   string
	}{
		{"private/" + id + ".key", KindKey, "", "", id},
		{"private/mine.key", KindKey, "", "", ""},
		{"private/root_keys/" + id + ".key", KindKey, "", "root", id},
		{"private/root_keys/" + id + "_root.key", KindKey, "", "root", id},
		{"private/tuf_keys/reg.example:5000/app/" + id + "_targets.key", KindKey, "reg.example:5000/app", "targets", id},
		{"retired/" + id + ".2.key", KindRetired, "", "", id},
		{"tuf/reg.example/app/metadata/root.json", KindMetadata, "reg.example/app", "root", ""},
		{"tuf/reg.example/app/metadata/targets/a/b.json", KindMetadata, "reg.example/app", "targets/a/b", ""},
		{"tuf/metadata/metadata/metadata/root.json", KindMetadata, "metadata/metadata", "root", ""},
		{"tuf/app/metadata/targets/metadata/root.json", KindMetadata, "app/metadata/targets", "root", ""},
		{"archive/reg.example/app/root.json", KindArchive, "reg.example/app", "root", ""},
		{"archive/reg.example/app/12.root.json", KindArchive, "reg.example/app", "root", ""},
		{"archive/reg.example/app/targets/releases.json", KindArchive, "reg.example/app", "targets/releases", ""},
	}
	for _, tt := range tests {
		kind, err := kindOf(tt.name)
		f := describePath(tt.name, kind)
		if err != nil || kind != tt.kind || string(f.GUN) != tt.gun || f.Role != tt.role || string(f.KeyID) != tt.id {
			t.Errorf("%q: %v, %+v", tt.name, err, f)
		}
	}
	for _, name := range []string{
		"", "/", ".", "private", "private/", "private/.key", "private/x", "private//x.key", "private/./x.key", "private/x.key/",
		"manifest.json", "tuf/metadata/root.json", "tuf/a/metadata/root.txt", "tuf/a/metadata/other.json", "tuf/a/metadata/1.root.json",
		"tuf/a/changelist/x.json", "archive/root.json", "archive/a/0.root.json", "archive/a/x.root.json", "archive/a/root.json/x",
		"retired/x", "PRIVATE/x.key", "private/\n.key", "private/x\x00.key", "private/\xff.key", "private/" + strings.Repeat("x", maxPath) + ".key",
	} {
		if kind, err := kindOf(name); err == nil {
			t.Errorf("%q is taken for a %s", name, kind)
		}
	}
}

// FuzzArchive feeds any plaintext to the reader. Whatever it takes, its manifest names
// nothing outside of the list.
func FuzzArchive(f *testing.F) {
	key := file("private/"+strings.Repeat("a", 64)+".key", "not a key")
	meta := file("tuf/a/b/metadata/root.json", "{}")
	f.Add(archive(f, manifestOf(f, nil, key, meta), key, meta))
	f.Add(archive(f, manifestOf(f, nil, meta), folder("tuf/"), meta))
	sig := file(signatureName, `{"key_id":"`+strings.Repeat("a", 64)+`","key_type":"ecdsa","public_key":"AAAA","method":"ecdsa","signature":"AAAA"}`)
	lying := func(m *Manifest) { m.Files[0].SignsFor = []Use{{GUN: "a/b", Role: "root"}} }
	f.Add(archive(f, manifestOf(f, lying, key, meta), sig, key, meta))
	f.Add([]byte(nil))
	f.Fuzz(func(t *testing.T, plain []byte) {
		m, err := readTar(context.Background(), bytes.NewReader(plain), take{})
		if err != nil {
			return
		}
		for _, file := range m.Files {
			if _, err := kindOf(file.Path); err != nil {
				t.Error(err)
			}
		}
	})
}
