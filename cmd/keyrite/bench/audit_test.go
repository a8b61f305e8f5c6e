package bench

import (
	"fmt"
	"os/exec"
	"testing"

	"keyrite/cmd/keyrite/interop"
	"keyrite/keyring"
	"keyrite/trustdata"
)

// BenchmarkAudit audits what is in the cache of 500 repositories of 50 tags under one root
// key, as a cron job does. No stock client has anything to compare it with.
func BenchmarkAudit(b *testing.B) {
	const count, tags = 500, 50
	s := stand{b: b, keyrite: installed(b, interop.Binary(b)), server: interop.StartServer(b, interop.ServerOptions{}).URL}
	trust, root := b.TempDir(), generate(b)
	store(b, trust, root, keyring.Header{Role: "root"})
	for i := range count {
		publishUnder(b, root, s.server, trust, trustdata.GUN(fmt.Sprintf("registry.example/team%02d/app%03d", i%10, i)), tags)
	}
	home := s.ours(false, s.server, trust, "repos", "--check")()
	once(b, home)
	audit := func(args ...string) Command {
		return func() *exec.Cmd {
			cmd := s.ours(false, s.server, trust, append([]string{"audit", "--fail-on", "error"}, args...)...)()
			cmd.Env = home.Env // its cache
			return cmd
		}
	}
	offline := audit("--offline")
	for range b.N {
		var all []Figure
		for range 5 {
			all = append(all, once(b, offline()))
		}
		cached := median(all)
		asked := once(b, audit()())
		b.ReportMetric(float64(cached.Wall.Milliseconds()), "ms/cached")
		b.ReportMetric(float64(cached.CPU.Milliseconds()), "cpu-ms/cached")
		b.ReportMetric(float64(cached.RSS)/1024, "MiB/cached")
		b.ReportMetric(float64(asked.Wall.Milliseconds()), "ms/asked")
		b.ReportMetric(float64(asked.RSS)/1024, "MiB/asked")
	}
}
