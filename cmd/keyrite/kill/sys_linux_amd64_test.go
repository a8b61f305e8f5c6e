package kill

const sysRenameat2 = 316 // which package syscall does not have
