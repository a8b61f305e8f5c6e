package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"keyrite/trustdata"
	"keyrite/ui"
)

// emit prints a result on stdout: value as JSON, or the page of the same facts as lines
// or as a table.
func (c *cli) emit(value any, page ui.Page) error {
	switch {
	case c.flags.json:
		return c.emitJSON(value)
	case c.flags.plain:
		return ui.WritePlain(c.out, page)
	}
	return ui.WriteTable(c.out, page)
}

// emitJSON prints one value with a line end. Runes that would act on a terminal are
// written as JSON escapes, so the exact name survives.
func (c *cli) emitJSON(value any) error {
	enc, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return err
	}
	// A line at a time, for a list of all tags can be large.
	out := bufio.NewWriter(c.out)
	for line := range bytes.Lines(enc) {
		out.Write(trustdata.VisibleJSON(line)) // the error comes with Flush
	}
	out.WriteByte('\n')
	return out.Flush()
}

// say prints a sentence for people on stderr, where it disturbs no result.
func (c *cli) say(format string, args ...any) {
	fmt.Fprintf(c.err, "keyrite: "+format+"\n", args...)
}

// stamp is a time as JSON has it: RFC 3339 in UTC, and null where there is none.
func stamp(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	utc := t.UTC()
	return &utc
}

// digest is a digest as JSON has it, and "" where there is none.
func digest(hex string) string {
	if hex == "" {
		return ""
	}
	return "sha256:" + hex
}

// progress tells a person at a terminal what is being done; a script sees only results.
func (c *cli) progress(sentence string) {
	if _, ok := terminal(c.err); ok {
		fmt.Fprintf(c.err, "%s\n", sentence)
	}
}
