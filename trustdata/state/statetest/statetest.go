// Package statetest gives tests real faults of a file system: a full one, a read-only one,
// a refused permission. Each runs the test again in a process of its own, so nothing is
// left mounted however the test ends, and root is refused what anyone is.
package statetest
