package demo

import (
	"io/fs"
	"os"
	"path/filepath"

	"keyrite/backup/media"
)

// The labels of the two sticks.
const (
	honest  = "ACME-A"
	bargain = "BARGAIN"
)

// holds is how many bytes of a file the lying stick really keeps. Counterfeit sticks are like
// that: they take any amount, say that all is well, and have zeros for what was too much.
const holds = 4 << 10

// Sticks are two folders that stand for removable drives.
func (w *World) Sticks() []media.Drive {
	stick := func(label string, n uint64) media.Drive {
		return media.Drive{Vendor: "Made-up", Model: "stick", Serial: label, Bus: "usb", Size: 8 << 30, Free: 8 << 30, FileSystem: "vfat", Label: label,
			Mount: w.stick(label), Device: "demo-" + label, DiskSeq: n}
	}
	return []media.Drive{stick(honest, 1), stick(bargain, 2)}
}

func (w *World) stick(label string) string { return filepath.Join(w.sticksDir, label) }

// OpenFolder opens a folder as media.OpenFolder does; on the stick that lies it opens what that
// one has kept.
func (w *World) OpenFolder(path string, make bool) (media.Folder, error) {
	folder, err := media.OpenFolder(path, make)
	if err != nil || !w.lying.Load() {
		return folder, err
	}
	self, err := folder.Self()
	var stick fs.FileInfo
	if err == nil {
		stick, err = os.Stat(w.stick(bargain))
	}
	if err != nil {
		return nil, media.Also(err, folder.Close())
	}
	if os.SameFile(self, stick) {
		return forgetful{folder}, nil
	}
	return folder, nil
}

// forgetful is a folder that has zeros for the end of every longer file.
type forgetful struct{ media.Folder }

func (f forgetful) Open(name string) (media.Reader, error) {
	r, err := f.Folder.Open(name)
	if err != nil {
		return nil, err
	}
	return &fading{Reader: r, left: holds}, nil
}

// fading is a file whose bytes are zeros once left are read.
type fading struct {
	media.Reader
	left int
}

func (f *fading) Read(p []byte) (int, error) {
	n, err := f.Reader.Read(p)
	kept := min(n, f.left)
	f.left -= kept
	clear(p[kept:n])
	return n, err
}
