package interop_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/creack/pty"
	gocmp "github.com/google/go-cmp/cmp"
	"golang.org/x/crypto/ssh"

	"keyrite/cmd/keyrite/interop"
)

const backupPhrase = "a phrase from the safe"

// opener is one way to close a backup, and to open it without keyrite.
type opener struct {
	name    string
	create  []string // of keyrite backup create
	keyFile string   // "" for a passphrase
}

func openers(t *testing.T) []opener {
	t.Helper()
	identity, recipient := newIdentity(t)
	hybrid := filepath.Join(t.TempDir(), "hybrid.txt")
	interop.Exec(t, t.TempDir(), interop.Peer(t, "age-keygen"), "-pq", "-o", hybrid)
	public := strings.TrimSpace(interop.Exec(t, t.TempDir(), interop.Peer(t, "age-keygen"), "-y", hybrid).Stdout)
	sshFile, sshLine := newSSHKey(t)
	phrase := filepath.Join(t.TempDir(), "phrase.txt")
	put(t, phrase, backupPhrase+"\n")
	return []opener{
		{"identity", []string{"-r", recipient, "-i", identity}, identity},
		{"ssh", []string{"-r", sshLine, "-i", sshFile}, sshFile},
		{"passphrase", []string{"--backup-passphrase-file", phrase}, ""},
		{"hybrid", []string{"-r", public, "-i", hybrid}, hybrid},
	}
}

func newSSHKey(t *testing.T) (file, line string) {
	t.Helper()
	public, secret, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ssh.NewPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(secret, "test")
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "id_ed25519")
	put(t, file, string(pem.EncodeToMemory(block)))
	return file, strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key)))
}

// holder is keyrite with a few keys of its own.
func holder(t *testing.T) (k *interop.Keyrite, trust string) {
	t.Helper()
	k = interop.NewKeyrite(t)
	trust = filepath.Join(k.Home, "trust")
	k.Args = []string{"--trust-dir", trust, "--offline"}
	k.Env = []string{"NOTARY_DELEGATION_PASSPHRASE=of the delegation"}
	for _, name := range []string{"alice", "bob"} {
		k.Run("keys", "generate", name, "--kdf-iterations", "2048")
	}
	return k, trust
}

// commands are the lines to type of RESTORE.txt, by the number of the step, as they stand.
func commands(t *testing.T, text string) map[string][]string {
	t.Helper()
	_, steps, ok := strings.Cut(text, "\n1. ")
	if !ok {
		t.Fatalf("RESTORE.txt has no steps:\n%s", text)
	}
	lines, at := map[string][]string{}, "1"
	heading := regexp.MustCompile(`^(\d+)\. `)
	for line := range strings.Lines(steps) {
		if found := heading.FindStringSubmatch(line); found != nil {
			at = found[1]
		}
		if command, ok := strings.CutPrefix(line, "    "); ok {
			lines[at] = append(lines[at], strings.TrimSuffix(command, "\n"))
		}
	}
	return lines
}

// script is RESTORE.txt as somebody follows it who puts the names of the files in their
// places, takes the line of step 3 for what they have, and goes on with docker.
func script(t *testing.T, text, file, keyFile, work string) string {
	t.Helper()
	step := commands(t, text)
	if len(step["1"]) != 1 || len(step["2"]) != 2 || len(step["3"]) != 2 || len(step["5"]) != 4 {
		t.Fatalf("RESTORE.txt has other commands than it had: %q", step)
	}
	open := step["3"][0]
	if keyFile == "" {
		open = step["3"][1]
	}
	lines := append([]string{"cd " + filepath.Dir(file), step["1"][0], "cd " + work}, step["2"]...)
	lines = append(append(lines, open), step["5"][1:]...)
	named := strings.NewReplacer("NAME.age", filepath.Base(file), "KEYFILE", keyFile, "FILE", file)
	for i, line := range lines[1:] {
		lines[i+1] = named.Replace(line)
	}
	return strings.Join(lines, "\n") + "\n"
}

// stranger is a machine without keyrite: age, tar, a shell and coreutils, and nothing in
// the environment but where they are.
func stranger(t *testing.T, age string) []string {
	t.Helper()
	bin, home := filepath.Join(t.TempDir(), "bin"), t.TempDir()
	if err := os.Mkdir(bin, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"sh", "tar", "sha256sum", "mkdir", "cp"} {
		if err := os.Symlink(interop.Need(t, name), filepath.Join(bin, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(age, filepath.Join(bin, "age")); err != nil {
		t.Fatal(err)
	}
	return []string{"PATH=" + bin, "HOME=" + home, "TERM=dumb"}
}

// follow runs the script at a terminal, which age asks for a passphrase on, and types it.
func follow(t *testing.T, env []string, script string) string {
	t.Helper()
	sh := filepath.Join(strings.TrimPrefix(env[0], "PATH="), "sh")
	cmd := exec.Command(sh, "-eu", "-c", script)
	cmd.Env, cmd.Dir = env, t.TempDir()
	terminal, err := pty.Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	defer terminal.Close()
	var screen strings.Builder
	buf, asked := make([]byte, 4096), false
	for {
		n, err := terminal.Read(buf)
		screen.Write(buf[:n])
		if !asked && strings.Contains(screen.String(), "Enter passphrase") {
			asked = true
			if _, err := io.WriteString(terminal, backupPhrase+"\n"); err != nil {
				t.Fatal(err)
			}
		}
		if err != nil { // EIO: the last program has left the terminal
			break
		}
	}
	_ = cmd.Wait() // what came of it is looked at
	return screen.String()
}

// files are the regular files below dir with their content.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(name string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(name)
		all[strings.TrimPrefix(name, dir)] = string(data)
		return err
	})
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return all
}

// RESTORE.txt is followed to the letter where there is no keyrite, with age as it is now
// and with the one that the distribution has. An age that is older than RESTORE.txt asks
// for refuses, and restores nothing.
func TestRestoreTextIsFollowed(t *testing.T) {
	t.Parallel()
	ages := map[string]string{"age of today": interop.Peer(t, "age"), "age of the distribution": interop.Need(t, "age")}
	k, trust := holder(t)
	want := files(t, filepath.Join(trust, "private"))
	if len(want) != 2 {
		t.Fatalf("%d keys to back up", len(want))
	}
	for _, o := range openers(t) {
		stick := filepath.Join(t.TempDir(), "stick")
		made := interop.JSON[struct {
			File     string `json:"file"`
			State    string `json:"state"`
			LeastAge string `json:"least_age"`
		}](k, append([]string{"backup", "create", "--to", stick, "--copies", "1"}, o.create...)...)
		if made.State != "proven" && made.State != "drilled" {
			t.Errorf("%s: state %q", o.name, made.State)
		}
		text, err := os.ReadFile(filepath.Join(stick, "RESTORE.txt"))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), "age, version "+made.LeastAge+" or later") {
			t.Errorf("%s: RESTORE.txt does not name age %s", o.name, made.LeastAge)
		}
		for name, age := range ages {
			t.Run(o.name+" with "+name, func(t *testing.T) {
				t.Parallel()
				env, work := stranger(t, age), t.TempDir()
				screen := follow(t, env, script(t, string(text), made.File, o.keyFile, work))
				got := files(t, filepath.Join(strings.TrimPrefix(env[1], "HOME="), ".docker", "trust", "private"))
				if older(version(t, age), made.LeastAge) {
					if len(got) > 0 || !strings.Contains(screen, "unknown identity type") {
						t.Errorf("an age that is too old gave %d files:\n%s", len(got), screen)
					}
					return
				}
				if d := gocmp.Diff(want, got); d != "" {
					t.Errorf("keys (-want +got):\n%s\non the screen:\n%s", d, screen)
				}
			})
		}
	}
}

// version is what the program says of itself, "1.1.1".
func version(t *testing.T, age string) string {
	t.Helper()
	return strings.TrimPrefix(strings.TrimSpace(interop.Exec(t, t.TempDir(), age, "--version").Stdout), "v")
}

// older compares versions whose parts have one digit, as all of age's have.
func older(a, b string) bool { return a < b }
