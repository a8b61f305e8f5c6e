package keyring

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"

	"keyrite/trustdata"
)

// Retire implements Store. A key in a legacy folder stays there.
func (v vault) Retire(ctx context.Context, id trustdata.KeyID) (to string, err error) {
	if _, err := trustdata.ParseKeyID(string(id)); err != nil {
		return "", err
	}
	from := keyName(id)
	err = v.locked(ctx, func() error {
		data, err := v.disk.read(from)
		if errors.Is(err, fs.ErrNotExist) {
			to, err = v.retiredBefore(id)
			return err
		}
		if err == nil {
			_, err = parseFile(data)
		}
		if err != nil {
			return v.wrap(from, err)
		}
		if to, err = inRetired(id, func(to string) error { return v.disk.move(from, to) }); err != nil {
			return v.wrap(from, err)
		}
		return v.readBack(to, data)
	})
	if err != nil {
		return "", err
	}
	return v.disk.full(to), nil
}

// retiredBefore confirms that a key which is not in private/ any more is retired, durably:
// a crash may have come between the rename and the sync.
func (v vault) retiredBefore(id trustdata.KeyID) (string, error) {
	name := path.Join(retired, string(id)+suffix)
	data, err := v.disk.read(name)
	if errors.Is(err, fs.ErrNotExist) {
		return "", v.wrap(keyName(id), err)
	}
	if err == nil {
		_, err = parseFile(data)
	}
	if err != nil {
		return "", v.wrap(name, err)
	}
	return name, errors.Join(v.disk.settle(retired), v.settlePrivate())
}

// settlePrivate makes private/ durable where it is there: who keeps only retired keys has
// none.
func (v vault) settlePrivate() error {
	if err := v.disk.settle(private); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// inRetired calls place with the names that retired/ has for a key, until one is not
// taken: a key that was brought back and retired again may be locked otherwise.
func inRetired(id trustdata.KeyID, place func(name string) error) (name string, err error) {
	name = path.Join(retired, string(id)+suffix)
	err = place(name)
	for n := 2; errors.Is(err, fs.ErrExist) && n <= maxSameDay; n++ {
		name = path.Join(retired, fmt.Sprintf("%s.%d%s", id, n, suffix))
		err = place(name)
	}
	return name, err
}

// Retired implements Store.
func (v vault) Retired(ctx context.Context) ([]Info, error) {
	rows, err := v.listFolder(ctx, retired)
	if err != nil {
		return nil, err
	}
	sortInfos(rows)
	return rows, nil
}
