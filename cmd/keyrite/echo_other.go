//go:build !linux && !darwin

package main

// echoOff leaves it to the reading of a passphrase to stop the echo.
func echoOff(int) error { return nil }
