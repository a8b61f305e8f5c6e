package main

import "golang.org/x/sys/unix"

const getTermios, setTermios = unix.TIOCGETA, unix.TIOCSETA

// fread is FREAD of fcntl.h: what comes in.
const fread = 1

// dropTyped drops what was typed and nobody has read.
func dropTyped(fd int) error { return unix.IoctlSetPointerInt(fd, unix.TIOCFLUSH, fread) }
