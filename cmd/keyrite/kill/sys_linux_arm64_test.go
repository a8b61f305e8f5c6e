package kill

import (
	"syscall"
	"unsafe"
)

const sysRenameat2 = 276 // which package syscall does not have

// notMade keeps a call from being made that a thread is about to make.
func notMade(thread int) error {
	const setRegSet, systemCall = 0x4205, 0x404 // PTRACE_SETREGSET, NT_ARM_SYSTEM_CALL
	none := int32(-1)
	vec := syscall.Iovec{Base: (*byte)(unsafe.Pointer(&none)), Len: 4}
	_, _, errno := syscall.Syscall6(syscall.SYS_PTRACE, setRegSet, uintptr(thread), systemCall, uintptr(unsafe.Pointer(&vec)), 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}

// failedWith gives the call that a thread comes back from an error.
func failedWith(thread int, errno syscall.Errno) error {
	var regs syscall.PtraceRegs
	if err := syscall.PtraceGetRegs(thread, &regs); err != nil {
		return err
	}
	regs.Regs[0] = -uint64(errno)
	return syscall.PtraceSetRegs(thread, &regs)
}
