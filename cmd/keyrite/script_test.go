package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain makes this test binary the keyrite program when it is called by that name, and one
// with a screen that breaks when it is called by the other.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"keyrite": main, "keyrite-faulty": faultyMain})
}

// TestScripts runs testdata/script. Beside what testscript knows, a script has
//
//	world                     the demo's company, with its servers behind breakable fronts
//	secondworld               another company's server at $SECOND_SERVER, with the same names
//	run ARG...                keyrite must exit 0
//	exit CODE ARG...          keyrite must exit with CODE, keep the promises of that code,
//	                          and change no file
//	undone CODE ARG...        as exit, of a run that had begun: the logs may have grown, and
//	                          what it had made may lie in the trash or wait in pending
//	landed CODE ARG...        as undone, of a run whose new keys are in their place
//	tty ANSWERS CODE ARG...   as run or exit, with a terminal at stdin and stderr
//	server|registry FAULT     what the front answers from now on; see front.set
//	shape FILE                stdout is JSON of the shape that FILE draws
//	get NAME STEP...          $NAME is what the JSON of stdout has at the path of steps; see at
//	is STEP... VALUE          the JSON of stdout has VALUE there
//	mangle FILE HOW           damages a file; see mangle
//	hostile, publishhostile   names that act on a terminal: in files, in a signed tag
//	smuggle BACKUP OUT NAME KIND, reseal BACKUP OUT
//	                          a backup with one more member, or for a stranger
//	unseal BACKUP OUT         the plain archive in a backup
//
// Whatever a script is about, each output is searched for bytes that act on a terminal
// and for secrets, and so is in the end every file that was written.
func TestScripts(t *testing.T) {
	runScripts(t, filepath.Join("testdata", "script"), nil)
}

// runScripts runs the scripts in dir. More, if it is not nil, gets each script's
// environment last; own are commands about one folder.
func runScripts(t *testing.T, dir string, more func(*testscript.Env) error, own ...map[string]func(dir string) error) {
	t.Helper()
	all := maps.Clone(commands)
	for _, deeds := range own {
		for name, deed := range deeds {
			all[name] = onDir(deed)
		}
	}
	testscript.Run(t, testscript.Params{
		Dir:                 dir,
		RequireExplicitExec: true, // nothing runs past the checks by mistake
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			if err := newStage(env); err != nil || more == nil {
				return err
			}
			return more(env)
		},
		Cmds: all,
	})
}

type command = func(*testscript.TestScript, bool, []string)

var commands = map[string]command{
	"world":          onStage((*stage).world),
	"secondworld":    onStage((*stage).secondWorld),
	"run":            onStage((*stage).run),
	"exit":           onStage((*stage).exit),
	"undone":         onStage((*stage).undone),
	"landed":         onStage((*stage).landed),
	"tty":            onStage((*stage).tty),
	"server":         onStage((*stage).breakServer),
	"registry":       onStage((*stage).breakRegistry),
	"shape":          onStage((*stage).shape),
	"get":            onStage((*stage).get),
	"is":             onStage((*stage).is),
	"smuggle":        onStage((*stage).smuggle),
	"reseal":         onStage((*stage).reseal),
	"unseal":         onStage((*stage).unseal),
	"hostile":        onStage((*stage).hostile),
	"publishhostile": onStage((*stage).publishHostile),
	"mangle":         onStage((*stage).mangle),
}

// stage is what one script plays on.
type stage struct {
	root            string // everything that keyrite may write lies below it
	secrets         secrets
	trust, images   *front
	stdoutOfLastRun string
}

// patience bounds one command. No script needs a tenth of it.
const patience = 2 * time.Minute

// newStage isolates a script: home, settings and docker's folder are its own, and nothing
// of the real environment is left but PATH.
func newStage(env *testscript.Env) error {
	s := &stage{root: env.WorkDir}
	env.Values[stageKey{}] = s
	for name, dir := range map[string]string{
		"HOME": "home", "USERPROFILE": "home", "DOCKER_CONFIG": "docker",
		"XDG_STATE_HOME": "xdg/state", "XDG_CACHE_HOME": "xdg/cache", "XDG_CONFIG_HOME": "xdg/config",
	} {
		env.Setenv(name, filepath.Join(env.WorkDir, filepath.FromSlash(dir)))
	}
	env.Setenv("TERM", "xterm")
	env.Setenv("LC_ALL", "C.UTF-8")
	if env.Getenv("GORACE") == "" {
		env.Setenv("GORACE", "atexit_sleep_ms=0")
	}
	tb, ok := env.T().(testing.TB)
	if !ok {
		return errors.New("testscript.Run gave no testing.TB")
	}
	env.Defer(func() { s.secrets.searchFiles(tb, s.root) })
	return nil
}

type stageKey struct{}

// onStage makes a script command of a method that says what is wrong. A command with a
// "!" before it makes no sense here: each says what it expects.
func onStage(cmd func(*stage, *testscript.TestScript, []string) error) command {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		if neg {
			ts.Fatalf("say which exit code is expected instead of !")
		}
		ts.Check(cmd(ts.Value(stageKey{}).(*stage), ts, args))
	}
}

// onDir makes a script command of a function of one folder.
func onDir(deed func(string) error) command {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		if neg || len(args) != 1 {
			ts.Fatalf("usage: the name of one folder")
		}
		ts.Check(deed(ts.MkAbs(args[0])))
	}
}

// result is how one run ended.
type result struct {
	code        int
	out, errout string
}

func (s *stage) run(ts *testscript.TestScript, args []string) error {
	return s.expect(ts, 0, args, pipes, unchanged)
}

func (s *stage) exit(ts *testscript.TestScript, args []string) error {
	code, args, err := parseCode(args)
	if err != nil {
		return err
	}
	return s.expect(ts, code, args, pipes, unchanged)
}

func (s *stage) undone(ts *testscript.TestScript, args []string) error {
	code, args, err := parseCode(args)
	if err != nil {
		return err
	}
	return s.expect(ts, code, args, pipes, nothingLost)
}

// landed is for a run that changed what it was to change, and could not verify that.
func (s *stage) landed(ts *testscript.TestScript, args []string) error {
	code, args, err := parseCode(args)
	if err != nil {
		return err
	}
	return s.expect(ts, code, args, pipes, func(before, after map[string]string) error {
		after = maps.Clone(after)
		maps.DeleteFunc(after, func(path, _ string) bool { return before[path] == "" && strings.Contains(path, "/private/") })
		return nothingLost(before, after)
	})
}

func parseCode(args []string) (int, []string, error) {
	if len(args) == 0 {
		return 0, nil, errors.New("usage: exit CODE ARG...")
	}
	code, err := strconv.Atoi(args[0])
	return code, args[1:], err
}

// expect runs keyrite by how, and holds the result against the code and its promises. A
// failed run may have changed what compare lets pass.
func (s *stage) expect(ts *testscript.TestScript, code int, args []string, how func(*exec.Cmd) (result, error), compare func(before, after map[string]string) error) error {
	before, err := s.files()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd, err := s.command(ctx, ts, args)
	if err != nil {
		return err
	}
	res, err := how(cmd)
	if err != nil {
		return err
	}
	s.stdoutOfLastRun = res.out
	fmt.Fprint(ts.Stdout(), res.out)
	fmt.Fprint(ts.Stderr(), res.errout)
	if res.code != code {
		return fmt.Errorf("exit code %d, want %d", res.code, code)
	}
	if err := errors.Join(tame("stdout", res.out), tame("stderr", res.errout), s.secrets.search("stdout", res.out), s.secrets.search("stderr", res.errout)); err != nil {
		return err
	}
	if code == exitDone {
		return nil
	}
	after, err := s.files()
	return errors.Join(err, keepsPromises(res, args), compare(before, after))
}

// command is keyrite with the script's environment and folder.
func (s *stage) command(ctx context.Context, ts *testscript.TestScript, args []string) (*exec.Cmd, error) {
	program, err := exec.LookPath("keyrite") // testscript put it first on PATH
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = ts.MkAbs(".")
	cmd.Env = environment(ts)
	cmd.WaitDelay = 10 * time.Second
	return cmd, nil
}

// handedDown are the variables that keyrite gets from a script.
var handedDown = []string{
	"PATH", "HOME", "USERPROFILE", "TMPDIR", "TERM", "LC_ALL", "GORACE", "GOCOVERDIR", "GOTRACEBACK",
	"DOCKER_CONFIG", "DOCKER_CONTENT_TRUST_SERVER", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME",
	"NOTARY_ROOT_PASSPHRASE", "NOTARY_TARGETS_PASSPHRASE", "NOTARY_SNAPSHOT_PASSPHRASE", "NOTARY_DELEGATION_PASSPHRASE",
	"DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE", "DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE",
	"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "NO_COLOR",
	"NOTATION_CONFIG", "DBUS_SESSION_BUS_ADDRESS", "DBUS_SYSTEM_BUS_ADDRESS", "XDG_RUNTIME_DIR", "KEYRITE_NO_KEYCHAIN",
}

func environment(ts *testscript.TestScript) []string {
	var env []string
	for _, name := range handedDown {
		if v := ts.Getenv(name); v != "" {
			env = append(env, name+"="+v)
		}
	}
	return env
}

// pipes runs cmd without a terminal and with an empty standard input.
func pipes(cmd *exec.Cmd) (result, error) {
	var out, errout bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errout
	err := cmd.Run()
	return ended(cmd, err, out.String(), errout.String())
}

func ended(cmd *exec.Cmd, err error, out, errout string) (result, error) {
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		return result{}, err
	}
	return result{cmd.ProcessState.ExitCode(), out, errout}, nil
}

// mangle damages a file: "empty", "half" (cut in the middle), or at a place that is counted
// from the end if it is negative, "cut N", "flip N" (turns a bit over) and "letter N" (exchanges a
// letter of base64).
func (s *stage) mangle(ts *testscript.TestScript, args []string) error {
	if len(args) < 2 {
		return errors.New("usage: mangle FILE empty|half|cut N|flip N|letter N")
	}
	path := ts.MkAbs(args[0])
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	at := 0
	if len(args) == 3 {
		if at, err = strconv.Atoi(args[2]); err != nil {
			return err
		}
		at = (at + len(b)) % len(b)
	}
	switch args[1] {
	case "empty":
		b = nil
	case "half":
		b = b[:len(b)/2]
	case "cut":
		b = b[:at]
	case "flip":
		b[at] ^= 1
	case "letter":
		if b[at]++; b[at] != 'B' {
			b[at] = 'A'
		}
	default:
		return fmt.Errorf("no way to mangle is called %q", args[1])
	}
	return os.WriteFile(path, b, 0o600)
}
