// Command keyrite is a console for the people who hold the signing keys of container
// images: it shows private keys and signed tags, rotates keys, and backs them up.
package main

import (
	"os"
	"time"

	"keyrite/trustdata"
)

func main() {
	p := process{in: os.Stdin, out: os.Stdout, err: os.Stderr, getenv: os.Getenv, environ: os.Environ, now: time.Now}
	if p.narrow() {
		trustdata.ShowOnlyASCII()
	}
	os.Exit(run(os.Args[1:], p))
}
