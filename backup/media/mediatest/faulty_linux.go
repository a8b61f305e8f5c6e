package mediatest

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
	"golang.org/x/sys/unix"
)

// Fault is what a stick does wrong with each read or write from then on.
type Fault string

// The faults.
const (
	Sound      Fault = "is sound"
	FailWrites Fault = "fails writes"
	FailReads  Fault = "fails reads"
	NoRoom     Fault = "has no room"
	Drop       Fault = "drops writes" // which seem to succeed
	Flip       Fault = "flips a bit of what is read"
	Slow       Fault = "is slow" // slowness each time
	Hang       Fault = "hangs"   // until another fault is set
	Forget     Fault = "forgets" // what is written can be read until the stick is out
)

const slowness = 10 * time.Millisecond

// Faulty is a stick whose faults are set while it is in use: between its image and the loop
// device lies a file system of this process.
type Faulty struct {
	// Path is what a Socket takes as its image.
	Path string

	file    *os.File
	mu      sync.Mutex
	changed *sync.Cond
	fault   Fault
	seeming []byte // what Forget has the whole stick look like
}

// NewFaulty makes an image faulty, soundly so at first. It needs Mounting.
func NewFaulty(tb testing.TB, image string) *Faulty {
	tb.Helper()
	file, err := os.OpenFile(image, os.O_RDWR, 0)
	if err != nil {
		tb.Fatal(err)
	}
	f := &Faulty{file: file, fault: Sound}
	f.changed = sync.NewCond(&f.mu)
	dir := tb.TempDir()
	server, err := fs.Mount(dir, &faultyFolder{faulty: f}, &fs.Options{MountOptions: fuse.MountOptions{DirectMountStrict: true, FsName: "faulty", Name: "faulty"}})
	if err != nil {
		tb.Fatal("mount a faulty image:", err)
	}
	f.Path = filepath.Join(dir, "stick.img")
	tb.Cleanup(func() {
		f.Set(Sound)
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			tb.Error("unmount a faulty image:", err)
		}
		go func() { // a Socket that goes later still holds it
			server.Wait()
			file.Close()
		}()
	})
	return f
}

// Set sets the fault. A stick that forgets has forgotten all once another is set.
func (f *Faulty) Set(fault Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fault, f.seeming = fault, nil
	if fault == Forget {
		info, err := f.file.Stat()
		if err == nil {
			f.seeming = make([]byte, info.Size())
			_, err = io.ReadFull(io.NewSectionReader(f.file, 0, info.Size()), f.seeming)
		}
		if err != nil {
			panic(err)
		}
	}
	f.changed.Broadcast()
}

// now waits as long as the stick hangs, and gives the fault.
func (f *Faulty) now() Fault {
	f.mu.Lock()
	for f.fault == Hang {
		f.changed.Wait()
	}
	fault := f.fault
	f.mu.Unlock()
	if fault == Slow {
		time.Sleep(slowness)
	}
	return fault
}

// faultyFolder is the file system with the image as its one file.
type faultyFolder struct {
	fs.Inode
	faulty *Faulty
}

var _ fs.NodeOnAdder = (*faultyFolder)(nil)

func (n *faultyFolder) OnAdd(ctx context.Context) {
	n.AddChild("stick.img", n.NewPersistentInode(ctx, &faultyFile{faulty: n.faulty}, fs.StableAttr{}), false)
}

type faultyFile struct {
	fs.Inode
	faulty *Faulty
}

var (
	_ fs.NodeOpener    = (*faultyFile)(nil)
	_ fs.NodeGetattrer = (*faultyFile)(nil)
	_ fs.NodeReader    = (*faultyFile)(nil)
	_ fs.NodeWriter    = (*faultyFile)(nil)
	_ fs.NodeFsyncer   = (*faultyFile)(nil)
)

func (n *faultyFile) Open(context.Context, uint32) (fs.FileHandle, uint32, syscall.Errno) {
	return nil, fuse.FOPEN_DIRECT_IO, 0
}

func (n *faultyFile) Getattr(_ context.Context, _ fs.FileHandle, out *fuse.AttrOut) syscall.Errno {
	info, err := n.faulty.file.Stat()
	if err != nil {
		return syscall.EIO
	}
	out.Mode, out.Size = syscall.S_IFREG|0o600, uint64(info.Size())
	return 0
}

func (n *faultyFile) Read(_ context.Context, _ fs.FileHandle, dest []byte, off int64) (fuse.ReadResult, syscall.Errno) {
	fault := n.faulty.now()
	if fault == FailReads {
		return nil, syscall.EIO
	}
	k, err := n.faulty.file.ReadAt(dest, off)
	if err != nil && err != io.EOF {
		return nil, syscall.EIO
	}
	n.faulty.mu.Lock()
	if off < int64(len(n.faulty.seeming)) {
		k = copy(dest, n.faulty.seeming[off:])
	}
	n.faulty.mu.Unlock()
	if fault == Flip && k > 0 {
		dest[k/2] ^= 1
	}
	return fuse.ReadResultData(dest[:k]), 0
}

func (n *faultyFile) Write(_ context.Context, _ fs.FileHandle, data []byte, off int64) (uint32, syscall.Errno) {
	switch n.faulty.now() {
	case FailWrites:
		return 0, syscall.EIO
	case NoRoom:
		return 0, syscall.ENOSPC
	case Drop:
		return uint32(len(data)), 0
	case Forget:
		n.faulty.mu.Lock()
		defer n.faulty.mu.Unlock()
		return uint32(copy(n.faulty.seeming[off:], data)), 0
	}
	k, err := n.faulty.file.WriteAt(data, off)
	if err != nil {
		return 0, syscall.EIO
	}
	return uint32(k), 0
}

func (n *faultyFile) Fsync(context.Context, fs.FileHandle, uint32) syscall.Errno {
	n.faulty.now()
	return 0
}
