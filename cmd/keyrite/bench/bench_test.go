package bench

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"keyrite/cmd/keyrite/interop"
	"keyrite/trustdata"
)

func TestMain(m *testing.M) {
	Helper()
	code := m.Run()
	interop.RemoveBinary()
	os.Exit(code)
}

// stand is the programs and the server of one run.
type stand struct {
	b               *testing.B
	keyrite, notary string
	server          string
	rates           rates
}

// ours makes keyrite commands with an own home, made anew for each run if fresh.
func (s stand) ours(fresh bool, server, trust string, args ...string) Command {
	home := s.b.TempDir()
	return func() *exec.Cmd {
		if fresh {
			home = s.b.TempDir()
		}
		dir := trust
		if dir == "" {
			dir = filepath.Join(home, ".docker", "trust")
			must(s.b, os.MkdirAll(dir, 0o700))
		}
		cmd := exec.Command(s.keyrite, append([]string{"--server", server, "--trust-dir", dir}, args...)...)
		cmd.Env = []string{"HOME=" + home, "PATH=" + os.Getenv("PATH")}
		return cmd
	}
}

// stock makes notary commands with a trust directory, made anew for each run if fresh.
func (s stand) stock(fresh bool, server, trust string, args ...string) Command {
	if trust == "" {
		trust = s.b.TempDir()
	}
	return func() *exec.Cmd {
		if fresh {
			trust = s.b.TempDir()
		}
		cmd := exec.Command(s.notary, append([]string{"-s", server, "-d", trust}, args...)...)
		cmd.Env = []string{"HOME=" + trust, "PATH=" + os.Getenv("PATH")}
		return cmd
	}
}

// BenchmarkAgainstStock measures everything once and writes docs/benchmarks.md.
func BenchmarkAgainstStock(b *testing.B) {
	server := interop.StartServer(b, interop.ServerOptions{})
	before := load()
	s := stand{b: b, rates: measureRates(b), keyrite: installed(b, interop.Binary(b)), notary: installed(b, interop.Peer(b, "notary")), server: server.URL}
	var t table
	var felt []consoleRow
	for range b.N {
		t = nil
		s.tags(&t)
		// keyrite finds what else a server has and checks that too: the many repositories
		// have a server of their own, so that both clients do the same work.
		many := s
		many.server = interop.StartServer(b, interop.ServerOptions{}).URL
		many.repositories(&t)
		s.rotations(&t)
		s.comparison(&t)
		s.keyFiles(&t)
		s.backups(&t)
		s.start(&t)
		crowded := s
		crowded.server = interop.StartServer(b, interop.ServerOptions{}).URL
		felt = crowded.console()
	}
	must(b, t.write(filepath.Join(interop.Root(b), "docs", "benchmarks.md"), before, s.rates, consoleText(felt)))
	fmt.Print(t.text() + consoleText(felt))
}

func (s stand) tags(t *table) {
	var ten int64 // bytes of the repository with 10,000 tags
	for _, c := range []struct {
		tags, runs int
		want       string
	}{{10_000, 7, "8, in no more memory"}, {100_000, 3, "8, in half its memory"}} {
		gun := trustdata.GUN(fmt.Sprintf("registry.example/tags%d", c.tags))
		size := publish(s.b, s.server, "", gun, c.tags)
		a, z := pair(s.b, c.runs, s.ours(true, s.server, "", "tags", string(gun)), s.stock(true, s.server, "", "list", string(gun)))
		t.add(fmt.Sprintf("list %d tags, no cache", c.tags), c.want, a, z, s.rates.metadata(size, size, 1, 0, 0), triedTags)
		if ten == 0 {
			ten = size
		}
	}
	const gun = "registry.example/tags10000"
	ours, stock := s.ours(false, s.server, "", "tags", gun), s.stock(false, s.server, "", "list", gun)
	once(s.b, ours())
	once(s.b, stock())
	a, z := pair(s.b, 7, ours, stock)
	t.add("list 10000 tags, unchanged since last time", "12", a, z, s.rates.metadata(0, ten, 1, 0, 0), triedTags)
}

// What was tried where a ratio is out of reach.
const (
	triedTags = "Tried and kept: one pass over the bytes with no second canonical copy; the usual spelling of a target matched as a " +
		"whole; targets as a sorted list in the place of a map; names and hashes in shared allocations; a sort by keys that are made " +
		"once; hashing beside parsing; a table that makes no rows; a garbage collector that starts at 16 MiB; nothing compiled or " +
		"parsed at the start that a run does not use; one hash for all signatures of a file, and one for what its parent says of it. " +
		"Left: the start of a process, most of which is what the libraries for Notation and TUF do before it begins, two passes of SHA-256 " +
		"and one of SHA-512 over the largest file, since every known hash is checked and nothing derived is believed from disk, the sort " +
		"in docker's order, and the server's own time, which both clients wait for."
	triedMany = "Tried: 64 at once over kept connections, one look at the key files, a cache that does not wait for the disk. " +
		"Not tried: leaving out the question for the next root at first contact, since it is a check. What remains is " +
		"mostly the creation of five files for each repository, and server and proxy, which run on the same cores."
	triedKeys = "Tried and kept: folders opened once, four system calls for each file, as many hands as there are processors, " +
		"no reflection and no general PEM reader for files of the usual shape, a table that makes no details. What remains is " +
		"mostly in those system calls; keyrite also hashes each file and looks for damage in it, which the stock client does not."
)

// repositories is so many repositories behind a slow line.
func (s stand) repositories(t *table) {
	const count, tags, delay = 200, 50, 20 * time.Millisecond
	slow := delayed(s.b, s.server, delay)
	trust := s.b.TempDir()
	guns := make([]string, count)
	var size int64
	for i := range guns {
		guns[i] = fmt.Sprintf("registry.example/team%02d/app%03d", i%10, i)
		size += publish(s.b, s.server, trust, trustdata.GUN(guns[i]), tags)
	}
	each := func(fresh bool, dir string) []Command {
		all := make([]Command, count)
		for i, gun := range guns {
			all[i] = s.stock(fresh, slow, dir, "list", gun)
		}
		return all
	}
	ours := s.ours(false, slow, trust, "repos", "--check")
	a := once(s.b, ours())
	dir := s.b.TempDir()
	z := many(s.b, 1, each(false, dir))
	first, again := s.rates.metadata(size, size, count, 5, delay), s.rates.metadata(0, size, count, 1, delay)
	t.add("200 repositories of 50 tags, 20 ms each way, no cache; one stock client after another", "40", a, z, first, triedMany)
	t.add("the same; sixteen stock clients at once", "3", a, many(s.b, 16, each(true, "")), first, triedMany)
	a = once(s.b, ours())
	t.add("the same, unchanged; one stock client after another", "50", a, many(s.b, 1, each(false, dir)), again, triedMany)
}

func (s stand) keyFiles(t *table) {
	dir := s.b.TempDir()
	copies(s.b, dir, 10_000)
	a, z := pair(s.b, 5, s.ours(false, s.server, dir, "keys", "list"), s.stock(false, s.server, dir, "key", "list"))
	t.add("list 10000 key files", "2.5", a, z, files(s.b, filepath.Join(dir, "private")), triedKeys)
}

func (s stand) start(t *table) {
	a, z := pair(s.b, 11, s.ours(false, s.server, "", "version"), s.stock(false, s.server, "", "version"))
	t.add(fmt.Sprintf("start: keyrite version (%.1f ms of CPU)", float64(a.CPU.Microseconds())/1000), "under 10 ms of CPU", a, z,
		floor{once(s.b, exec.Command("/bin/true")).Wall, "the start of a program that does nothing"}, "")
}
