package ui

import (
	"context"
	"sync"

	"keyrite/trustdata/rotation"
)

// Pending holds a prepared operation, which must not outlive the wizard that prepared it.
// What a command prepares after it was given up is undone at once, so nothing slips through
// between a command and its answer.
type Pending struct {
	mu      sync.Mutex
	givenUp bool
	prep    *rotation.Prepared
}

// Add reports false where the operation has been given up: the caller then abandons.
func (p *Pending) Add(prep *rotation.Prepared) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.givenUp {
		p.prep = prep
	}
	return !p.givenUp
}

// Get is the operation, nil where there is none.
func (p *Pending) Get() *rotation.Prepared {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.prep
}

// Take hands the operation over to whoever carries it out.
func (p *Pending) Take() *rotation.Prepared {
	p.mu.Lock()
	defer p.mu.Unlock()
	prep := p.prep
	p.prep = nil
	return prep
}

// GiveUp undoes what is prepared, and what still comes.
func (p *Pending) GiveUp(ctx context.Context, abandon func(context.Context, *rotation.Prepared) error) error {
	p.mu.Lock()
	prep := p.prep
	p.givenUp, p.prep = true, nil
	p.mu.Unlock()
	if prep == nil {
		return nil
	}
	return abandon(ctx, prep)
}
