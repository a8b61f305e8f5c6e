package state

import "os"

// batchFolder is a folder that files are written into.
type batchFolder struct{ root *os.Root }

func openBatchFolder(root *os.Root, name string) (*batchFolder, error) {
	in, err := root.OpenRoot(name)
	return &batchFolder{in}, err
}

func (f *batchFolder) close() { f.root.Close() }

func (f *batchFolder) create(name string, data []byte, _ bool) error {
	return disk{syncFile: (*os.File).Sync}.fill(f.root, name, data)
}
