//go:build !linux

package media

import (
	"context"
	"errors"
	"fmt"
)

// Scan finds drives on Linux alone.
func Scan(context.Context, Options) ([]Drive, error) { return nil, ErrNotFound }

// At knows of the folder no more than that it is there.
func At(ctx context.Context, _ Options, path string) (Drive, error) {
	real, err := Resolve(ctx, path)
	return Drive{Mount: real, Free: -1, Refused: NotRemovable}, err
}

// Ask asks no file system here.
func Ask(context.Context, string, uint64) (Answer, error) { return Answer{}, ErrNotFound }

// Guard looks after nothing here.
type Guard struct{}

// NewGuard gives a guard that looks after nothing.
func NewGuard(Roots, Drive) (*Guard, error) { return nil, nil }

// Check finds nothing lost.
func (g *Guard) Check() error { return nil }

// Wait waits for ctx's end.
func (g *Guard) Wait(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

func (g *Guard) name(path string) string    { return fmt.Sprintf("the medium at %q", path) }
func (g *Guard) holds(string, uint64) error { return nil }
func (g *Guard) activity() string           { return "" }

func (r Roots) activityOf(uint64) func() string { return func() string { return "" } }

func mountID(Folder) uint64 { return 0 }

// WaitOut cannot see that here.
func WaitOut(context.Context, Roots, Identity) error { return ErrNotFound }

// WaitBack cannot see that here.
func WaitBack(context.Context, Options, Identity, func(Drive, Likeness, string)) (Drive, error) {
	return Drive{}, ErrNotFound
}

// Eject leaves it to a person.
func (e Ejector) Eject(_ context.Context, d Drive) (Ejected, error) {
	return Ejected{}, byHand(d, errors.ErrUnsupported)
}
