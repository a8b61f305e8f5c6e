package bench

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// row is one piece of work, done by both.
type row struct {
	work, want  string
	ours, stock Figure
	floor       floor
	tried       string // why keyrite is not further, if it is not where it should be
}

// ratio is the stock client's wall time over keyrite's.
func (r row) ratio() float64 { return r.stock.Wall.Seconds() / r.ours.Wall.Seconds() }

// short reports whether the ratio is below the one that is wanted, or the time above.
func (r row) short() bool {
	if most, ok := strings.CutPrefix(r.want, "at most "); ok {
		want, err := time.ParseDuration(most)
		return err == nil && r.ours.Wall > want
	}
	number, _, _ := strings.Cut(r.want, ",")
	want, err := strconv.ParseFloat(number, 64)
	return err == nil && r.ratio() < want
}

type table []row

func (t *table) add(work, want string, ours, stock Figure, least floor, tried string) {
	*t = append(*t, row{work, want, ours, stock, least, tried})
}

// text is the tables as Markdown: ratios are the stock client's over keyrite's.
func (t table) text() string {
	var b strings.Builder
	fmt.Fprintln(&b, "| work | keyrite | stock | ratio | wanted | floor | times the floor | memory, keyrite | memory, stock |")
	fmt.Fprintln(&b, "| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
	for _, r := range t {
		fmt.Fprintf(&b, "| %s | %s | %s | %.1f | %s | %s | %.1f | %.0f MiB | %.0f MiB |\n", r.work, span(r.ours.Wall), span(r.stock.Wall),
			r.ratio(), r.want, span(r.floor.Time), r.ours.Wall.Seconds()/r.floor.Time.Seconds(), float64(r.ours.RSS)/1024, float64(r.stock.RSS)/1024)
	}
	fmt.Fprint(&b, "\nA busy machine stretches wall time; the CPU time (user and system) of the same runs, in all processes of\n"+
		"the row together:\n\n| work | keyrite | stock | ratio | the floor is made of |\n| --- | --- | --- | --- | --- |\n")
	for _, r := range t {
		fmt.Fprintf(&b, "| %s | %s | %s | %.1f | %s |\n", r.work, span(r.ours.CPU), span(r.stock.CPU), r.stock.CPU.Seconds()/r.ours.CPU.Seconds(), r.floor.Of)
	}
	for _, r := range t {
		if r.short() && r.tried != "" {
			fmt.Fprintf(&b, "\n**%s** fell short in this run. %s\n", r.work, r.tried)
		}
	}
	return b.String()
}

func span(d time.Duration) string {
	if d >= time.Second {
		return fmt.Sprintf("%.2f s", d.Seconds())
	}
	return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000)
}

// write puts the table where readers find it, with how to repeat it, and more below it.
func (t table) write(path, before string, r rates, more string) error {
	text := fmt.Sprintf("# Benchmarks\n\nkeyrite and the stock notary client 0.7.0, side by side in one run on the same notary-server (in memory,\n"+
		"plain HTTP on loopback), whole processes from start to end, each program copied to a folder first, as one that is installed. Ratios are the stock client's wall time over\n"+
		"keyrite's; memory is the process's own high-water mark. Backups are compared with what tar and age do. \"make bench\" repeats it and writes this file.\n\n"+
		"Measured with %s on %d cores; the machine's load (1, 5, 15 minutes) was %s at the start and\n%s at the end, where %d would be all that its cores can do. "+
		"For the floors: loopback %.1f GB/s; by %s\n%.1f GB/s of SHA-256 and %.0f ECDSA P-256 checks a second. A floor leaves out the server's own work and every\nprocess's start.\n\n%s",
		runtime.Version(), runtime.NumCPU(), before, load(), runtime.NumCPU(), r.loopback/1e9, r.by, r.hash/1e9, r.verify, t.text())
	return os.WriteFile(path, []byte(text+more), 0o644)
}

// load is the system's load averages, as Linux tells them.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	fields := strings.Fields(string(text))
	if err != nil || len(fields) < 3 {
		return "not known"
	}
	return strings.Join(fields[:3], ", ")
}
