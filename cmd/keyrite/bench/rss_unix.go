//go:build unix

package bench

import (
	"os"
	"runtime"
	"syscall"
)

// highWater is the most memory that a process had at once, in KiB.
func highWater(p *os.ProcessState) int64 {
	max := int64(p.SysUsage().(*syscall.Rusage).Maxrss)
	if runtime.GOOS == "darwin" {
		max /= 1024 // counted in bytes there
	}
	return max
}
