package media

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// Roots are where the kernel and udev show what there is. The zero value is the system's.
type Roots struct {
	// Sys is /sys, Proc is /proc and Udev is /run/udev/data.
	Sys, Proc, Udev string
}

// Options say what a scan looks at.
type Options struct {
	Roots Roots
	// Keys are the folders that hold keys. Their disks are refused, and so is Home's.
	Keys []string
	Home string
	// Need is how many bytes must be free.
	Need int64
	// Virtual lets loop devices pass for drives.
	Virtual bool
	// Ask asks a mounted file system; nil asks it in this process. Ask may block for ever
	// where a medium hangs, and then a process that asked by itself cannot even end:
	// Helper.Ask is made for it.
	Ask func(ctx context.Context, mount string, id uint64) (Answer, error)
	// Resolve is what a path comes to, as Ask for Ask; nil is Resolve in this process.
	Resolve func(ctx context.Context, path string) (string, error)
	// Patience is how long one drive may take to answer; 0 is DefaultPatience.
	Patience time.Duration
}

// DefaultPatience is how long a medium may take for one step of work before it counts as
// hung. Slow sticks take seconds for a write, and a disk that slept as long to wake up.
const DefaultPatience = 20 * time.Second

// Answer is what a mounted file system says of itself.
type Answer struct {
	Free  int64  `json:"free"`
	Full  bool   `json:"full"` // no space, or no room for another name
	Label string `json:"label"`
	UUID  string `json:"uuid"`
	Token Token  `json:"token"`
	// Problem says what is wrong with the medium's token file, "" if nothing is.
	Problem string `json:"problem"`
}

// Resolve is the path of a folder that is there, without links. Where the medium that it is
// on hangs it does not return.
func Resolve(_ context.Context, path string) (string, error) {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return "", fmt.Errorf("folder %q: %w", path, err)
	}
	info, err := os.Stat(real)
	if err != nil {
		return "", fmt.Errorf("folder %q: %w", path, err)
	}
	if !info.IsDir() {
		return "", fmt.Errorf("%q is not a folder", path)
	}
	return filepath.Abs(real)
}
