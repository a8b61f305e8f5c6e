package backup

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"keyrite/trustdata/state"
)

// Limits of what ReadKeyFiles takes. A folder of ten thousand keys has 5 MB.
const (
	maxUnpacked = 1 << 30   // of an archive, what is passed over too
	maxHeld     = 256 << 20 // of key files and metadata
	maxNamed    = 100       // of what was left out
)

// KeyFiles are key files that were kept otherwise than as keyrite keeps them. They are in
// memory, as they were stored, and nothing of them was written anywhere.
type KeyFiles struct {
	// Path is where they come from.
	Path string

	files   []keyFile
	most    int64
	held    int64
	leftOut []LeftOut
	more    int // that were left out and are not named
}

// keyFile is one of them: what it is, with its place in a trust directory, and where it was
// found.
type keyFile struct {
	File
	from string
	data []byte
}

// ReadKeyFiles reads what people keep keys in: the tar, with gzip or without, of
// ~/.docker/trust/private or of any folder above it, which registries' documentation
// recommends; the file that "notary key export" writes; or a plain folder of key files.
// Nothing is unpacked. An archive that is cut short or that grows without end is refused
// as a whole; links and devices in it stay out and are named.
func ReadKeyFiles(ctx context.Context, path string) (*KeyFiles, error) {
	return readKeyFiles(ctx, path, maxUnpacked)
}

// readKeyFiles is ReadKeyFiles of an archive that unpacks to at most that many bytes.
func readKeyFiles(ctx context.Context, path string, most int64) (*KeyFiles, error) {
	k := &KeyFiles{Path: path, most: most}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		err = k.folder(ctx)
	case info.Mode().IsRegular():
		err = k.file(ctx)
	default:
		err = errors.New("it is neither a file nor a folder")
	}
	if err == nil && !k.hasKey() {
		err = k.none()
	}
	if err != nil {
		return nil, fmt.Errorf("keys from %q: %w", path, err)
	}
	if k.more > 0 {
		k.leftOut = append(k.leftOut, LeftOut{path, fmt.Sprintf("%d more files are of no kind that a backup holds", k.more)})
	}
	return k, nil
}

// none says why there is no key, by the first file that was passed over.
func (k *KeyFiles) none() error {
	if len(k.leftOut) > 0 {
		return fmt.Errorf("it holds no key file; %q: %s", k.leftOut[0].Path, k.leftOut[0].Reason)
	}
	return errors.New("it holds no key file")
}

func (k *KeyFiles) hasKey() bool {
	return slices.ContainsFunc(k.files, func(f keyFile) bool { return f.isKey() })
}

func (k *KeyFiles) leave(name, reason string) {
	if len(k.leftOut) >= maxNamed {
		k.more++
		return
	}
	k.leftOut = append(k.leftOut, LeftOut{k.at(name), reason})
}

// at names a file for people.
func (k *KeyFiles) at(name string) string { return k.Path + ": " + shorten(name) }

// folder reads a folder and those in it, and follows no link.
func (k *KeyFiles) folder(ctx context.Context) error {
	root, err := os.OpenRoot(k.Path)
	if err != nil {
		return err
	}
	defer root.Close()
	seen := 0
	return fs.WalkDir(root.FS(), ".", func(name string, item fs.DirEntry, err error) error {
		if seen++; seen > maxFiles {
			return fmt.Errorf("it holds more than %d files", maxFiles)
		}
		switch {
		case err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case item.IsDir():
			return nil
		case !item.Type().IsRegular():
			k.leave(name, "it is not a regular file")
			return nil
		}
		return k.take(name, func(limit int64) ([]byte, error) {
			f, err := state.OpenRegular(root, name)
			if err != nil {
				return nil, err
			}
			defer f.Close()
			return io.ReadAll(io.LimitReader(f, limit))
		})
	})
}

// file reads an archive or a bundle, whichever its first bytes say.
func (k *KeyFiles) file(ctx context.Context) error {
	f, err := os.Open(k.Path)
	if err != nil {
		return err
	}
	defer f.Close()
	in := bufio.NewReader(f)
	start, _ := in.Peek(512)
	switch {
	case bytes.HasPrefix(start, []byte("\x1f\x8b")):
		z, err := gzip.NewReader(in)
		if err != nil {
			return err
		}
		return k.archive(ctx, z)
	case len(start) == 512 && string(start[257:262]) == "ustar":
		return k.archive(ctx, in)
	case bytes.HasPrefix(start, []byte(ageIntro)), bytes.HasPrefix(start, []byte(armorIntro)):
		return errors.New("it is encrypted: if it is a backup, keyrite backup restore reads it")
	}
	data, err := io.ReadAll(io.LimitReader(in, maxKeyFile+1))
	if err == nil && !bytes.Contains(data, []byte("-----BEGIN ")) {
		err = errors.New("it is neither a tar archive, packed with gzip or not, nor a file of PEM keys")
	}
	if err != nil {
		return err
	}
	return k.bundle(filepath.Base(k.Path), data)
}

// archive reads a tar archive to its end.
func (k *KeyFiles) archive(ctx context.Context, in io.Reader) error {
	all := tar.NewReader(&bounded{&meter{r: in, ctx: ctx}, k.most, k.most})
	for n := 0; ; n++ {
		hdr, err := all.Next()
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return fmt.Errorf("it cannot be read to its end: %w", err)
		case n >= maxFiles:
			return fmt.Errorf("it holds more than %d files", maxFiles)
		case hdr.Typeflag == tar.TypeDir:
			continue
		case hdr.Typeflag != tar.TypeReg:
			k.leave(hdr.Name, "it is "+typeName(hdr.Typeflag))
			continue
		}
		err = k.take(hdr.Name, func(limit int64) ([]byte, error) { return io.ReadAll(io.LimitReader(all, limit)) })
		if err != nil {
			return err
		}
	}
}

// bounded ends what grows without end.
type bounded struct {
	r          io.Reader
	left, most int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, fmt.Errorf("unpacked it has more than %d bytes", b.most)
	}
	n, err := b.r.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

// take takes one file if it is of a kind that a backup holds.
func (k *KeyFiles) take(name string, read func(limit int64) ([]byte, error)) error {
	path, kind, why := placeOf(name)
	if why != "" {
		k.leave(name, why)
		return nil
	}
	limit := limitOf(kind)
	data, err := read(limit + 1)
	switch {
	case err != nil:
		return fmt.Errorf("%q cannot be read to its end: %w", shorten(name), err)
	case int64(len(data)) > limit:
		k.leave(name, errTooLarge.Error())
		return nil
	case path == "":
		return k.bundle(name, data)
	}
	return k.add(path, kind, name, data)
}

func (k *KeyFiles) add(path string, kind Kind, name string, data []byte) error {
	if k.held += int64(len(data)); k.held > maxHeld {
		return fmt.Errorf("it holds more than %d bytes of keys and metadata", int64(maxHeld))
	}
	f := keyFile{describePath(path, kind), k.at(name), data}
	if f.isKey() {
		f.File = describe(path, kind, data)
	}
	k.files = append(k.files, f)
	return nil
}

// placeOf says where in a trust directory a file belongs, by the name that it has in a
// folder or an archive; "" for a key file that says by its bytes alone which key it is. why
// is set for a file that stays out.
func placeOf(name string) (place string, kind Kind, why string) {
	segments := strings.Split(strings.TrimLeft(strings.TrimPrefix(name, "./"), "/"), "/")
	last := len(segments) - 1
	if !fs.ValidPath(strings.Join(segments, "/")) {
		return "", "", "its name leads out of the folder or is no path"
	}
	for i, segment := range segments[:last] {
		tail := strings.Join(segments[i:], "/")
		switch segment {
		case "trash", "pending":
			if len(segments[i:]) == 3 {
				return "", "", "it is in the trash or not in use yet"
			}
		case "root_keys", "tuf_keys":
			place = privateDir + "/" + tail
		case tufDir:
			place = tail
		case privateDir, retiredDir:
			if i == last-1 && keyFileName(segments[last]) {
				place = tail
			}
		}
		if kind, err := kindOf(place); err == nil && (kind == KindMetadata || named(place, kind)) {
			return place, kind, ""
		}
		place = ""
	}
	if base := segments[last]; named(privateDir+"/"+base, KindKey) {
		return privateDir + "/" + base, KindKey, ""
	} else if keyFileName(base) || strings.HasSuffix(base, ".pem") {
		return "", KindKey, ""
	}
	return "", "", "its name is not one that a backup holds"
}

// named reports whether a key file's name says which key it is.
func named(name string, kind Kind) bool {
	if !keyFileName(name) {
		return false
	}
	id, _, _ := keyByPath(name[strings.IndexByte(name, '/')+1:], kind)
	return id != ""
}
