package demo

import "fmt"

// Hint is the passphrases that a rotation asks for, in one line.
func (w *World) Hint() string {
	return fmt.Sprintf("root: %s. repository: %s. snapshot: %s.", w.Passphrases["root"], w.Passphrases["targets"], w.Passphrases["snapshot"])
}
