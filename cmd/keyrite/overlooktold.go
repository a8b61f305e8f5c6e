package main

import (
	"sync"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/audit"
	"keyrite/trustdata/state"
	"keyrite/ui"
	"keyrite/ui/overview"
)

// judgedEvery is how long there is at least from one judging to the next while answers come,
// and judgedPart how many times as long as the last one took: of a thousand repositories each
// takes as long as reading dozens of them, which it would hold up.
const (
	judgedEvery = 150 * time.Millisecond
	judgedPart  = 10
)

// tell lets the screen have what came, a few times a second, until it is stopped.
func (o *overlook) tell(say func()) (stop func()) {
	now := o.desk.session.cli.now
	var telling sync.WaitGroup
	end := make(chan struct{})
	telling.Go(trustdata.Guarded(func() {
		next := time.NewTimer(judgedEvery)
		defer next.Stop()
		for {
			select {
			case <-end:
				return
			case <-next.C:
				pause := judgedEvery
				if o.came() {
					began := now()
					say()
					pause = max(pause, judgedPart*now().Sub(began))
				}
				next.Reset(pause)
			}
		}
	}))
	return sync.OnceFunc(func() {
		close(end)
		telling.Wait()
	})
}

// came reports whether something came since the last judging.
func (o *overlook) came() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.dirty
}

// judge says what there is to see now.
func (o *overlook) judge() overview.News {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.dirty = false
	l := o.look
	l.Repositories = nil
	for i, r := range o.look.Repositories {
		if o.read[i] {
			l.Repositories = append(l.Repositories, r)
		}
	}
	l.Partial = len(l.Repositories) < len(o.read)
	n := o.told
	n.Now, n.Repositories = o.desk.session.cli.now(), len(o.read)
	return newsOf(l, n, o.put)
}

// newsOf adds to news what a look says of what was read.
func newsOf(l audit.Look, n overview.News, put []state.Snooze) overview.News {
	findings := l.Findings()
	audit.PutOff(findings, put, n.Now)
	for _, i := range l.Attention(findings) {
		if i.Snoozed != nil {
			n.PutOff = append(n.PutOff, i)
		} else {
			n.Items = append(n.Items, i)
		}
	}
	n.Keys, n.Read = len(l.Keys), len(l.Repositories)
	for _, r := range l.Repositories {
		n.Tags += r.Tags
	}
	n.Freshness = freshness(l)
	n.Next, n.NextGUN = l.Next()
	n.NextDrill = l.NextDrill()
	return n
}

// freshness is that of the oldest of what was read. Without repositories it is the disk's.
func freshness(l audit.Look) ui.Freshness {
	f := ui.Freshness{Disk: true, At: l.Now}
	for _, r := range l.Repositories {
		if r.ReadAt.IsZero() {
			continue
		}
		older := f.Disk || r.ReadAt.Before(f.At)
		if cached := r.Source == trustdata.SourceCache; cached != (f.Source == trustdata.SourceCache) && !f.Disk {
			older = cached
		}
		if older {
			f = ui.Freshness{Source: r.Source, At: r.ReadAt}
		}
	}
	return f
}
