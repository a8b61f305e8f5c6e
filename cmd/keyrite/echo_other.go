//go:build !linux && !darwin

package main

import "golang.org/x/term"

// echoOff leaves it to the reading to stop the echo.
func echoOff(int) error { return nil }

// readTyped reads one line without echo.
func readTyped(fd int) ([]byte, error) { return term.ReadPassword(fd) }
