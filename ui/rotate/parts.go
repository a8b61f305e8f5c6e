package rotate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/remote"
	"keyrite/trustdata/rotation"
	"keyrite/ui"
)

// part is one repository of a run, as its row.
type part struct {
	gun     trustdata.GUN
	version int64
	step    string // that is under way; "" before the first and after the last
	began   time.Time
	took    time.Duration
	sign    string
	send    string
	back    string // what reading back has shown, or what stands in the way
	why     string // that in full
	mark    ui.Mark
	err     error
	done    bool
	settled bool // there is nothing to do again, whether or not it is done
	skipped bool
}

type (
	partStep struct {
		gun  trustdata.GUN
		step string
	}
)

const waits = "waiting"

// arm makes a row for each repository of the run, and keeps those that are done.
func (m *Several) arm() {
	m.recall()
	for _, p := range m.chosen().Plans {
		i := slices.IndexFunc(m.parts, func(have part) bool { return have.gun == p.GUN })
		if i < 0 {
			m.parts = append(m.parts, part{gun: p.GUN})
			i = len(m.parts) - 1
		}
		m.parts[i] = part{gun: p.GUN, version: p.RootVersion, mark: ui.MarkNone, back: waits}
	}
}

// recall makes rows for the repositories of which the journal tells only.
func (m *Several) recall() {
	if m.op == nil {
		return
	}
	for _, u := range m.op.Units {
		if m.part(u.GUN) == nil {
			p := part{gun: u.GUN}
			p.settle(u, m.NewID)
			m.parts = append(m.parts, p)
		}
	}
}

func (m *Several) part(gun trustdata.GUN) *part {
	for i := range m.parts {
		if m.parts[i].gun == gun {
			return &m.parts[i]
		}
	}
	return nil
}

// step fills the row of a repository as its steps begin.
func (m *Several) step(e partStep) {
	p, now := m.part(e.gun), m.opt.Clock.Now()
	if p == nil {
		return
	}
	if p.step == "" {
		p.began = now
	}
	p.step, p.mark = e.step, ui.MarkRunning
	switch e.step {
	case "sign":
		p.sign, p.back = "...", ""
	case "send":
		p.sign, p.send, p.back = "ok", "...", ""
	case "confirm":
		p.send, p.back = "sent", "reading version "+fmt.Sprint(p.version)+" back"
	case "promote":
		p.send, p.back = "ok", "read back; bringing the new key in"
	case rotation.StepDone:
		p.finish(now, ui.MarkOK, "v"+fmt.Sprint(p.version)+", read back and verified")
	case rotation.StepStopped:
		p.finish(now, ui.MarkNow, "stopped")
	}
}

func (p *part) finish(now time.Time, mark ui.Mark, back string) {
	p.step, p.mark, p.back, p.took = "", mark, back, now.Sub(p.began)
	if mark == ui.MarkOK {
		p.sign, p.send = "ok", "ok"
	}
}

// judge settles the rows by the journal, which has what the look at each server found.
func (m *Several) judge(out []rotation.Outcome) {
	for i := range m.parts {
		p := &m.parts[i]
		for _, o := range out {
			if o.GUN == p.gun {
				p.err = o.Err
			}
		}
		if m.op != nil && m.op.Unit(p.gun) != nil {
			p.settle(m.op.Unit(p.gun), m.NewID)
		}
	}
}

func (p *part) settle(u *rotation.Unit, next trustdata.KeyID) {
	p.step, p.version, p.why = "", u.Version, reason(p.err, u)
	switch {
	case u.State == rotation.StateDone:
		p.done, p.settled, p.mark, p.sign, p.send, p.err = true, true, ui.MarkOK, "ok", "ok", nil
		p.back = fmt.Sprintf("v%d, %sread back and verified", u.Version, rootOf(next))
	case u.State == rotation.StateUnverified:
		p.settled, p.mark, p.back = true, ui.MarkNow, "it has landed, and could not be verified"
	case u.State.Sent():
		p.mark, p.send, p.back = ui.MarkUnchecked, answer(p.err, "?"), fmt.Sprintf("not known whether it has v%d", u.Version)
	case p.waits() && u.Tries == 0:
		p.mark, p.sign, p.send, p.back, p.err, p.took, p.why = ui.MarkNone, "", "", waits, nil, 0, ""
	case u.Tries > 0 || errors.Is(p.err, rotation.ErrUnsent):
		p.mark, p.send, p.back = ui.MarkNow, answer(p.err, "no"), fmt.Sprintf("server still has v%d", u.Version-1)
	default:
		p.mark, p.back = ui.MarkNow, "not sent: "+p.why
	}
}

func rootOf(id trustdata.KeyID) string {
	if id == "" {
		return ""
	}
	return "root " + id.Short() + ", "
}

// waits reports whether the run did not come to it.
func (p *part) waits() bool {
	return p.err == nil && p.sign == "" || errors.Is(p.err, rotation.ErrNotBegun) || errors.Is(p.err, context.Canceled)
}

// answer is what the server said to the upload, as short as a column wants it.
func answer(err error, otherwise string) string {
	var status *remote.StatusError
	if errors.As(err, &status) {
		return fmt.Sprint(status.Status)
	}
	return otherwise
}

func reason(err error, u *rotation.Unit) string {
	if err != nil {
		return strings.TrimPrefix(trustdata.VisibleError(err), fmt.Sprintf("%q: ", u.GUN))
	}
	return trustdata.Visible(u.Why)
}

// tally counts the rows; those that were skipped are none of these.
func (m *Several) tally() (done, waiting, troubled int) {
	for _, p := range m.parts {
		switch {
		case p.skipped:
		case p.done:
			done++
		case p.back == waits:
			waiting++
		default:
			troubled++
		}
	}
	return done, waiting, troubled
}

// progress adds the rows to a page.
func (m *Several) progress(p ui.Page) ui.Page {
	p.Order = "in the order of the work"
	p.Columns = []ui.Column{{Title: "REPOSITORY", Priority: 1, Min: 14, Cut: ui.CutLeft, Host: true}, {Title: "SIGN", Priority: 4}, {Title: "SEND", Priority: 3},
		{Title: "READ BACK WITH AN EMPTY CACHE", Priority: 2, Min: 16}, {Title: "TOOK", Priority: 5}}
	for _, part := range m.parts {
		took := part.took
		if part.step != "" {
			took = m.opt.Clock.Now().Sub(part.began)
		}
		text, name := "", ui.Name(string(part.gun), "")
		if took > 0 {
			text = fmt.Sprintf("%.1f s", took.Seconds())
		}
		row := ui.Row{ID: string(part.gun), Mark: part.mark, Cells: []string{name, part.sign, part.send, part.back, text}, Detail: []string{name + ": " + part.back, part.why}}
		if part.skipped {
			row.Mark, row.Cells[3] = ui.MarkNote, "skipped: "+part.back
		}
		p.Rows = append(p.Rows, row)
	}
	return p
}
