package media

import (
	"bytes"
	"encoding/hex"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A file system says its label and its UUID to anyone who may open its folder (linux/fs.h);
// not all do, and kernels before 6.9 tell no UUID.
const (
	fsGetLabel = 0x81009431
	fsGetUUID  = 0x80111500
)

// label is the label of the file system that fd lies on, "" if it does not tell.
func label(fd int) string {
	var text [256]byte
	if !ioctl(fd, fsGetLabel, unsafe.Pointer(&text)) {
		return ""
	}
	name, _, _ := bytes.Cut(text[:], []byte{0})
	return string(name)
}

// uuid is the UUID of the file system that fd lies on in its usual form, "" if it does not
// tell or if it is of another length.
func uuid(fd int) string {
	var id struct {
		length byte
		bytes  [16]byte
	}
	if !ioctl(fd, fsGetUUID, unsafe.Pointer(&id)) || int(id.length) != len(id.bytes) {
		return ""
	}
	h := hex.EncodeToString(id.bytes[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

func ioctl(fd int, request uintptr, into unsafe.Pointer) bool {
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), request, uintptr(into))
	return errno == 0
}
