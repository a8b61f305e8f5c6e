package backup

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"keyrite/keyring"
	"keyrite/trustdata/state"
)

// addStaged takes a new key that still waits in pending/, under the name that it gets when
// it is promoted: a root key is backed up before the first repository trusts it.
func (c *collection) addStaged(s keyring.Staged) error {
	root, err := os.OpenRoot(filepath.Dir(s.Path))
	if err != nil {
		return err
	}
	defer root.Close()
	base := filepath.Base(s.Path)
	f, err := state.OpenRegular(root, base)
	if err != nil {
		return fmt.Errorf("pending key %q: %w", s.Path, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	e := &entry{File: new(File), mod: info.ModTime(),
		given: &given{s.Path, func() (io.ReadCloser, error) { return reopen(filepath.Dir(s.Path), base) }}}
	if err := e.measure(privateDir+"/"+base, KindKey, f); err != nil {
		return fmt.Errorf("pending key %q: %w", s.Path, err)
	}
	return c.add(e)
}
