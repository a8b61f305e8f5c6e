package bench

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"
)

// row is one piece of work, done by both.
type row struct {
	work, want  string
	ours, stock Figure
}

type table []row

func (t *table) add(work, want string, ours, stock Figure) {
	*t = append(*t, row{work, want, ours, stock})
}

// text is the table as Markdown: ratios are the stock client's over keyrite's.
func (t table) text() string {
	var b strings.Builder
	fmt.Fprintln(&b, "| work | keyrite | stock | ratio | wanted | memory, keyrite | memory, stock |")
	fmt.Fprintln(&b, "| --- | --- | --- | --- | --- | --- | --- |")
	for _, r := range t {
		fmt.Fprintf(&b, "| %s | %s | %s | %.1f | %s | %.0f MiB | %.0f MiB |\n", r.work, span(r.ours.Wall), span(r.stock.Wall),
			r.stock.Wall.Seconds()/r.ours.Wall.Seconds(), r.want, float64(r.ours.RSS)/1024, float64(r.stock.RSS)/1024)
	}
	return b.String()
}

func span(d time.Duration) string {
	if d >= time.Second {
		return fmt.Sprintf("%.2f s", d.Seconds())
	}
	return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000)
}

// write puts the table where readers find it, with how to repeat it.
func (t table) write(path string) error {
	text := fmt.Sprintf("# Benchmarks\n\nkeyrite and the stock notary client 0.7.0, side by side in one run on the same notary-server (in memory,\n"+
		"plain HTTP on loopback), whole processes from start to end. Ratios are the stock client's wall time over\n"+
		"keyrite's; memory is the process's own high-water mark. \"make bench\" repeats it and writes this file.\n\n"+
		"Measured with %s on %d cores.\n\n%s", runtime.Version(), runtime.NumCPU(), t.text())
	return os.WriteFile(path, []byte(text), 0o644)
}
