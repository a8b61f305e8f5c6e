package main

import (
	"context"
	"errors"
	"sync"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/registry"
	"keyrite/trustdata/remote"
	"keyrite/ui"
	"keyrite/ui/keys"
	"keyrite/ui/repos"
	"keyrite/ui/tags"
)

// desk is the session as the console's screens use it.
type desk struct {
	session *session
	ctx     context.Context
	styles  *ui.Styles
	clock   ui.Clock
	// rounds of PBKDF2 lock each key that the console makes.
	rounds int
	// working counts the changes under way, which the end of the program waits for.
	working sync.WaitGroup
	// over is what the overview sees.
	over *overlook

	mu    sync.Mutex
	uses  keys.Uses       // as found last
	known []trustdata.GUN // as found last
}

var (
	_ keys.Finder  = (*desk)(nil)
	_ repos.Source = (*desk)(nil)
	_ tags.Source  = (*desk)(nil)
)

// Uses implements keys.Finder.
func (d *desk) Uses(ctx context.Context) (keys.Uses, error) {
	guns, err := d.session.known(ctx)
	if err != nil {
		return nil, err
	}
	uses, err := d.session.usesIn(ctx, guns)
	if err == nil {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.uses, d.known = uses, guns
	}
	return uses, err
}

// lastUses is what Uses found last, without asking any disk.
func (d *desk) lastUses() keys.Uses {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.uses
}

// lastKnown is known as it was found last: what is typed must not wait for a disk. Only
// before anything was found it looks.
func (d *desk) lastKnown() ([]trustdata.GUN, error) {
	d.mu.Lock()
	known := d.known
	d.mu.Unlock()
	if known != nil {
		return known, nil
	}
	return d.session.known(d.ctx)
}

// Known implements repos.Source.
func (d *desk) Known(ctx context.Context) ([]repos.Repo, error) {
	infos, err := d.session.keys.List(ctx)
	if err != nil {
		return nil, err
	}
	h, err := d.session.heardWith(ctx, infos)
	if err != nil {
		return nil, err
	}
	list := d.session.reposOf(ctx, h, usable(infos), false)
	d.session.cli.collectOften()
	d.session.cli.giveBack(len(list))
	return list, ctx.Err()
}

// Check implements repos.Source.
func (d *desk) Check(ctx context.Context, guns []trustdata.GUN, more func(repos.Heard), each func(repos.Repo)) error {
	held, err := d.session.held(ctx)
	if err != nil {
		return err
	}
	h := heard{}
	for _, gun := range guns {
		h[gun] = nil
	}
	note := d.session.survey(ctx, h, func(guns []trustdata.GUN) { more(repos.Heard{GUNs: guns, From: repos.FromChangefeed}) },
		func(gun trustdata.GUN, col *trustdata.Collection, err error) {
			each(repos.NewRepo(gun, col, held, err))
		})
	if note != "" {
		more(repos.Heard{Note: note})
	}
	d.session.cli.giveBack(len(guns))
	return ctx.Err()
}

// Catalog implements repos.Source.
func (d *desk) Catalog(ctx context.Context, host string) (repos.Heard, error) {
	guns, note, err := d.session.catalog(ctx, host)
	return repos.Heard{GUNs: guns, From: repos.FromCatalog, Note: note}, err
}

// Cached implements tags.Source.
func (d *desk) Cached(ctx context.Context, gun trustdata.GUN) (*trustdata.Collection, error) {
	f := d.session.fetcher()
	f.Offline = true
	col, err := d.session.readWith(ctx, f, gun)
	if errors.Is(err, remote.ErrNotCached) {
		return nil, nil
	}
	return col, err
}

// Fetch implements tags.Source.
func (d *desk) Fetch(ctx context.Context, gun trustdata.GUN) (*trustdata.Collection, error) {
	return d.session.collection(ctx, gun)
}

// Compare implements tags.Source.
func (d *desk) Compare(ctx context.Context, col *trustdata.Collection) ([]registry.Compared, error) {
	return d.session.compare(ctx, col)
}

// Held implements tags.Source.
func (d *desk) Held(ctx context.Context) (map[trustdata.KeyID]keyring.Info, error) {
	return d.session.held(ctx)
}
