package keyring

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"slices"
)

// shelf is one folder of a disk, opened once for reading many of its files. What it gives
// of a file is of that file: the bytes, and the state of what the bytes came from. Its
// methods may be called side by side.
type shelf interface {
	// names are those of all entries, in order.
	names() ([]string, error)
	isFolder(name string) bool
	// read reads a regular file that is no symbolic link, and at most maxFile+1 bytes of
	// it. Where it cannot, it still says what is there, as far as that can be told.
	read(name string) ([]byte, fs.FileInfo, error)
	close()
}

// rootShelf is a real folder. All of its names are single segments, so nothing can lead
// out of it but a link, and none is followed.
type rootShelf struct {
	root *os.Root
	dir  *os.File
}

func (f *folder) shelf(name string) (shelf, error) {
	top, err := f.root()
	if err != nil {
		return nil, err
	}
	defer top.Close()
	before, err := top.Lstat(name)
	if err != nil {
		return nil, err
	}
	if before.Mode()&fs.ModeSymlink != 0 {
		return nil, damage("%q is a symbolic link, which is not followed", f.full(name))
	}
	root, err := top.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	dir, err := root.Open(".")
	if err != nil {
		root.Close()
		return nil, err
	}
	s := &rootShelf{root, dir}
	if now, err := dir.Stat(); err != nil || !os.SameFile(before, now) {
		s.close()
		return nil, damage("%q was exchanged while it was opened", f.full(name))
	}
	return s, nil
}

func (s *rootShelf) names() ([]string, error) {
	list, err := s.dir.Readdirnames(-1)
	slices.Sort(list)
	return list, err
}

func (s *rootShelf) isFolder(name string) bool {
	info, err := s.root.Lstat(name)
	return err == nil && info.IsDir()
}

func (s *rootShelf) close() {
	s.dir.Close()
	s.root.Close()
}

func (s *rootShelf) read(name string) ([]byte, fs.FileInfo, error) {
	data, info, err := s.open(name)
	if err == nil || info != nil || errors.Is(err, fs.ErrNotExist) {
		return data, info, err
	}
	info, other := s.look(name)
	if other != nil {
		err = other
	}
	return nil, info, err
}

// look says what stands under a name, and why it is not to be read where it is no
// regular file.
func (s *rootShelf) look(name string) (fs.FileInfo, error) {
	info, err := s.root.Lstat(name)
	if err != nil {
		return nil, err
	}
	return info, regular(info)
}

// memShelf is a folder in memory.
type memShelf struct {
	*memory
	folder string
}

func (m *memory) shelf(folder string) (shelf, error) { return memShelf{m, folder}, nil }

func (s memShelf) names() ([]string, error) {
	infos, err := s.entries(s.folder)
	list := make([]string, len(infos))
	for i, info := range infos {
		list[i] = info.Name()
	}
	return list, err
}

func (s memShelf) isFolder(name string) bool {
	_, err := s.entries(path.Join(s.folder, name))
	return err == nil
}

func (s memShelf) read(name string) ([]byte, fs.FileInfo, error) {
	data, err := s.memory.read(path.Join(s.folder, name))
	return data, memInfo{name: name, size: int64(len(data))}, err
}

func (s memShelf) close() {}
