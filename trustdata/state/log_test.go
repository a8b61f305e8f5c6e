package state

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func clock() time.Time { return time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC) }

func openLog(t *testing.T, path string) *Log {
	t.Helper()
	log, err := OpenLog(path, clock)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { log.Close() })
	return log
}

// writeLog makes a log of n records and returns its path and bytes.
func writeLog(t *testing.T, n int) (string, []byte) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "logs", "l.jsonl")
	log := openLog(t, path)
	for i := range n {
		if err := log.Append("step", map[string]int{"i": i}); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return path, data
}

func TestLogForm(t *testing.T) {
	_, data := writeLog(t, 2)
	lines := bytes.SplitAfter(data, []byte("\n"))
	want := `{"format":1,"seq":1,"prev":"","time":"2026-11-22T08:00:00Z","kind":"step","data":{"i":0}}` + "\n"
	if string(lines[0]) != want {
		t.Errorf("line 1 is %s want %s", lines[0], want)
	}
	var second struct{ Prev string }
	if err := json.Unmarshal(lines[1], &second); err != nil || second.Prev != hashLine(bytes.TrimSuffix(lines[0], []byte("\n"))) {
		t.Errorf("line 2 names %q as the one before it, %v", second.Prev, err)
	}
}

func TestLogIsReadBack(t *testing.T) {
	path, _ := writeLog(t, 3)
	log := openLog(t, path)
	records := log.Records()
	if len(records) != 3 || records[2].Seq != 3 || records[2].Kind != "step" || string(records[2].Data) != `{"i":2}` || !records[2].Time.Equal(clock()) {
		t.Errorf("records = %+v", records)
	}
	if err := log.Append("more", nil); err != nil {
		t.Error(err)
	}
	if got := openLog(t, path).Records(); len(got) != 4 || got[3].Kind != "more" {
		t.Errorf("after Append: %+v", got)
	}
}

// What a log says of what it has just written is what reading it says, to the byte.
func TestLogKnowsWhatItWrote(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	for n, data := range []any{nil, "<&>\u2028\x7f", map[string]any{"b": 1, "a": []any{1.5, nil}}, json.RawMessage(` { "x" : "<" } `), struct{}{}} {
		l, err := OpenLog(path, time.Now)
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Append("kind <&>", data); err != nil {
			t.Fatal(err)
		}
		again, err := OpenLog(path, time.Now)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(again.Records(), l.Records()); diff != "" || l.Head() != again.Head() || l.size != again.size || len(l.Records()) != n+1 {
			t.Errorf("after record %d:\n%s", n, diff)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTornLastLine(t *testing.T) {
	path, data := writeLog(t, 3)
	start := bytes.LastIndexByte(data[:len(data)-1], '\n') + 1
	for cut := start; cut < len(data); cut++ {
		if err := os.WriteFile(path, data[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		log := openLog(t, path)
		if got := len(log.Records()); got != 2 {
			t.Fatalf("cut at %d: %d records, want 2", cut, got)
		}
		if err := log.Append("step", map[string]int{"i": 2}); err != nil {
			t.Fatal(err)
		}
		wantFile(t, path, string(data))
	}
	// Blocks of the last line that were never written are zeros.
	holed := bytes.Clone(data)
	clear(holed[start+5 : len(holed)-3])
	if err := os.WriteFile(path, holed, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := len(openLog(t, path).Records()); got != 2 {
		t.Errorf("with a hole: %d records, want 2", got)
	}
	// Lines that were written together may be torn before the last of them.
	first := bytes.IndexByte(data, '\n') + 1
	holed = bytes.Clone(data)
	clear(holed[first+5 : start-3])
	if err := os.WriteFile(path, holed, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := len(openLog(t, path).Records()); got != 1 {
		t.Errorf("with a hole before the last line: %d records, want 1", got)
	}
}

func TestBrokenLog(t *testing.T) {
	path, data := writeLog(t, 3)
	lines := bytes.SplitAfter(data, []byte("\n"))
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	cases := map[string][]byte{
		"line lost":     join(lines[0], lines[2]),
		"first lost":    join(lines[1], lines[2]),
		"lines swapped": join(lines[1], lines[0], lines[2]),
		"line doubled":  join(lines[0], lines[0], lines[1]),
		"empty line":    join(lines[0], []byte("\n"), lines[1]),
		"other JSON":    join(lines[0], []byte("[]\n"), lines[1]),
		"format 0":      []byte(`{"format":0,"seq":1,"prev":"","kind":"x","data":{}}` + "\n"),
		"text":          []byte("hello\n"),
	}
	for i := range len(lines[0]) {
		flipped := bytes.Clone(data)
		flipped[i] ^= 0x01
		cases[fmt.Sprintf("byte %d flipped", i)] = flipped
	}
	for name, text := range cases {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenLog(path, clock); !errors.Is(err, ErrBroken) && !errors.Is(err, ErrNewer) {
			t.Errorf("%s: %v, want ErrBroken", name, err)
		}
	}
}

func TestNewerFormatIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "l")
	if err := os.WriteFile(path, []byte(`{"format":2,"whatever":true}`+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenLog(path, clock); !errors.Is(err, ErrNewer) {
		t.Errorf("error = %v, want ErrNewer", err)
	}
}

func TestLogsOfOneFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "l")
	var all sync.WaitGroup
	for w := range 4 {
		log := openLog(t, path)
		all.Go(func() {
			for i := range 10 {
				if err := log.Append("w", [2]int{w, i}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if got := len(openLog(t, path).Records()); got != 40 {
		t.Errorf("%d records, want 40", got)
	}
}

func TestLogThatShrinks(t *testing.T) {
	path, data := writeLog(t, 2)
	log := openLog(t, path)
	if err := os.WriteFile(path, data[:10], 0o600); err != nil {
		t.Fatal(err)
	}
	if err := log.Append("x", nil); !errors.Is(err, ErrBroken) {
		t.Errorf("error = %v, want ErrBroken", err)
	}
	wantFile(t, path, string(data[:10]))
}

func FuzzLog(f *testing.F) {
	f.Add([]byte(`{"format":1,"seq":1,"prev":"","time":"2026-11-22T08:00:00Z","kind":"step","data":{"i":0}}` + "\n"))
	f.Add([]byte("{\"format\":1,\"seq\":1,\"prev\":\"\"}\n{"))
	f.Fuzz(func(t *testing.T, text []byte) {
		l := &Log{path: "fuzz"}
		if err := l.take(text); err == nil && l.size > int64(len(text)) {
			t.Errorf("%d bytes taken of %d", l.size, len(text))
		}
		if n := bytes.Count(text[:l.size], []byte("\n")); n != len(l.records) {
			t.Errorf("%d records in %d lines", len(l.records), n)
		}
	})
}

func TestLogTakesManyAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "l.jsonl")
	log := openLog(t, path)
	const n = 200
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			if err := log.Append("step", i); err != nil {
				t.Error(err)
			}
			seen := false
			for _, rec := range log.Records() {
				seen = seen || string(rec.Data) == fmt.Sprint(i)
			}
			if !seen {
				t.Errorf("record %d is not there when Append has returned", i)
			}
		})
	}
	wg.Wait()
	if got := len(openLog(t, path).Records()); got != n {
		t.Errorf("%d records are in the file, want %d", got, n)
	}
}
