package media

import (
	"context"
	"io"
	"os"
	"runtime"
	"sync"
	"sync/atomic"

	"keyrite/trustdata"
)

// manyAtOnce is how many files one goroutine has open at a time: while the medium is at the
// last of them the first is there.
const manyAtOnce = 128

// ReadEach reads the files of a folder that have these names from their medium, past every
// cache that can be avoided, as Open does. Each is handed to take with its place in names,
// several at a time, and is closed after that. The first error ends it.
func ReadEach(ctx context.Context, root *os.Root, names []string, take func(i int, r io.Reader) error) error {
	m := many{ctx: ctx, in: local{root: root}, names: names, take: take}
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), (len(names)+manyAtOnce-1)/manyAtOnce) {
		wg.Go(trustdata.Guarded(m.work))
	}
	wg.Wait()
	return m.err
}

// many is one run of ReadEach.
type many struct {
	ctx   context.Context // of one run
	in    local
	names []string
	take  func(i int, r io.Reader) error
	next  atomic.Int64
	mu    sync.Mutex
	err   error
}

// work reads some of the files after another until none is left or one has failed.
func (m *many) work() {
	files, err := openMany(m.in.root)
	if err != nil {
		m.fail(err)
		return
	}
	defer files.close()
	for {
		from := int(m.next.Add(manyAtOnce)) - manyAtOnce
		if from >= len(m.names) || m.failed() {
			return
		}
		if err := files.read(m, from, min(from+manyAtOnce, len(m.names))); err != nil {
			m.fail(err)
			return
		}
	}
}

// one reads a file by itself.
func (m *many) one(i int) error {
	if err := m.ctx.Err(); err != nil {
		return err
	}
	r, err := m.in.Open(m.names[i])
	if err != nil {
		return err
	}
	defer r.Close()
	return m.take(i, r)
}

func (m *many) fail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err == nil {
		m.err = err
	}
}

func (m *many) failed() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.err != nil
}
