package backup

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"

	"keyrite/backup/media"
)

// restoreName is the plain-text file beside the backups of a folder.
const restoreName = "RESTORE.txt"

// restoreText tells a stranger how to open a backup with stock tools. It names no key, no
// repository and no file, so that one copy serves all backups of a folder that are for
// recipients of the same kinds.
func restoreText(least, also string) []byte {
	return []byte(strings.ReplaceAll(strings.ReplaceAll(`HOW TO RESTORE THESE SIGNING KEYS

The files here that end in .age are backups of signing keys for container
images (Docker Content Trust, Notary). keyrite wrote them, but it is not needed.
Two programs that are everywhere are enough:

    age, version LEAST or later     https://age-encryption.org (package "age")
    tar, any version

You also need what opens the backup: the file with the secret age identity (it
has a line that begins with AGE-SECRET-KEY-), or the backup's passphrase.
EXTRA
Below, FILE is the backup (NAME.age) and KEYFILE the identity file. Give both
with their full path.

1. Check that the backup is whole, in the folder where it lies:

    sha256sum -c NAME.age.sha256

2. Make an empty folder for the keys, and go there. It has to be on a disk of
   this machine: a stick with FAT takes no names with a colon.

    mkdir -m 700 restored
    cd restored

3. Decrypt and unpack. With an identity file:

    age -d -i KEYFILE FILE | tar -x

   or, if the backup was closed with a passphrase, which age then asks for:

    age -d FILE | tar -x

   If age prints an error, the backup is damaged or the identity is another
   one: remove the folder with all that is in it, and take another copy.

4. Look at what came out. manifest.json lists every file with its SHA-256, and
   says which key belongs to which repository. private/ has the key files. They
   are still locked, each with its own passphrase, which is not in the backup.
   tuf/ has what docker or notary remembered of the repositories. retired/,
   archive/ and settings/, where they are there, have old keys, metadata and
   keyrite's settings to look things up.

5. Use the folder as it is:

    notary -d "$PWD" key list

   or, for docker, on a machine that has no ~/.docker/trust:

    mkdir -p -m 700 ~/.docker/trust
    cp -Rp private ~/.docker/trust/
    if [ -d tuf ]; then cp -Rp tuf ~/.docker/trust/; fi

   On a machine that has keys already, copy single files, and replace none.
`, "LEAST", least), "EXTRA", also))
}

// What some recipients need beside an identity file.
const (
	pluginNeeds = "\nOne of the keys that open it is used by the program age-plugin-NAME,\nwhich must be on the PATH, and its device must be plugged in.\n"
	tagNeeds    = "\nOne of the keys that open it is in a device: the age plugin of that device must\nbe on the PATH, and the device plugged in.\n"
	sshNeeds    = "\nOne of the keys that open it is an SSH key: its private key file (such as\n~/.ssh/id_ed25519) is the identity file then.\n"
)

// alsoNeeded are the lines about what these recipients need beside an identity file.
func alsoNeeded(all []Recipient) (lines string) {
	needs := map[string]bool{}
	for _, r := range all {
		switch r.Kind {
		case RecipientPlugin:
			needs[strings.Replace(pluginNeeds, "NAME", r.Plugin, 1)] = true
		case RecipientTag, RecipientHybridTag:
			needs[tagNeeds] = true
		case RecipientSSH:
			needs[sshNeeds] = true
		}
	}
	return strings.Join(slices.Sorted(maps.Keys(needs)), "")
}

// instructionsFor is the text for a backup with these recipients.
func instructionsFor(recipients []Recipient) []byte {
	return restoreText(leastAge(recipients), alsoNeeded(recipients))
}

func instructionsSum(recipients []Recipient) string {
	sum := sha256.Sum256(instructionsFor(recipients))
	return hex.EncodeToString(sum[:])
}

// judgeInstructions reads the instructions beside a backup, which anybody who has the
// medium can edit, and names each that is not what was written with the backup. want is its
// SHA-256 by the manifest, "" where that does not say or could not be read: then it has to be
// what this version writes, for whichever recipients.
func judgeInstructions(dir media.Folder, name, want string) (warnings []string) {
	for _, beside := range []string{restoreName, name + "." + restoreName} {
		if _, err := dir.Lstat(beside); err != nil {
			continue
		}
		data, err := media.ReadFile(dir, beside, maxInstructions)
		sum := sha256.Sum256(data)
		if err == nil && (hex.EncodeToString(sum[:]) == want || want == "" && ownInstructions(data)) {
			continue
		}
		warnings = append(warnings, fmt.Sprintf("%q beside it is not the text that keyrite wrote with this backup: do not follow it, and run nothing that it names; age -d -i KEYFILE %s | tar -x is all that it takes", beside, name))
	}
	return warnings
}

// maxInstructions bounds what is read of a RESTORE.txt.
const maxInstructions = 64 << 10

// ownInstructions reports whether the text is this version's, with any version of age and
// for recipients of any kinds.
func ownInstructions(text []byte) bool {
	parts := strings.Split(string(restoreText(mark, mark)), mark)
	rest, begins := strings.CutPrefix(string(text), parts[0])
	version, rest, goesOn := strings.Cut(rest, parts[1])
	also, ends := strings.CutSuffix(rest, parts[2])
	return begins && goesOn && ends && version != "" && strings.Trim(version, "0123456789.") == "" && ownNeeds(also)
}

// ownNeeds reports whether the lines are some of alsoNeeded's, with well-known plugins.
func ownNeeds(lines string) bool {
	known := []string{tagNeeds, sshNeeds}
	for _, name := range WellKnownPlugins() {
		known = append(known, strings.Replace(pluginNeeds, "NAME", name, 1))
	}
	for _, k := range known {
		lines = strings.Replace(lines, k, "", 1)
	}
	return lines == ""
}

// mark stands where the version of age goes, and what else is needed.
const mark = "\x00"
