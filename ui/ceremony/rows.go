package ceremony

import (
	"errors"
	"fmt"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/ui"
)

// row is one repository that is being published.
type row struct {
	gun     trustdata.GUN
	began   time.Time
	took    time.Duration
	mark    ui.Mark
	state   string
	why     string
	running bool
	settled bool // there is nothing to do again
}

// words are what is being done at each step that is told of.
var words = map[string]string{"sign": "signing what goes with the root", "send": "sending", "confirm": "reading back with an empty cache", "promote": "read back; bringing the new key in"}

// armRows makes a row for every repository of the plan, and keeps those that are settled.
func (m *Publish) armRows() {
	for _, gun := range m.bundle.GUNs() {
		if m.row(gun) == nil {
			m.rows = append(m.rows, row{gun: gun, mark: ui.MarkNone, state: "waiting"})
		}
	}
	for i := range m.rows {
		if r := &m.rows[i]; !r.settled {
			*r = row{gun: r.gun, mark: ui.MarkNone, state: "waiting"}
		}
	}
	m.leftOut()
}

// leftOut says in the rows which repositories cannot be published now.
func (m *Publish) leftOut() {
	for _, l := range m.plan.Left {
		if r := m.row(l.GUN); r != nil && !r.settled {
			r.mark, r.state, r.why = ui.MarkNow, "not sent", trustdata.VisibleError(l.Why)
		}
	}
}

func (m *Publish) row(gun trustdata.GUN) *row {
	for i := range m.rows {
		if m.rows[i].gun == gun {
			return &m.rows[i]
		}
	}
	return nil
}

// step fills the row of a repository as its steps begin.
func (m *Publish) step(e rowStep) {
	r := m.row(e.gun)
	if r == nil {
		return
	}
	if !r.running {
		r.began = m.opt.Clock.Now()
	}
	switch e.step {
	case rotation.StepDone:
		r.end(m.opt.Clock.Now())
		r.mark, r.state = ui.MarkOK, "read back and verified"
	case rotation.StepStopped:
		r.end(m.opt.Clock.Now())
		r.mark, r.state = ui.MarkNow, "stopped"
	default:
		r.running, r.mark, r.state = true, ui.MarkRunning, words[e.step]
	}
}

func (r *row) end(now time.Time) {
	if r.running {
		r.running, r.took = false, now.Sub(r.began)
	}
}

// judge settles the rows by the journal, which has what the look at each server found.
func (m *Publish) judge(out []rotation.Outcome) {
	for i := range m.rows {
		r := &m.rows[i]
		r.end(m.opt.Clock.Now())
		var err error
		for _, o := range out {
			if o.GUN == r.gun {
				err = o.Err
			}
		}
		if m.op != nil && m.op.Unit(r.gun) != nil && !r.settled {
			r.settle(m.op.Unit(r.gun), err)
		}
	}
}

func (r *row) settle(u *rotation.Unit, err error) {
	if errors.Is(err, rotation.ErrNotBegun) {
		err = nil
	}
	switch {
	case err != nil:
		r.why = trustdata.VisibleError(err)
	case u.Why != "":
		r.why = trustdata.Visible(u.Why)
	}
	switch {
	case u.State == rotation.StateDone:
		r.settled, r.mark, r.state, r.why = true, ui.MarkOK, fmt.Sprintf("v%d, read back and verified", u.Version), ""
	case u.State == rotation.StateUnverified:
		r.settled, r.mark, r.state = true, ui.MarkNow, "it has landed, and could not be verified"
	case u.State.Sent():
		r.mark, r.state = ui.MarkUnchecked, fmt.Sprintf("not known whether the server has v%d", u.Version)
	case u.State.Ended():
		r.settled, r.mark, r.state = true, ui.MarkNow, "ended: "+string(u.State)
	case err == nil && r.state == "waiting":
	default:
		r.mark, r.state = ui.MarkNow, fmt.Sprintf("server still has v%d", u.Version-1)
	}
}

// tally counts the rows.
func (m *Publish) tally() (done, waiting, troubled int) {
	for _, r := range m.rows {
		switch {
		case r.mark == ui.MarkOK:
			done++
		case r.mark == ui.MarkNone:
			waiting++
		default:
			troubled++
		}
	}
	return done, waiting, troubled
}

// table adds the rows to a page.
func (m *Publish) table(p ui.Page) ui.Page {
	p.Order = "in the order of the work"
	p.Columns = []ui.Column{{Title: "REPOSITORY", Priority: 1, Min: 14, Cut: ui.CutLeft, Host: true}, {Title: "STATE", Priority: 2, Min: 16}, {Title: "TOOK", Priority: 3}}
	for _, r := range m.rows {
		took, text := r.took, ""
		if r.running {
			took = m.opt.Clock.Now().Sub(r.began)
		}
		if took > 0 {
			text = fmt.Sprintf("%.1f s", took.Seconds())
		}
		gun := ui.Name(string(r.gun), "")
		out := ui.Row{ID: string(r.gun), Mark: r.mark, Cells: []string{gun, r.state, text}, Detail: []string{gun + ": " + r.state + "."}}
		if r.why != "" {
			out.Detail = append(out.Detail, r.why)
		}
		p.Rows = append(p.Rows, out)
	}
	return p
}
