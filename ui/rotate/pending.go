package rotate

import (
	"context"
	"sync"

	"keyrite/trustdata/rotation"
)

// pending holds the prepared operation, which must not outlive the wizard. What a command
// prepares after it was given up is undone at once, so nothing slips through between a
// command and its answer.
type pending struct {
	mu      sync.Mutex
	givenUp bool
	prep    *rotation.Prepared
}

// add reports false where the operation has been given up: the caller then abandons.
func (p *pending) add(prep *rotation.Prepared) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.givenUp {
		p.prep = prep
	}
	return !p.givenUp
}

func (p *pending) get() *rotation.Prepared {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.prep
}

// take hands the operation over for the publishing.
func (p *pending) take() *rotation.Prepared {
	p.mu.Lock()
	defer p.mu.Unlock()
	prep := p.prep
	p.prep = nil
	return prep
}

// giveUp undoes what is prepared, and what still comes.
func (p *pending) giveUp(ctx context.Context, abandon func(context.Context, *rotation.Prepared) error) error {
	p.mu.Lock()
	prep := p.prep
	p.givenUp, p.prep = true, nil
	p.mu.Unlock()
	if prep == nil {
		return nil
	}
	return abandon(ctx, prep)
}
