package backup

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// endPlugin ends the processes of this one that run a program, and all that those have started.
// Each is stopped before its children are looked for, so that none can start another meanwhile.
// Package age starts a plugin in keyrite's own process group, which cannot be ended as a whole.
func endPlugin(program string) error {
	var all []int
	for _, pid := range children(os.Getpid()) {
		if runs(pid, program) {
			all = append(all, pid)
		}
	}
	var failed error
	for i := 0; i < len(all); i++ {
		failed = errors.Join(failed, send(all[i], syscall.SIGSTOP))
		for _, child := range children(all[i]) {
			if !slices.Contains(all, child) {
				all = append(all, child)
			}
		}
	}
	for _, pid := range all {
		failed = errors.Join(failed, send(pid, syscall.SIGKILL))
	}
	return failed
}

// send sends a signal to a process that may be over by now.
func send(pid int, what syscall.Signal) error {
	if err := syscall.Kill(pid, what); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("process %d of the plugin could not be ended: %w", pid, err)
	}
	return nil
}

// children are the processes that a process has started and that are not over.
func children(of int) (pids []int) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	for _, e := range entries {
		if pid, err := strconv.Atoi(e.Name()); err == nil && parent(pid) == of {
			pids = append(pids, pid)
		}
	}
	return pids
}

// parent is the process that started another, 0 where that is over. A program's name in
// /proc/PID/stat is in brackets, and may have any rune in it.
func parent(pid int) int {
	stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) < 2 || fields[0] == "Z" {
		return 0
	}
	n, _ := strconv.Atoi(fields[1])
	return n
}

// runs reports whether a process runs a program, by itself or as a script of an interpreter.
func runs(pid int, program string) bool {
	line, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "cmdline"))
	if err != nil {
		return false
	}
	args := strings.Split(string(line), "\x00")
	return slices.ContainsFunc(args[:min(len(args), 3)], func(arg string) bool { return filepath.Base(arg) == program })
}
