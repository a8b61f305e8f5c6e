package main

import (
	"runtime/debug"
	"time"
)

// The garbage collector's percentages. A verb is over before most of what it made is
// garbage, so it is collected four times later than usual: the first time at 16 MiB, which
// a verb on ten thousand tags hardly reaches. A change of many repositories stays small, and
// so does a backup or restore of many keys, however many they are. The console lives long, and
// stands idle nearly always: once all that is cached was read, it is collected more often.
const (
	verbGC    = 400
	usualGC   = 100
	consoleGC = 50
)

// collectLater sets the collector up for a verb, unless $GOGC says otherwise.
func (c *cli) collectLater() { c.collectAt(verbGC) }

// collectAsUsual sets it up for what lasts.
func (c *cli) collectAsUsual() { c.collectAt(usualGC) }

// collectOften sets it up for the console.
func (c *cli) collectOften() { c.collectAt(consoleGC) }

func (c *cli) collectAt(percent int) {
	if c.getenv("GOGC") == "" {
		debug.SetGCPercent(percent)
	}
}

// softMemory is how much the program takes before it collects whatever else is said, in
// bytes. What a server can send is bounded to what fits below 300 MB; the garbage of
// reading it would double that.
const softMemory = 160 << 20

// collectInTime sets that, unless $GOMEMLIMIT says otherwise.
func (c *cli) collectInTime() {
	if c.getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(softMemory)
	}
}

// manyRead is from how many repositories on the garbage of reading them is given back: the
// console then stands idle, and would keep twice what it needs. backAfter is how long after the
// last of them: what was drawn of those before it is garbage too by then, and connections
// have ended.
const (
	manyRead  = 100
	backAfter = 500 * time.Millisecond
)

// giveBack collects what reading so many repositories has left, unless $GOGC says otherwise.
func (c *cli) giveBack(repositories int) {
	if repositories >= manyRead && c.getenv("GOGC") == "" {
		time.AfterFunc(backAfter, debug.FreeOSMemory)
	}
}
