package ceremony

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// The names in a bundle.
const (
	manifestName = "ceremony.json"
	preparedName = "prepared.tar"
	sumName      = "sha256"
)

const (
	block = 512
	// tail is the member sha256 with its header, and the two empty blocks that end a tar.
	tail = 4 * block

	maxManifest = 8 << 20
	maxMembers  = 1 << 16
)

// member is one file of a bundle.
type member struct {
	name string
	data []byte
}

// pack writes the members and, last, their hash.
func pack(members []member) ([]byte, error) {
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	for _, m := range members {
		if err := put(w, m); err != nil {
			return nil, err
		}
	}
	if err := w.Flush(); err != nil {
		return nil, err
	}
	if err := put(w, member{sumName, []byte(Sum(buf.Bytes()))}); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	if buf.Len() > MaxSize {
		return nil, fmt.Errorf("the ceremony's file would have more than %d bytes: take fewer repositories at a time", MaxSize)
	}
	return buf.Bytes(), nil
}

func put(w *tar.Writer, m member) error {
	head := &tar.Header{Typeflag: tar.TypeReg, Name: m.name, Size: int64(len(m.data)), Mode: 0o644, Format: tar.FormatUSTAR}
	if err := w.WriteHeader(head); err != nil {
		return err
	}
	_, err := w.Write(m.data)
	return err
}

// whole checks the size and the hash at the end, which are the same in every format. It
// comes before anything else is believed.
func whole(raw []byte) error {
	switch {
	case len(raw) > MaxSize:
		return damaged("it has more than %d bytes", MaxSize)
	case len(raw) < tail || len(raw)%block != 0:
		return damaged("it is cut short")
	}
	content := raw[:len(raw)-tail]
	end, err := pack(nil)
	if err != nil {
		return err
	}
	copy(end[block:], Sum(content))
	if !bytes.Equal(raw[len(raw)-tail:], end) {
		return damaged("its content is not what its own hash is for")
	}
	return nil
}

// unpack gives the members of a whole bundle but the hash: regular files, of which the
// first is the manifest. Ready hears that as soon as it is read; what it does not like ends
// it. The names of the others are for the stage to know, which has a place for each.
func unpack(raw []byte, ready func(member) error) ([]member, error) {
	var members []member
	r := tar.NewReader(bytes.NewReader(raw[:len(raw)-tail]))
	for {
		head, err := r.Next()
		if errors.Is(err, io.EOF) {
			return members, nil
		}
		if err != nil {
			return nil, damaged("%v", err)
		}
		first := len(members) == 0
		switch {
		case first != (head.Name == manifestName):
			return nil, damaged("%s is not its first file", manifestName)
		case head.Typeflag != tar.TypeReg:
			return nil, damaged("%q is no regular file", head.Name)
		case first && head.Size > maxManifest, head.Size > int64(len(raw)), len(members) == maxMembers:
			return nil, damaged("%q is too large", head.Name)
		}
		data := make([]byte, head.Size)
		if _, err := io.ReadFull(r, data); err != nil {
			return nil, damaged("%q: %v", head.Name, err)
		}
		m := member{head.Name, data}
		if first {
			if err := ready(m); err != nil {
				return nil, err
			}
		}
		members = append(members, m)
	}
}
