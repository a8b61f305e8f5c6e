package bench

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"

	"keyrite/cmd/keyrite/interop"
)

const (
	triedBackup = "tar and age do no more than copy. keyrite opens each file once, hashes it and looks into it for what it is, on all processors, " +
		"and asks again before it is written whether anything was done with it since; it puts the archive together while it encrypts, and " +
		"has the medium write it out. The proof reads ahead past the cache, decrypts the backup to the end and " +
		"compares its manifest and every file with what was looked into, and hashes all of it once more under its final name; then it is recorded which " +
		"keys it holds. None of this is done twice; each of them is work that tar and age leave out. Of a key its line of the manifest is kept, and its file until it is written. " +
		"Tried and not kept: the headers of tar without the library, which spends a fifth of the time on them."
	triedRestore = "tar leaves the files in memory. keyrite proves the whole backup before it writes the first file, and compares it with what it proved " +
		"while it writes: the second time no manifest is parsed and no key looked into. The files are written below a hidden folder by one hand, since a folder " +
		"takes one at a time, while the next are decrypted; they are made durable together while more come, moved to their places by one rename where their " +
		"folder is new, and read back from the disk past the cache, many at a time. Creating the files, the disk's own writing, the proof and the reading " +
		"back are what is left."
)

// sealed is a folder with so many keys, and who can open its backup.
type sealed struct {
	trust, identity, recipient, age, tar string
}

func seal(s stand, keys int) sealed {
	dir := s.b.TempDir()
	x := sealed{trust: filepath.Join(dir, "trust"), identity: filepath.Join(dir, "identity.txt"), age: interop.Peer(s.b, "age"), tar: interop.Need(s.b, "tar")}
	must(s.b, os.Mkdir(x.trust, 0o700))
	copies(s.b, x.trust, keys)
	must(s.b, exec.Command(interop.Peer(s.b, "age-keygen"), "-o", x.identity).Run())
	text, err := os.ReadFile(x.identity)
	must(s.b, err)
	x.recipient = regexp.MustCompile(`age1[0-9a-z]+`).FindString(string(text))
	return x
}

// shell is a pipe of the stock programs, with a folder of its own as $0.
func (x sealed) shell(s stand, line string) Command {
	return func() *exec.Cmd {
		cmd := exec.Command("/bin/sh", "-ec", line, s.b.TempDir())
		cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "AGE=" + x.age, "TAR=" + x.tar, "TRUST=" + x.trust, "TO=" + x.recipient, "ID=" + x.identity}
		return cmd
	}
}

// backups writes key files into a backup and reads it, and restores them, beside what tar
// and age do with the same files.
func (s stand) backups(t *table) {
	for _, keys := range []int{1_000, 10_000} {
		x := seal(s, keys)
		create := func(to string) *exec.Cmd {
			return s.ours(true, s.server, x.trust, "backup", "create", "--to", to, "--copies", "1", "-r", x.recipient, "-i", x.identity)()
		}
		least := files(s.b, filepath.Join(x.trust, "private"))
		const write, read = `"$TAR" -c -C "$TRUST" private | "$AGE" -r "$TO" -o "$0/keys.age"`, `"$AGE" -d -i "$ID" "$0/keys.age" | "$TAR"`
		a, z := pair(s.b, 3, func() *exec.Cmd { return create(s.b.TempDir()) }, x.shell(s, write+"\n"+read+" -t >/dev/null"))
		t.add(fmt.Sprintf("write %d key files into a backup and read it back; tar and age", keys), "0.67", a, z, least, triedBackup)

		at := s.b.TempDir()
		once(s.b, create(at))
		made, err := filepath.Glob(filepath.Join(at, "*.age"))
		must(s.b, err)
		a, z = pair(s.b, 3, func() *exec.Cmd {
			return s.ours(true, s.server, s.b.TempDir(), "backup", "restore", made[0], "-i", x.identity, "--to", s.b.TempDir())()
		}, x.shell(s, fmt.Sprintf(`"$AGE" -d -i "$ID" %q | "$TAR" -x -C "$0"`, made[0])))
		t.add(fmt.Sprintf("restore %d key files; tar and age", keys), "0.67", a, z, least, triedRestore)
	}
}
