package backup

import (
	"errors"
	"fmt"
	"path"
	"strings"

	"keyrite/keyring"
	"keyrite/trustdata"
)

// bundle takes a file apart that says in itself which keys it holds: by path headers, or
// because they are not encrypted. A single encrypted key that does not say goes in under
// its name all the same, so that it is not lost.
func (k *KeyFiles) bundle(name string, data []byte) error {
	blocks, _, err := keyring.ParseBundle(data)
	if err != nil {
		k.leave(name, err.Error())
		return nil
	}
	for i, b := range blocks {
		id, err := idOf(b)
		if err != nil {
			if stem, ok := strings.CutSuffix(path.Base(name), keySuffix); ok && len(blocks) == 1 && portable(stem) {
				return k.add(path.Join(privateDir, stem+keySuffix), KindKey, name, data)
			}
			k.leave(name, fmt.Sprintf("key %d in it: %v", i+1, err))
			continue
		}
		file, err := b.File(b.Header)
		if len(blocks) == 1 && b.KeyID == "" {
			file, err = data, nil // as it was kept
		}
		if err != nil {
			k.leave(name, fmt.Sprintf("key %d in it: %v", i+1, err))
			continue
		}
		if err := k.add(path.Join(privateDir, string(id)+keySuffix), KindKey, name, file); err != nil {
			return err
		}
	}
	return nil
}

func idOf(b keyring.Block) (trustdata.KeyID, error) {
	switch {
	case b.KeyID != "":
		return b.KeyID, nil
	case b.Encrypted:
		return "", errors.New("it is encrypted and does not say which key it is: import it with keyrite keys import, which asks for its passphrase")
	}
	key, err := b.Open(keyring.NewPassphrase(nil))
	if err != nil {
		return "", err
	}
	defer key.Wipe()
	return key.KeyID(), nil
}

// addGiven takes key files that are in memory already.
func (c *collection) addGiven(k *KeyFiles) error {
	if k == nil {
		return nil
	}
	c.leftOut = append(c.leftOut, k.leftOut...)
	for _, f := range k.files {
		if err := c.addFrom(f.Path, f.Kind, f.from, func() ([]byte, error) { return f.data, nil }); err != nil {
			return err
		}
	}
	return nil
}

// Concerns reports whether one of the keys signs for a repository, by the metadata given, or
// is named for it in its file.
func (k *KeyFiles) Concerns(gun trustdata.GUN, metadata []MetadataFile) (bool, error) {
	for _, f := range k.files {
		if f.isKey() && f.GUN == gun {
			return true, nil
		}
	}
	l := newLedger(k.each)
	for _, m := range metadata {
		name := archivePath(m.GUN, m.Name)
		f := describePath(name, KindArchive)
		if !l.reads(f) {
			continue
		}
		data, err := m.Read()
		if err != nil {
			return false, err
		}
		l.note(f, data)
	}
	return len(l.uses()) > 0, nil
}

// each gives the files as they were found.
func (k *KeyFiles) each(yield func(*File) bool) {
	for i := range k.files {
		if !yield(&k.files[i].File) {
			return
		}
	}
}
