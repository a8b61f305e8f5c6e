package main

import (
	"os"
	"os/signal"
	"regexp"
	"runtime"
	"sync"
	"syscall"

	"keyrite/trustdata"
)

// maxDump bounds what SIGQUIT has written of all goroutines.
const maxDump = 1 << 20

// onQuit makes of SIGQUIT an end as by any signal, with a report of where the program was.
// The runtime would leave the terminal as it is, and print what arguments were.
func (k *crash) onQuit() (release func()) {
	got, over := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(got, syscall.SIGQUIT)
	go trustdata.Guarded(func() {
		select {
		case <-over:
		case <-got:
			dump := make([]byte, maxDump)
			dump = dump[:runtime.Stack(dump, true)]
			k.mu.Lock()
			k.dump, _ = k.write("ended by SIGQUIT", withoutArguments(dump)) // what cannot be written is not told of
			k.mu.Unlock()
			k.stop()
		}
	})()
	return func() { signal.Stop(got); close(over) }
}

// arguments are those of a call in a goroutine's stack: they can be parts of a secret.
var arguments = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?m)\([^()\n]*\)$`) })

func withoutArguments(stack []byte) string {
	return string(arguments().ReplaceAll(stack, []byte("(...)")))
}
