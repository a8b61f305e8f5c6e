package keyring

import (
	"context"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
	"time"
)

// Mem is a store in memory, with the rules of Dir, for tests and for the demo.
type Mem struct{ vault }

var _ Store = (*Mem)(nil)

// NewMem is an empty store.
func NewMem() *Mem { return &Mem{vault{&memory{files: map[string][]byte{}}}} }

// Set puts any bytes at a slash-separated name below the store's root, such as
// "private/<id>.key", and replaces what is there: it plays the part of other programs.
func (m *Mem) Set(name string, data []byte) {
	d := m.disk.(*memory)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.files[path.Clean(name)] = slices.Clone(data)
}

type memory struct {
	mu    sync.Mutex
	files map[string][]byte
}

func (m *memory) full(name string) string { return path.Join("/memory", name) }

func (m *memory) entries(folder string) ([]fs.FileInfo, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	found := map[string]memInfo{}
	for name, data := range m.files {
		if rest, ok := strings.CutPrefix(name, folder+"/"); ok {
			first, _, deeper := strings.Cut(rest, "/")
			found[first] = memInfo{first, int64(len(data)), deeper}
		}
	}
	if len(found) == 0 {
		return nil, &fs.PathError{Op: "open", Path: m.full(folder), Err: fs.ErrNotExist}
	}
	var infos []fs.FileInfo
	for _, info := range found {
		infos = append(infos, info)
	}
	slices.SortFunc(infos, func(a, b fs.FileInfo) int { return strings.Compare(a.Name(), b.Name()) })
	return infos, nil
}

func (m *memory) read(name string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	data, ok := m.files[name]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: m.full(name), Err: fs.ErrNotExist}
	}
	return slices.Clone(data[:min(len(data), maxFile+1)]), nil
}

func (m *memory) create(name string, data []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, taken := m.files[name]; taken {
		return &fs.PathError{Op: "create", Path: m.full(name), Err: fs.ErrExist}
	}
	m.files[name] = slices.Clone(data)
	return nil
}

func (m *memory) move(from, to string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	data, ok := m.files[from]
	if !ok {
		return &fs.PathError{Op: "rename", Path: m.full(from), Err: fs.ErrNotExist}
	}
	if _, taken := m.files[to]; taken {
		return &fs.PathError{Op: "rename", Path: m.full(to), Err: fs.ErrExist}
	}
	m.files[to] = data
	delete(m.files, from)
	return nil
}

func (m *memory) replace(from, to string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	data, ok := m.files[from]
	if !ok {
		return &fs.PathError{Op: "rename", Path: m.full(from), Err: fs.ErrNotExist}
	}
	m.files[to] = data
	delete(m.files, from)
	return nil
}

func (m *memory) settle(string) error { return nil }

func (m *memory) tidy(string) {}

func (m *memory) acquire(ctx context.Context) (func() error, error) {
	return func() error { return nil }, ctx.Err()
}

// memInfo is a file or folder in memory. Its files have no time, since nothing here has a
// clock.
type memInfo struct {
	name   string
	size   int64
	folder bool
}

func (i memInfo) Name() string       { return i.name }
func (i memInfo) Size() int64        { return i.size }
func (i memInfo) ModTime() time.Time { return time.Time{} }
func (i memInfo) IsDir() bool        { return i.folder }
func (i memInfo) Sys() any           { return nil }
func (i memInfo) Mode() fs.FileMode {
	if i.folder {
		return fs.ModeDir | 0o700
	}
	return 0o600
}
