package kill

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// strace counts the calls of each thread by itself, and a Go program moves between threads
// as it likes. To kill at each call once, the calls are counted here, over all threads.

// tracerMark is the first argument of the process that traces; the others are the file for
// its report, the fault, and the command.
const tracerMark = "trace-and-kill"

// trace is what a traced program did, with the processes that it started: their system calls
// that change something, until all had ended.
type trace struct {
	Calls  []string // begins with "helper " for one of another process than the first
	Places []string // for each call the paths that it is on
	Killed bool     // or it was to be, and its call failed instead
	Code   int      // exit code of the first process, -1 where it was killed
	output string
}

// fault is what befalls one call. On a command line it is its number, and "all" or an errno.
type fault struct {
	at    int           // counted from 1, 0 for none
	errno syscall.Errno // it fails with this and is not made; 0 kills its process before it
	all   bool          // all processes are killed
}

func (f fault) String() string {
	switch {
	case f.all:
		return fmt.Sprintf("%d,all", f.at)
	case f.errno != 0:
		return fmt.Sprintf("%d,%d", f.at, f.errno)
	}
	return strconv.Itoa(f.at)
}

func parseFault(s string) (f fault, err error) {
	number, how, _ := strings.Cut(s, ",")
	f.at, err = strconv.Atoi(number)
	if f.all = how == "all"; err == nil && how != "" && !f.all {
		var errno int
		errno, err = strconv.Atoi(how)
		f.errno = syscall.Errno(errno)
	}
	return f, err
}

// changing are the calls that a power cut could fall between: what they change is on the
// disk or on the wire after, and not before.
var changing = map[uint64]string{
	syscall.SYS_WRITE: "write", syscall.SYS_PWRITE64: "pwrite64", syscall.SYS_SENDTO: "sendto", syscall.SYS_CONNECT: "connect",
	syscall.SYS_WRITEV: "writev", syscall.SYS_SENDMSG: "sendmsg", syscall.SYS_SENDFILE: "sendfile",
	syscall.SYS_FSYNC: "fsync", syscall.SYS_FDATASYNC: "fdatasync", unix.SYS_SYNCFS: "syncfs", syscall.SYS_FTRUNCATE: "ftruncate",
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

// Where a thread stands in a call.
const (
	atEntry = 1
	atExit  = 2
)

// runTracer is the traced run, in a process of its own, and does not return there.
func runTracer() {
	if len(os.Args) < 5 || os.Args[1] != tracerMark {
		return
	}
	f, err := parseFault(os.Args[3])
	t := tracer{fault: f, failing: map[int]bool{}}
	if err == nil {
		err = t.run(os.Args[4:])
	}
	var report []byte
	if err == nil {
		report, err = json.Marshal(t.trace)
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

type tracer struct {
	trace
	fault   fault
	first   int   // process
	others  []int // processes that were started
	failing map[int]bool
}

func (t *tracer) run(command []string) error {
	runtime.LockOSThread() // only the thread that began to trace may go on
	p, err := os.StartProcess(command[0], command, &os.ProcAttr{Files: []*os.File{os.Stdin, os.Stdout, os.Stderr}, Sys: &syscall.SysProcAttr{Ptrace: true}})
	if err != nil {
		return err
	}
	t.first = p.Pid
	var status syscall.WaitStatus
	if _, err := syscall.Wait4(p.Pid, &status, 0, nil); err != nil {
		return err
	}
	options := syscall.PTRACE_O_TRACECLONE | syscall.PTRACE_O_TRACEFORK | syscall.PTRACE_O_TRACEVFORK | syscall.PTRACE_O_TRACESYSGOOD | ptraceExitKill
	if err := syscall.PtraceSetOptions(p.Pid, options); err != nil {
		return err
	}
	for thread, signal := p.Pid, 0; ; {
		// A thread that is gone by now is no error: the wait below hears of it.
		_ = syscall.PtraceSyscall(thread, signal)
		if thread, err = syscall.Wait4(-1, &status, waitAll, nil); err == syscall.ECHILD {
			return nil
		} else if err != nil {
			return err
		}
		if signal, err = t.stopped(thread, status); err != nil {
			return err
		}
	}
}

// stopped looks at a thread that has stopped or ended, and gives the signal to go on with.
func (t *tracer) stopped(thread int, status syscall.WaitStatus) (signal int, err error) {
	switch {
	case thread == t.first && (status.Exited() || status.Signaled()):
		t.Code = status.ExitStatus()
	case !status.Stopped():
	case status.StopSignal() == syscallStop:
		return 0, t.called(thread)
	case status.TrapCause() == syscall.PTRACE_EVENT_FORK, status.TrapCause() == syscall.PTRACE_EVENT_VFORK:
		if started, err := syscall.PtraceGetEventMsg(thread); err == nil {
			t.others = append(t.others, int(started))
		}
	case status.StopSignal() != syscall.SIGTRAP && status.StopSignal() != syscall.SIGSTOP:
		signal = int(status.StopSignal())
	}
	return signal, nil
}

// called counts a call that is about to be made, and lets the fault happen.
func (t *tracer) called(thread int) error {
	var info syscallInfo
	_, _, errno := syscall.Syscall6(syscall.SYS_PTRACE, ptraceSyscallInfo, uintptr(thread), unsafe.Sizeof(info), uintptr(unsafe.Pointer(&info)), 0, 0)
	if errno != 0 {
		return nil // it was killed just now
	}
	if info.Op == atExit && t.failing[thread] {
		delete(t.failing, thread)
		return failedWith(thread, t.fault.errno)
	}
	call, place := callOf(thread, info)
	if info.Op != atEntry || call == "" || t.Killed {
		return nil
	}
	process := processOf(thread)
	if process != t.first {
		call = "helper " + call
	}
	t.Calls, t.Places = append(t.Calls, call), append(t.Places, place)
	if t.Killed = len(t.Calls) == t.fault.at; !t.Killed {
		return nil
	}
	if t.fault.errno != 0 {
		t.failing[thread] = true
		return notMade(thread)
	}
	if t.fault.all {
		for _, other := range append(t.others, t.first) {
			_ = syscall.Kill(other, syscall.SIGKILL) // it may have ended
		}
		return nil
	}
	return syscall.Kill(process, syscall.SIGKILL)
}

// processOf is the process that a thread belongs to.
func processOf(thread int) int {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", thread))
	if err != nil {
		return thread
	}
	_, rest, _ := strings.Cut(string(status), "\nTgid:")
	var pid int
	if _, err := fmt.Sscan(rest, &pid); err != nil {
		return thread
	}
	return pid
}

// callOf names the call that a thread is in, with what it is on, and the paths of that; ""
// for one that changes nothing.
func callOf(thread int, info syscallInfo) (call, place string) {
	name := changing[info.Nr]
	switch name {
	case "":
		return "", ""
	case "write", "pwrite64", "writev", "sendfile", "fsync", "fdatasync", "syncfs", "ftruncate", "sendto", "sendmsg", "connect":
		on := descriptor(thread, info.Args[0])
		if on == "" || strings.HasPrefix(on, "pipe:") || strings.HasPrefix(on, "anon_inode:") || strings.HasPrefix(on, "/dev/") && !strings.HasPrefix(on, "/dev/shm/") {
			return "", ""
		}
		if strings.HasPrefix(on, "socket:") {
			return name + " socket", on
		}
		return name + " " + filepath.Base(on), on
	case "openat":
		if info.Args[2]&syscall.O_CREAT == 0 {
			return "", ""
		}
	case "renameat", "renameat2", "linkat":
		return name, at(thread, info.Args[0], info.Args[1]) + " " + at(thread, info.Args[2], info.Args[3])
	}
	return name, at(thread, info.Args[0], info.Args[1])
}

// descriptor is what a descriptor of a thread is, "" if it is none.
func descriptor(thread int, number uint64) string {
	on, _ := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", thread, number))
	return on
}

// at is the path of a name in a folder that is open.
func at(thread int, folder, name uint64) string {
	var text []byte
	for word := make([]byte, 8); len(text) < 4096; name += 8 {
		if _, err := syscall.PtracePeekData(thread, uintptr(name), word); err != nil {
			break
		}
		part, _, ended := strings.Cut(string(word), "\x00")
		if text = append(text, part...); ended {
			break
		}
	}
	if filepath.IsAbs(string(text)) {
		return string(text)
	}
	on := descriptor(thread, folder)
	if int32(folder) == unix.AT_FDCWD {
		on, _ = os.Readlink(fmt.Sprintf("/proc/%d/cwd", thread))
	}
	return filepath.Join(on, string(text))
}
