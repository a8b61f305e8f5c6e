package kill

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"unsafe"
)

// strace counts the calls of each thread by itself, and a Go program moves between threads
// as it likes. To kill at each call once, the calls are counted here, over all threads.

// tracerMark is the first argument of the process that traces; the others are the file for
// its report, the call to kill at (0 for none), and the command.
const tracerMark = "trace-and-kill"

// trace is what a traced program did: its system calls that change something, until it
// ended or was killed before the last one.
type trace struct {
	Calls  []string
	Killed bool
	Code   int // exit code, where it was not killed
	output string
}

// changing are the calls that a power cut could fall between: what they change is on the
// disk or on the wire after, and not before.
var changing = map[uint64]string{
	syscall.SYS_WRITE: "write", syscall.SYS_PWRITE64: "pwrite64", syscall.SYS_SENDTO: "sendto", syscall.SYS_CONNECT: "connect",
	syscall.SYS_WRITEV: "writev", syscall.SYS_SENDMSG: "sendmsg", syscall.SYS_SENDFILE: "sendfile",
	syscall.SYS_FSYNC: "fsync", syscall.SYS_FDATASYNC: "fdatasync", syscall.SYS_FTRUNCATE: "ftruncate",
	syscall.SYS_MKDIRAT: "mkdirat", syscall.SYS_UNLINKAT: "unlinkat", syscall.SYS_RENAMEAT: "renameat", sysRenameat2: "renameat2",
	syscall.SYS_LINKAT: "linkat", syscall.SYS_FCHMODAT: "fchmodat", syscall.SYS_OPENAT: "openat",
}

const (
	ptraceExitKill    = 0x100000
	ptraceSyscallInfo = 0x420e
	waitAll           = 0x40000000
	syscallStop       = syscall.SIGTRAP | 0x80
)

// syscallInfo is struct ptrace_syscall_info of Linux 5.3.
type syscallInfo struct {
	Op   uint8
	_    [3]byte
	Arch uint32
	_    [2]uint64 // instruction and stack pointer
	Nr   uint64
	Args [6]uint64
}

const atEntry = 1

// runTracer is the traced run, in a process of its own, and does not return there.
func runTracer() {
	if len(os.Args) < 5 || os.Args[1] != tracerMark {
		return
	}
	var when int
	_, err := fmt.Sscan(os.Args[3], &when)
	var done trace
	if err == nil {
		done, err = traced(when, os.Args[4:])
	}
	var report []byte
	if err == nil {
		report, err = json.Marshal(done)
	}
	if err == nil {
		err = os.WriteFile(os.Args[2], report, 0o600)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func traced(when int, command []string) (trace, error) {
	runtime.LockOSThread() // only the thread that began to trace may go on
	var t trace
	p, err := os.StartProcess(command[0], command, &os.ProcAttr{Files: []*os.File{os.Stdin, os.Stdout, os.Stderr}, Sys: &syscall.SysProcAttr{Ptrace: true}})
	if err != nil {
		return t, err
	}
	var status syscall.WaitStatus
	if _, err := syscall.Wait4(p.Pid, &status, 0, nil); err != nil {
		return t, err
	}
	options := syscall.PTRACE_O_TRACECLONE | syscall.PTRACE_O_TRACESYSGOOD | ptraceExitKill
	if err := syscall.PtraceSetOptions(p.Pid, options); err != nil {
		return t, err
	}
	thread, signal := p.Pid, 0
	for {
		// A thread that is gone by now is no error: the wait below hears of it.
		_ = syscall.PtraceSyscall(thread, signal)
		if thread, err = syscall.Wait4(-1, &status, waitAll, nil); err != nil {
			return t, err
		}
		signal = 0
		switch {
		case thread == p.Pid && (status.Exited() || status.Signaled()):
			t.Code = status.ExitStatus()
			return t, nil
		case !status.Stopped():
		case status.StopSignal() == syscallStop:
			if call := callOf(p.Pid, thread); call != "" && !t.Killed {
				t.Calls = append(t.Calls, call)
				if t.Killed = len(t.Calls) == when; t.Killed {
					if err := syscall.Kill(p.Pid, syscall.SIGKILL); err != nil {
						return t, err
					}
				}
			}
		case status.StopSignal() != syscall.SIGTRAP && status.StopSignal() != syscall.SIGSTOP:
			signal = int(status.StopSignal())
		}
	}
}

// callOf names the call that a thread is about to make, with what it is on; "" for one
// that changes nothing, and for one that has been made.
func callOf(pid, thread int) string {
	var info syscallInfo
	_, _, errno := syscall.Syscall6(syscall.SYS_PTRACE, ptraceSyscallInfo, uintptr(thread), unsafe.Sizeof(info), uintptr(unsafe.Pointer(&info)), 0, 0)
	name := changing[info.Nr]
	if errno != 0 || info.Op != atEntry || name == "" {
		return ""
	}
	switch name {
	case "write", "pwrite64", "writev", "sendfile", "fsync", "fdatasync", "ftruncate", "sendto", "sendmsg", "connect":
		on, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", pid, info.Args[0]))
		if err != nil || strings.HasPrefix(on, "pipe:") || strings.HasPrefix(on, "anon_inode:") || strings.HasPrefix(on, "/dev/") && !strings.HasPrefix(on, "/dev/shm/") {
			return ""
		}
		if strings.HasPrefix(on, "socket:") {
			return name + " socket"
		}
		return name + " " + filepath.Base(on)
	case "openat":
		if info.Args[2]&syscall.O_CREAT == 0 {
			return ""
		}
	}
	return name
}
