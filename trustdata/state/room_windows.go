package state

import "golang.org/x/sys/windows"

// Room is how many bytes the file system at path has free for us.
func Room(path string) (free uint64, err error) {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return 0, err
	}
	err = windows.GetDiskFreeSpaceEx(name, &free, nil, nil)
	return free, err
}
