//go:build linux || darwin

package main

import (
	"bytes"
	"errors"
	"io"

	"golang.org/x/sys/unix"
)

// echoOff stops the terminal from showing what is typed, which it gives out in whole lines.
func echoOff(fd int) error {
	t, err := unix.IoctlGetTermios(fd, getTermios)
	if err != nil {
		return err
	}
	t.Lflag &^= unix.ECHO
	t.Lflag |= unix.ICANON | unix.ISIG
	t.Iflag |= unix.ICRNL
	return unix.IoctlSetTermios(fd, setTermios, t)
}

// longestTyped is how much of a line a terminal gives out at most, with its end: on Linux
// N_TTY_BUF_SIZE, elsewhere less.
const longestTyped = 4096

// readTyped reads one line, which it returns without its end. A terminal gives out one line at
// a time, so nothing of the next is read.
func readTyped(fd int) ([]byte, error) {
	line := make([]byte, 0, longestTyped)
	for len(line) < cap(line) {
		n, err := unix.Read(fd, line[len(line):cap(line)])
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return nil, err
		case n == 0 && len(line) == 0:
			return nil, io.EOF
		case n == 0:
			return line, nil
		}
		line = line[:len(line)+n]
		if whole, ended := bytes.CutSuffix(line, []byte("\n")); ended {
			return whole, nil
		}
	}
	return line, nil
}
