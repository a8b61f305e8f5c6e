package main

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"os"
	"strings"

	"filippo.io/age"
	"github.com/rogpeppe/go-internal/testscript"
)

// smuggled are the kinds of member that smuggle adds.
var smuggled = map[string]tar.Header{
	"file":    {Typeflag: tar.TypeReg, Mode: 0o600, Size: int64(len("smuggled"))},
	"symlink": {Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"},
	"link":    {Typeflag: tar.TypeLink, Linkname: "manifest.json"},
	"device":  {Typeflag: tar.TypeBlock, Devmajor: 8},
}

// smuggle makes OUT of a backup that $IDENTITY opens, sealed for $RECIPIENT again, with
// one more member of a KIND at its end.
func (s *stage) smuggle(ts *testscript.TestScript, args []string) error {
	if len(args) != 4 {
		return errors.New("usage: smuggle BACKUP OUT NAME KIND")
	}
	plain, err := unseal(ts.ReadFile(args[0]), ts.ReadFile(ts.Getenv("IDENTITY")))
	if err != nil {
		return err
	}
	header, ok := smuggled[args[3]]
	if !ok {
		return errors.New("no kind of member is called " + args[3])
	}
	header.Name = args[2]
	// A tar ends with two blocks of zeros; the new member goes in their place.
	plain = bytes.TrimRight(plain, "\x00")
	plain = append(plain, make([]byte, (512-len(plain)%512)%512)...)
	var more bytes.Buffer
	w := tar.NewWriter(&more)
	if err := w.WriteHeader(&header); err != nil {
		return err
	}
	if header.Size > 0 {
		if _, err := io.WriteString(w, "smuggled"); err != nil {
			return err
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	sealed, err := seal(append(plain, more.Bytes()...), ts.Getenv("RECIPIENT"))
	if err != nil {
		return err
	}
	return os.WriteFile(ts.MkAbs(args[1]), sealed, 0o600)
}

func unseal(sealed, identity string) ([]byte, error) {
	ids, err := age.ParseIdentities(strings.NewReader(identity))
	if err != nil {
		return nil, err
	}
	r, err := age.Decrypt(strings.NewReader(sealed), ids...)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

func seal(plain []byte, recipient string) ([]byte, error) {
	to, err := age.ParseX25519Recipient(recipient)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	w, err := age.Encrypt(&out, to)
	if err != nil {
		return nil, err
	}
	_, err = w.Write(plain)
	err = errors.Join(err, w.Close())
	return out.Bytes(), err
}

// unseal writes the plain archive of a backup, as age does.
func (s *stage) unseal(ts *testscript.TestScript, args []string) error {
	if len(args) != 2 {
		return errors.New("usage: unseal BACKUP OUT")
	}
	plain, err := unseal(ts.ReadFile(args[0]), ts.ReadFile(ts.Getenv("IDENTITY")))
	if err != nil {
		return err
	}
	return os.WriteFile(ts.MkAbs(args[1]), plain, 0o600)
}

// reseal makes OUT of a backup for another recipient, whose identity nobody has.
func (s *stage) reseal(ts *testscript.TestScript, args []string) error {
	if len(args) != 2 {
		return errors.New("usage: reseal BACKUP OUT")
	}
	plain, err := unseal(ts.ReadFile(args[0]), ts.ReadFile(ts.Getenv("IDENTITY")))
	if err != nil {
		return err
	}
	stranger, err := age.GenerateX25519Identity()
	if err != nil {
		return err
	}
	sealed, err := seal(plain, stranger.Recipient().String())
	if err != nil {
		return err
	}
	return os.WriteFile(ts.MkAbs(args[1]), sealed, 0o600)
}
