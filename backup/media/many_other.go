//go:build !linux

package media

import "os"

// manyFiles reads one file after another.
type manyFiles struct{}

func openMany(*os.Root) (manyFiles, error) { return manyFiles{}, nil }

func (manyFiles) close() {}

func (manyFiles) read(m *many, from, to int) error {
	for i := from; i < to; i++ {
		if err := m.one(i); err != nil {
			return err
		}
	}
	return nil
}
