// Package kill kills keyrite: at each system call by which a change of keys or metadata
// could reach a disk or a server, one run for each. What the next start finds must be
// whole, valid for everybody, and lead to where the change leads undisturbed.
//
// "make kill" takes every point; as one test among others it takes an even sample. Every
// tenth of them, from its founding to its end, is on a notary-server of its own, and there
// two stock clients look at every repository: one that knows nothing, and one that has the
// cache of before. The others are on copies of one embedded server.
//
// What is done with a backup on a stick is broken off likewise, in more ways: by killing
// keyrite, or the process that works on the stick, or both with the stick's power, and by a
// call that fails.
package kill
