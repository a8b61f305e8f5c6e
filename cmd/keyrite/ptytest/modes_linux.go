package ptytest

import "golang.org/x/sys/unix"

// Sane reports whether the terminal gives whole lines, shows what is typed and makes signals
// of Ctrl-c, as a shell expects it.
func (s *Screen) Sane() bool {
	s.t.Helper()
	conn, err := s.tty.SyscallConn() // Fd would make its reads block
	if err != nil {
		s.t.Fatal(err)
	}
	var mode *unix.Termios
	var failed error
	err = conn.Control(func(fd uintptr) { mode, failed = unix.IoctlGetTermios(int(fd), unix.TCGETS) })
	if err != nil || failed != nil {
		s.t.Fatal(err, failed)
	}
	const lines = unix.ICANON | unix.ECHO | unix.ISIG
	return mode.Lflag&lines == lines && mode.Oflag&unix.OPOST != 0
}
