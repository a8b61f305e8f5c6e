package main

import "golang.org/x/sys/windows"

// dropTyped drops what was typed and nobody has read.
func dropTyped(fd int) error { return windows.FlushConsoleInputBuffer(windows.Handle(fd)) }
