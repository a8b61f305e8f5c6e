package kill

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"keyrite/backup/media/mediatest"
	"keyrite/cmd/keyrite/interop"
)

// TestHangingStick: whoever reads a stick that hangs is told so in bounded time, with the
// process that nothing can end, and meanwhile the console hears every key and can be left.
func TestHangingStick(t *testing.T) {
	if !mediatest.Mounting(t) {
		return
	}
	d := newDesk(t).withBackup()
	stick := mediatest.NewFaulty(t, d.image)
	d.socket.Insert(stick.Path, false)
	d.must("backup", "drill", theBackup, "-i", theIdentity)
	k := interop.NewKeyrite(t)
	k.Args = []string{"--trust-dir", d.trust(), "--server", d.url}
	k.Env = []string{"XDG_STATE_HOME=" + filepath.Join(d.folder, "home", "STATE")}
	x := k.Terminal(100, 30)
	x.Wait("2 Keys")

	stick.Set(mediatest.Hang)
	begin := time.Now()
	var said strings.Builder
	drill := d.command("backup", "drill", theBackup, "-i", theIdentity)
	drill.Stderr = &said
	d.ok(drill.Start())
	slowest := time.Duration(0)
	for range 5 {
		for _, key := range []string{"4", "2"} {
			pressed := time.Now()
			x.Press(key, "["+key+" ")
			slowest = max(slowest, time.Since(pressed))
		}
	}
	t.Logf("the console answered each key within %s, of which tmux has a part", slowest)
	if slowest > 5*time.Second {
		t.Errorf("while the stick hung a key took %s", slowest)
	}
	x.Press("4", "[4 ")
	x.Press("f", "Folder:")
	x.Type(d.socket.Mount)
	x.Wait(filepath.Base(d.socket.Mount))
	x.Press("Enter", "has not answered for", "still waits for it")
	pressed := time.Now()
	x.Press("q", interop.TerminalAfter+"0")
	t.Logf("it could be left within %s", time.Since(pressed))
	_ = drill.Wait() // its exit code is looked at
	if code := drill.ProcessState.ExitCode(); code != 1 || !strings.Contains(said.String(), "still waits for it") || time.Since(begin) > 2*time.Minute {
		t.Errorf("after %s: exit %d\n%s", time.Since(begin), code, said.String())
	}
	t.Logf("%s", said.String())
}
