package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"keyrite/cmd/keyrite/interop"
)

// writers are the system calls that change a file system.
var writers = []string{
	"mkdir", "mkdirat", "rename", "renameat", "renameat2", "link", "linkat", "symlink", "symlinkat", "unlink", "unlinkat",
	"rmdir", "chmod", "fchmodat", "chown", "lchown", "fchownat", "truncate", "utimensat", "mknod", "mknodat", "creat",
}

var (
	// call is a line of strace -y: the call, its arguments, its result.
	call = regexp.MustCompile(`^(\w+)\((.*)\)\s+= (-?\d+)`)
	// argument is a path, after the descriptor of the folder that it starts in.
	argument = regexp.MustCompile(`(?:<([^>]*)>, )?"([^"]*)"`)
	// address is where a connection goes.
	address = regexp.MustCompile(`inet_addr\("([^"]*)"\)`)
)

// TestDemoTouchesNothing watches the demo's system calls: it writes in its temporary folder
// alone, looks at nothing below home, docker's folder or the XDG folders, and connects to
// this machine alone.
func TestDemoTouchesNothing(t *testing.T) {
	interop.Need(t, "strace")
	homes := map[string]string{"absent": filepath.Join(t.TempDir(), "absent"), "read-only": "/proc/fs"}
	for name, home := range homes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tmp := t.TempDir()
			for _, line := range traceDemo(t, home, tmp) {
				if why := beyond(line, home, tmp); why != "" {
					t.Errorf("%s: %s", why, line)
				}
			}
		})
	}
}

// traceDemo runs the demo and returns its system calls about files and connections.
func traceDemo(t *testing.T, home, tmp string) []string {
	t.Helper()
	program, err := exec.LookPath("keyrite") // TestMain put it there
	if err != nil {
		t.Fatal(err)
	}
	traces := t.TempDir()
	// A file for each thread, in which no call is cut in two by another's.
	cmd := exec.Command("strace", "-ff", "-y", "-qq", "-s", "4096", "-e", "trace=%file,connect", "-o", filepath.Join(traces, "thread"), program, "demo")
	cmd.Env = []string{"TMPDIR=" + tmp, "HOME=" + home, "DOCKER_CONFIG=" + home + "/docker", "XDG_STATE_HOME=" + home + "/state",
		"XDG_CACHE_HOME=" + home + "/cache", "XDG_CONFIG_HOME=" + home + "/config", "XDG_RUNTIME_DIR=" + home + "/run",
		"DBUS_SESSION_BUS_ADDRESS=unix:path=" + home + "/bus", "GORACE=atexit_sleep_ms=0"}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("keyrite demo: %v\n%s", err, out)
	}
	threads, err := filepath.Glob(filepath.Join(traces, "thread.*"))
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, file := range threads {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, strings.Split(string(data), "\n")...)
	}
	if !slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(l, "mkdirat(") && strings.Contains(l, tmp) }) {
		t.Error("the trace does not even show the demo's own folder being made")
	}
	if left, err := os.ReadDir(tmp); err != nil || len(left) > 0 {
		t.Errorf("the demo left %v, %v", left, err)
	}
	return lines
}

// beyond says how a line of the trace goes beyond what the demo may do, or "".
func beyond(line, home, tmp string) string {
	if strings.Contains(line, `"`+home) {
		return "the demo looks at the real home"
	}
	m := call.FindStringSubmatch(line)
	if m == nil {
		return ""
	}
	name, args := m[1], m[2]
	if name == "connect" {
		if to := address.FindStringSubmatch(args); to == nil || to[1] != "127.0.0.1" {
			return "the demo connects elsewhere"
		}
		return ""
	}
	if !slices.Contains(writers, name) && !(strings.HasPrefix(name, "open") && regexp.MustCompile(`O_WRONLY|O_RDWR|O_CREAT`).MatchString(args)) {
		return ""
	}
	for _, a := range argument.FindAllStringSubmatch(args, -1) {
		path := a[2]
		if !filepath.IsAbs(path) {
			path = filepath.Join(a[1], path)
		}
		if path != os.DevNull && !strings.HasPrefix(path, tmp+"/") {
			return "the demo writes outside its folder"
		}
	}
	return ""
}

// TestBeyond proves that the watch bites, on lines of real traces.
func TestBeyond(t *testing.T) {
	for line, want := range map[string]bool{
		`openat(AT_FDCWD</w>, "/home/x/.docker/config.json", O_RDONLY|O_CLOEXEC) = -1 ENOENT (No such file or directory)`: true,
		`mkdirat(AT_FDCWD</w>, "/etc/keyrite", 0700) = 0`:                                                                 true,
		`mkdirat(5</tmp/t/docker>, "trust", 0700) = 0`:                                                                    false,
		`unlinkat(5</var/lib>, "trust", 0) = 0`:                                                                           true,
		`openat(AT_FDCWD</w>, "/etc/mime.types", O_RDONLY|O_CLOEXEC) = 3</etc/mime.types>`:                                false,
		`openat(AT_FDCWD</w>, "state.json", O_RDWR|O_CREAT|O_CLOEXEC, 0666) = 3</w/state.json>`:                           true,
		`openat(AT_FDCWD</w>, "/dev/null", O_RDWR|O_CLOEXEC) = 3</dev/null>`:                                              false,
		`connect(8<socket:[1]>, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("127.0.0.1")}, 16) = 0`:        false,
		`connect(8<socket:[1]>, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("192.0.2.1")}, 16) = 0`:        true,
		`connect(8<socket:[1]>, {sa_family=AF_UNIX, sun_path="/run/bus"}, 16) = -1 ENOENT (No such file or directory)`:    true,
	} {
		if got := beyond(line, "/home/x", "/tmp/t"); (got != "") != want {
			t.Errorf("%s: %q", line, got)
		}
	}
}
