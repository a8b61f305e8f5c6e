package main

import (
	"context"
	"time"

	"keyrite/trustdata/audit"
	"keyrite/trustdata/state"
	"keyrite/ui/overview"
)

// PutOff implements overview.Source.
func (o *overlook) PutOff(_ context.Context, findings []audit.Finding, until time.Time, reason string) (overview.News, error) {
	put, err := audit.Snooze(findings, o.desk.session.cli.now(), until, reason)
	if err != nil {
		return overview.News{}, err
	}
	return o.noted(o.desk.session.state.Snoozes().Put(put))
}

// TakeUp implements overview.Source.
func (o *overlook) TakeUp(_ context.Context, findings []audit.Finding) (overview.News, error) {
	var lift []state.Subject
	for _, f := range findings {
		lift = append(lift, f.Subject())
	}
	return o.noted(o.desk.session.state.Snoozes().Lift(lift))
}

// noted reads back what is put off, once something was noted, and judges anew.
func (o *overlook) noted(err error) (overview.News, error) {
	if err != nil {
		return overview.News{}, err
	}
	put, err := o.desk.session.state.Snoozes().List()
	if err != nil {
		return overview.News{}, err
	}
	o.mu.Lock()
	o.put = put
	o.mu.Unlock()
	return o.judge(), nil
}
