package ceremony

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/state"
)

// NewHead begins a file of a stage.
func NewHead(stage Stage, id, kind, tool string, at time.Time) Head {
	return Head{Format: Format, Needs: Needs, Stage: stage, ID: id, Kind: kind, Tool: tool, At: at.UTC().Truncate(time.Second)}
}

// SetRoots gives a repository the roots that lead to the newest, oldest first, without a
// gap; first is the version of the oldest.
func (r *Repository) SetRoots(first int64, roots [][]byte) {
	r.First, r.Last, r.roots = first, first+int64(len(roots))-1, roots
}

// SetRaw gives a repository its new root.json.
func (r *SignedRoot) SetRaw(raw []byte) { r.raw, r.SHA256 = raw, Sum(raw) }

// Encode writes the file of the first stage.
func (p *Prepared) Encode() ([]byte, error) {
	manifest, err := encodeManifest(p)
	if err != nil {
		return nil, err
	}
	members := []member{manifest}
	for i := range p.Repositories {
		r := &p.Repositories[i]
		if err := r.check(); err != nil {
			return nil, err
		}
		for n, raw := range r.roots {
			members = append(members, member{rootName(r.GUN, r.First+int64(n)), raw})
		}
	}
	return pack(members)
}

// Encode writes the file of the second stage around that of the first.
func (s *Signed) Encode(prepared *Bundle) ([]byte, error) {
	s.Prepared = prepared.SHA256
	return s.encode(prepared.Raw)
}

func (s *Signed) encode(prepared []byte) ([]byte, error) {
	manifest, err := encodeManifest(s)
	if err != nil {
		return nil, err
	}
	members := []member{manifest, {preparedName, prepared}}
	for i := range s.Repositories {
		r := &s.Repositories[i]
		members = append(members, member{signedName(r.GUN), r.raw})
	}
	return pack(members)
}

func encodeManifest(v any) (member, error) {
	data, err := json.MarshalIndent(v, "", "  ")
	if err == nil && len(data) > maxManifest {
		err = fmt.Errorf("%s would have more than %d bytes: take fewer repositories at a time", manifestName, maxManifest)
	}
	return member{manifestName, append(data, '\n')}, err
}

func rootName(gun trustdata.GUN, version int64) string {
	return fmt.Sprintf("roots/%s/%d.json", Sum([]byte(gun)), version)
}

func signedName(gun trustdata.GUN) string { return "roots/" + Sum([]byte(gun)) + ".json" }

// FileName is the name of a ceremony's file.
func FileName(stage Stage, id string) string {
	return "keyrite-ceremony-" + id + "." + string(stage) + ".tar"
}

// WriteFile puts data into a folder, which is made if need be, and reads it back. It
// replaces nothing: the same bytes under that name are a success, others fs.ErrExist.
func WriteFile(dir, name string, data []byte) (path string, err error) {
	root, err := state.OpenDir(dir)
	if err != nil {
		return "", err
	}
	defer root.Close()
	path = filepath.Join(dir, name)
	err = state.CreateFile(root, name, data)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("%q: %w", path, err)
	}
	taken := err != nil
	back, err := readBack(root, name, len(data))
	switch {
	case err != nil:
		return "", fmt.Errorf("%q was written and could not be read back: %w", path, err)
	case !bytes.Equal(back, data) && taken:
		return "", fmt.Errorf("%q has other content: %w", path, fs.ErrExist)
	case !bytes.Equal(back, data):
		return "", fmt.Errorf("%q is not as it was written: %w", path, ErrDamaged)
	}
	return path, nil
}

// readBack reads a little more than what is expected, so that more is noticed.
func readBack(root *os.Root, name string, size int) ([]byte, error) {
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data := make([]byte, size+1)
	n, err := io.ReadFull(f, data)
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		err = nil
	}
	return data[:n], err
}
