package kill

import "syscall"

const sysRenameat2 = 316 // which package syscall does not have

// notMade keeps a call from being made that a thread is about to make.
func notMade(thread int) error {
	var regs syscall.PtraceRegs
	if err := syscall.PtraceGetRegs(thread, &regs); err != nil {
		return err
	}
	regs.Orig_rax = ^uint64(0)
	return syscall.PtraceSetRegs(thread, &regs)
}

// failedWith gives the call that a thread comes back from an error.
func failedWith(thread int, errno syscall.Errno) error {
	var regs syscall.PtraceRegs
	if err := syscall.PtraceGetRegs(thread, &regs); err != nil {
		return err
	}
	regs.Rax = -uint64(errno)
	return syscall.PtraceSetRegs(thread, &regs)
}
