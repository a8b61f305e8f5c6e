package media

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"
)

// The helper process and its parent speak in turns: a request, an answer. Each is a frame:
// two lengths of four bytes, big-endian, a JSON head, and the bytes of a file.
const (
	maxHead = 1 << 20
	maxBody = 256 << 10
)

// request is what the parent wants done.
type request struct {
	Op   string `json:"op"`
	Name string `json:"name,omitempty"`
	To   string `json:"to,omitempty"`
	Make bool   `json:"make,omitempty"`
	File int    `json:"file,omitempty"`
	Want int    `json:"want,omitempty"` // bytes at most
	ID   uint64 `json:"id,omitempty"`
}

// reply is what came of it.
type reply struct {
	Fault   *fault   `json:"fault,omitempty"`
	End     bool     `json:"end,omitempty"` // of the file
	File    int      `json:"file,omitempty"`
	Size    int64    `json:"size,omitempty"`
	Mount   uint64   `json:"mount,omitempty"`
	Reading Reading  `json:"reading,omitempty"`
	Names   []string `json:"names,omitempty"`
	Info    *info    `json:"info,omitempty"`
	Answer  *Answer  `json:"answer,omitempty"`
}

func writeFrame(w io.Writer, head any, body []byte) error {
	enc, err := json.Marshal(head)
	if err != nil {
		return err
	}
	if len(enc) > maxHead || len(body) > maxBody {
		return fmt.Errorf("a frame of %d and %d bytes is too large", len(enc), len(body))
	}
	frame := make([]byte, 8, 8+len(enc)+len(body))
	binary.BigEndian.PutUint32(frame, uint32(len(enc)))
	binary.BigEndian.PutUint32(frame[4:], uint32(len(body)))
	_, err = w.Write(append(append(frame, enc...), body...))
	return err
}

// readFrame reads a frame into head. Before the first byte of one the end is io.EOF.
func readFrame(r io.Reader, head any) (body []byte, err error) {
	var lengths [8]byte
	if _, err := io.ReadFull(r, lengths[:]); err != nil {
		return nil, err
	}
	h, b := binary.BigEndian.Uint32(lengths[:4]), binary.BigEndian.Uint32(lengths[4:])
	if h > maxHead || b > maxBody {
		return nil, fmt.Errorf("a frame of %d and %d bytes is too large", h, b)
	}
	all := make([]byte, h+b)
	if _, err := io.ReadFull(r, all); err != nil {
		return nil, errors.Join(io.ErrUnexpectedEOF, err)
	}
	return all[h:], json.Unmarshal(all[:h], head)
}

// info is a fs.FileInfo on its way. It has no Sys: what is behind it is another process's.
type info struct {
	Called   string      `json:"name"`
	Length   int64       `json:"size"`
	Kind     fs.FileMode `json:"mode"`
	Modified time.Time   `json:"time"`
}

func newInfo(i fs.FileInfo) *info { return &info{i.Name(), i.Size(), i.Mode(), i.ModTime()} }

func (i *info) Name() string       { return i.Called }
func (i *info) Size() int64        { return i.Length }
func (i *info) Mode() fs.FileMode  { return i.Kind }
func (i *info) ModTime() time.Time { return i.Modified }
func (i *info) IsDir() bool        { return i.Kind.IsDir() }
func (i *info) Sys() any           { return nil }

var _ fs.FileInfo = (*info)(nil)
