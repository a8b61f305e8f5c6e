// Package kill kills keyrite: at each system call by which a change of keys or metadata
// could reach a disk or a server, one run for each. What the next start finds must be
// whole, valid for everybody, and lead to the end of the change or to its beginning.
//
// "make kill" takes every point; as one test among others it takes an even sample.
package kill
