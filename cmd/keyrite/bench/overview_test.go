package bench

import (
	"fmt"
	"os/exec"
	"testing"
	"time"

	"keyrite/cmd/keyrite/interop"
	"keyrite/cmd/keyrite/ptytest"
	"keyrite/keyring"
	"keyrite/trustdata"
)

// BenchmarkOverview starts the console with 200 repositories of 50 tags in its cache, on a
// server that is 20 ms away: until the first lines are on the screen, until all that is cached
// is judged, and until every server's answer is. No stock client has anything to compare it with.
func BenchmarkOverview(b *testing.B) {
	const count, tags, runs = 200, 50, 5
	s := stand{b: b, keyrite: installed(b, interop.Binary(b)), server: interop.StartServer(b, interop.ServerOptions{}).URL}
	trust, root := b.TempDir(), generate(b)
	store(b, trust, root, keyring.Header{Role: "root"})
	for i := range count {
		publishUnder(b, root, s.server, trust, trustdata.GUN(fmt.Sprintf("registry.example/team%02d/app%03d", i%10, i)), tags)
	}
	home := s.ours(false, s.server, trust, "repos", "--check")()
	once(b, home)
	far := delayed(b, s.server, 20*time.Millisecond)
	open := func(args ...string) *exec.Cmd {
		cmd := s.ours(false, far, trust, args...)()
		cmd.Env = home.Env // its cache
		return cmd
	}
	for range b.N {
		var first, cached, whole []Figure
		for range runs {
			cached = append(cached, Figure{Wall: until(b, open("--offline"), fmt.Sprintf("%d repositories as cached", count))})
			first = append(first, Figure{Wall: until(b, open(), "root key has no backup")})
			whole = append(whole, Figure{Wall: until(b, open(), fmt.Sprintf("%d of %d repositories checked.", count, count))})
		}
		b.ReportMetric(float64(median(first).Wall.Milliseconds()), "ms/first")
		b.ReportMetric(float64(median(cached).Wall.Milliseconds()), "ms/cached")
		b.ReportMetric(float64(median(whole).Wall.Milliseconds()), "ms/whole")
	}
}

// until is how long a console takes from its start until its screen has all texts.
func until(b *testing.B, cmd *exec.Cmd, texts ...string) time.Duration {
	b.Helper()
	begun := time.Now()
	screen := ptytest.Start(b, cmd, 100, 30)
	screen.Wait(texts...)
	took := time.Since(begun)
	screen.Press("q", "")
	return took
}
