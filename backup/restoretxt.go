package backup

import "strings"

// restoreName is the plain-text file beside the backups of a folder.
const restoreName = "RESTORE.txt"

// restoreText tells a stranger how to open a backup with stock tools. It names no key, no
// repository and no file, so that one copy serves all backups of a folder.
func restoreText(leastAge string) []byte {
	return []byte(strings.ReplaceAll(`HOW TO RESTORE THESE SIGNING KEYS

The files here that end in .age are backups of signing keys for container
images (Docker Content Trust, Notary). keyrite wrote them, but it is not needed.
Two programs that are everywhere are enough:

    age, version LEAST or later     https://age-encryption.org (package "age")
    tar, any version

You also need what opens the backup: the file with the secret age identity (it
has a line that begins with AGE-SECRET-KEY-), or the backup's passphrase.

Below, FILE is the backup (NAME.age) and KEYFILE the identity file. Give both
with their full path.

1. Check that the backup is whole, in the folder where it lies:

    sha256sum -c NAME.age.sha256

2. Make an empty folder for the keys, and go there:

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
   tuf/ has what docker or notary remembered of the repositories. retired/ and
   archive/, where they are there, have old keys and metadata to look things up.

5. Use the folder as it is:

    notary -d "$PWD" key list

   or, for docker, on a machine that has no ~/.docker/trust:

    mkdir -p -m 700 ~/.docker/trust
    cp -Rp private ~/.docker/trust/
    if [ -d tuf ]; then cp -Rp tuf ~/.docker/trust/; fi

   On a machine that has keys already, copy single files, and replace none.
`, "LEAST", leastAge))
}

func leastAge(all []Recipient) string {
	least := "1.0.0"
	for _, r := range all {
		least = max(least, r.LeastAge())
	}
	return least
}
