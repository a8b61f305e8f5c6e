package state

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// ErrBroken is what opening a log Is whose chain does not hold: a line was changed,
// lost, put in or is no record.
var ErrBroken = errors.New("the log is broken")

// ErrNewer is what opening a file Is that a newer version of the program wrote.
var ErrNewer = errors.New("written by a newer version of keyrite")

// logFormat is the number that each line begins with.
const logFormat = 1

// Record is one line of a log. Seq counts from 1.
type Record struct {
	Seq  int64
	Time time.Time
	Kind string
	Data json.RawMessage
}

// line is a record as it stands in the file, one JSON object per line:
//
//	{"format":1,"seq":2,"prev":"<SHA-256 of the line before>","time":"...","kind":"...","data":{...}}
//
// prev is lower-case hex over the line without its line feed, and "" in the first.
type line struct {
	Format int             `json:"format"`
	Seq    int64           `json:"seq"`
	Prev   string          `json:"prev"`
	Time   time.Time       `json:"time"`
	Kind   string          `json:"kind"`
	Data   json.RawMessage `json:"data"`
}

// Log is a file of chained lines that only grows. Several processes may append to one:
// each reads what the others wrote before it adds its own line.
type Log struct {
	path string
	now  func() time.Time

	queue   sync.Mutex
	waiting []*entry // appended by others while a write is under way

	mu      sync.Mutex
	records []Record
	prev    string   // hash of the last whole line
	size    int64    // bytes up to the end of the last whole line
	file    *os.File // open for appending, from the first Append on
	failed  error    // the first failed write: nothing is added after it
}

// OpenLog reads the log at path; a file that is not there is an empty log. A last line
// that was cut off by a crash is ignored and removed by the next Append. Any other
// break is ErrBroken, and a newer format ErrNewer.
func OpenLog(path string, now func() time.Time) (*Log, error) {
	l := &Log{path: path, now: now}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return l, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if err := l.catchUp(f); err != nil {
		return nil, err
	}
	return l, nil
}

// Records are all records, oldest first.
func (l *Log) Records() []Record {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.records)
}

// Head is the SHA-256 of the last whole line, in lower-case hex, which vouches for all
// lines before it; "" for an empty log.
func (l *Log) Head() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.prev
}

// entry is a record that waits to be written.
type entry struct {
	kind string
	data json.RawMessage
	done bool
	err  error
}

// Append adds a record with data as its JSON and makes it durable. Those that several
// goroutines append at once are written together, with one sync for all of them. After a
// failed write the log takes no more until it is opened again.
func (l *Log) Append(kind string, data any) error {
	raw, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("log record %q: %w", kind, err)
	}
	e := &entry{kind: kind, data: raw}
	l.queue.Lock()
	l.waiting = append(l.waiting, e)
	l.queue.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	if !e.done {
		l.flush()
	}
	return e.err
}

// flush writes everything that waits. The caller has the log.
func (l *Log) flush() {
	l.queue.Lock()
	all := l.waiting
	l.waiting = nil
	l.queue.Unlock()
	err := l.locked(func() error { return l.add(all...) })
	for _, e := range all {
		e.done, e.err = true, err
	}
}

// update is Append with what next says, which is asked under the lock and sees the lines
// that others wrote. Where next gives nil there is nothing to add.
func (l *Log) update(kind string, next func() (any, error)) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.locked(func() error {
		data, err := next()
		if err != nil || data == nil {
			return err
		}
		raw, err := json.Marshal(data)
		if err != nil {
			return fmt.Errorf("log record %q: %w", kind, err)
		}
		return l.add(&entry{kind: kind, data: raw})
	})
}

// locked calls write while no other process can write, with the lines known that others
// wrote before. The caller has the log.
func (l *Log) locked(write func() error) error {
	if l.failed != nil {
		return l.failed
	}
	if err := l.openFile(); err != nil {
		return err
	}
	if err := lockFile(l.file); err != nil {
		return fmt.Errorf("lock %q: %w", l.path, err)
	}
	defer unlockFile(l.file)
	if err := l.catchUp(l.file); err != nil {
		return err
	}
	return write()
}

// Close gives the file back.
func (l *Log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return nil
	}
	f := l.file
	l.file = nil
	return f.Close()
}

func (l *Log) openFile() error {
	if l.file != nil {
		return nil
	}
	folder, name := filepath.Split(l.path)
	dir, err := OpenDir(filepath.Clean(folder))
	if err != nil {
		return err
	}
	defer dir.Close()
	if l.file, err = dir.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return err
	}
	return SyncDir(dir, ".")
}

// catchUp reads the lines behind those that are known.
func (l *Log) catchUp(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if info.Size() < l.size {
		return fmt.Errorf("%q has become shorter: %w", l.path, ErrBroken)
	}
	text, err := io.ReadAll(io.NewSectionReader(f, l.size, info.Size()-l.size))
	if err != nil {
		return err
	}
	return l.take(text)
}

// add writes lines at the end of the last whole one, which cuts off a torn one.
func (l *Log) add(entries ...*entry) error {
	text, records, head, err := l.lines(entries)
	if err != nil {
		return err
	}
	if err := l.write(text); err != nil {
		l.failed = fmt.Errorf("log %q: %w", l.path, err)
		return l.failed
	}
	l.records, l.prev, l.size = append(l.records, records...), head, l.size+int64(len(text))
	return nil
}

// lines chains entries to the last line, and gives them as reading them would.
func (l *Log) lines(entries []*entry) (text []byte, records []Record, head string, err error) {
	head = l.prev
	for i, e := range entries {
		rec := Record{Seq: int64(len(l.records)+i) + 1, Time: l.now().UTC().Round(0), Kind: e.kind, Data: e.data}
		one, err := json.Marshal(line{Format: logFormat, Seq: rec.Seq, Prev: head, Time: rec.Time, Kind: rec.Kind, Data: noData})
		if err != nil {
			return nil, nil, "", err
		}
		one = append(append(one[:len(one)-len(noData)-1], rec.Data...), '}')
		head = hashLine(one)
		if records = append(records, rec); i == 0 {
			text = append(one, '\n') // which may be long, and is mostly the only one
			continue
		}
		text = append(append(text, one...), '\n')
	}
	return text, records, head, nil
}

// noData stands at the end of a line for its data, which Append has put into JSON and which
// may be long.
var noData = json.RawMessage("0")

func (l *Log) write(text []byte) error {
	if err := l.file.Truncate(l.size); err != nil {
		return err
	}
	_, err := l.file.WriteAt(text, l.size)
	if err == nil {
		err = l.file.Sync()
	}
	if err != nil {
		return errors.Join(err, l.file.Truncate(l.size))
	}
	return nil
}

func hashLine(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
