package state

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

const (
	ordersName   = "orders.json"
	ordersFormat = 1
	// maxOrders bounds the file: there are a few dozen kinds of lists.
	maxOrders = 64 << 10
)

type orders struct {
	Format int               `json:"format"`
	Orders map[string]string `json:"orders"`
}

// Orders are the orders that were chosen last, by the kind of the list; empty where none was
// kept. One that cannot be read, or is of a newer format, is an error of which nothing else
// depends.
func (s *Store) Orders() (map[string]string, error) {
	path := filepath.Join(s.dir, ordersName)
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return map[string]string{}, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxOrders))
	if err != nil {
		return nil, err
	}
	var kept orders
	switch err := json.Unmarshal(data, &kept); {
	case err != nil:
		return nil, fmt.Errorf("%q: %w", path, err)
	case kept.Format > ordersFormat:
		return nil, fmt.Errorf("%q: %w", path, ErrNewer)
	case kept.Orders == nil:
		return map[string]string{}, nil
	}
	return kept.Orders, nil
}

// KeepOrders keeps the orders in the place of those before. They are convenience: a power cut
// may lose them.
func (s *Store) KeepOrders(all map[string]string) error {
	data, err := json.Marshal(orders{ordersFormat, all})
	if err != nil {
		return err
	}
	dir, err := OpenDir(s.dir)
	if err != nil {
		return err
	}
	defer dir.Close()
	return WriteLoose(dir, ordersName, append(data, '\n'))
}
