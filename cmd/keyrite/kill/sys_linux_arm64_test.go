package kill

const sysRenameat2 = 276 // which package syscall does not have
