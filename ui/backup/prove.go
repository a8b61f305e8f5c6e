package backup

import (
	"context"
	"errors"
	"fmt"

	tea "charm.land/bubbletea/v2"

	"keyrite/backup"
	"keyrite/backup/media"
	"keyrite/trustdata"
	"keyrite/ui"
)

// replug is how far the proof of a copy on a drive is.
type replug struct {
	now      backup.Moment
	notes    []string
	read     string // how much was read of it
	result   *backup.VerifyResult
	err      error
	begun    bool
	skipped  bool
	finished bool
}

type (
	// moment is where the proof stands, and what a person should know of it.
	moment struct {
		now  backup.Moment
		note string
	}
	proved struct {
		result *backup.VerifyResult
		err    error
	}
)

// at takes note of a moment. What was said of one before, that it is still mounted or another
// medium, is not true any more.
func (r *replug) at(m moment) {
	if m.now != r.now {
		r.notes = nil
	}
	r.now = m.now
	if m.note != "" {
		r.notes = append(r.notes, trustdata.Visible(m.note))
	}
}

// prove has a copy on a drive taken out and put back. One in a folder was proven as far as
// it can be when it was written.
func (m *Create) prove() tea.Cmd {
	m.replug, m.trial = replug{}, nil
	if m.result.Drive == nil || m.plan == nil {
		return nil
	}
	m.replug.begun, m.replug.now = true, backup.MomentUnmount
	writer, plan, made := m.opt.Writer, m.plan, m.result
	m.loader.Doing("waiting for the drive to be taken out and put back")
	defer m.Refresh()
	return m.loader.Start(func(ctx context.Context, emit func(event)) error {
		v, err := writer.Replug(ctx, plan, made, func(now backup.Moment, note string) { emit(moment{now, note}) }, func(s backup.Step) { emit(s) })
		emit(proved{v, err})
		return nil
	})
}

func (m *Create) endProof(e proved) tea.Cmd {
	r := &m.replug
	r.result, r.err, r.finished = e.result, e.err, true
	if e.err != nil || e.result == nil {
		return nil
	}
	m.result.Take(e.result)
	return tea.Batch(ui.Send(ui.DoneMsg{Action: "proven"}), m.drill(e.result))
}

// proving is why Enter cannot go on: the proof is under way.
func (m *Create) proving() string {
	if m.busy() == "" {
		return m.trial.busy()
	}
	return "The proof is under way. S skips it, and the copy stays unproven on its medium."
}

// unproven is why the wizard stays while it proves: only Esc and S stop that.
func (m *Create) unproven() string {
	if m.busy() == "" {
		return m.trial.busy()
	}
	return "The proof is under way. Esc stops it, and the copy stays " + StateWord(m.result.State) + "."
}

func (m *Create) cannotSkip() string {
	if m.busy() == "" {
		return "There is no proof under way to skip."
	}
	return ""
}

// skip asks, since what is skipped is what the copy is worth.
func (m *Create) skip() tea.Cmd {
	return ui.Send(ui.AskMsg{Dialog: ui.NewChoice(m.opt.Styles, "DO WITHOUT THE PROOF?", []string{"go on with the proof", "skip it: the copy keeps a ! until a drill"}),
		Answer: func(r any) tea.Cmd {
			if r == 1 && m.busy() != "" {
				m.replug.skipped = true
				m.loader.Cancel()
				m.Refresh()
			}
			return nil
		}})
}

// mayPull is the one sentence on whether the drive may be taken out now.
func (m *Create) mayPull() ui.Fact {
	r, title := m.replug, m.result.Drive.Title()
	free := r.now == backup.MomentOut || r.now == backup.MomentBack || r.now == backup.MomentAway
	switch {
	case m.busy() != "":
		return ui.Fact{Value: MomentSentence(r.now, title), Mark: ui.MarkRunning}
	case free:
		return ui.Fact{Value: MomentSentence(backup.MomentAway, title), Mark: ui.MarkOK}
	}
	return ui.Fact{Value: MomentSentence(backup.MomentStays, title), Mark: ui.MarkSoon}
}

func (m *Create) leavingProof() string {
	switch {
	case m.busy() == "" && len(m.made) < m.copies():
		return fmt.Sprintf("Leaving now leaves the set with %d of %d copies.", len(m.made), m.copies())
	case m.busy() == "":
		return "The backup is there. Leaving changes nothing."
	case m.replug.now == backup.MomentProve:
		return "Leaving now stops the reading. The copy stays " + StateWord(m.result.State) + "."
	}
	return "Leaving now stops the waiting. The copy counts as " + StateWord(m.result.State) + ", not read after it was out."
}

func (m *Create) provePage() ui.Page {
	if m.result == nil {
		return ui.Page{Title: "Prove"}
	}
	p := CreatedPage(m.result)
	if len(m.made) < m.copies() && m.operation() != "" {
		p.Notes = append([]string{"The next copy goes onto another medium. Any day, m in the list of backups adds it, or keyrite backup create --operation " + m.operation() + "."}, p.Notes...)
	}
	if m.result.Drive == nil {
		p.Sections = append([]ui.Section{{Facts: []ui.Fact{{Value: "A folder is not taken out: it counts as " + howProven(m.result.State, m.result.Reading) + ".", Mark: ui.MarkNote}}}}, p.Sections...)
		return p
	}
	top := ui.Section{Facts: []ui.Fact{m.mayPull()}}
	for _, n := range m.replug.notes {
		top.Facts = append(top.Facts, ui.Fact{Value: ui.Capital(n) + ".", Mark: ui.MarkSoon})
	}
	top.Facts = append(top.Facts, m.outcome()...)
	if m.replug.finished && m.replug.err == nil {
		p.Sections = append([]ui.Section{top, {Title: "PROOFS", Facts: m.proofRows()}}, p.Sections...)
		return p
	}
	p.Sections = []ui.Section{top, {Title: "PROOFS", Facts: m.proofRows()}, {Facts: p.Sections[0].Facts}}
	p.Notes = nil
	return p
}

// outcome says what became of a proof that did not go through.
func (m *Create) outcome() []ui.Fact {
	r := m.replug
	switch {
	case m.busy() != "" || r.finished && r.err == nil:
		return nil
	case r.skipped || r.err == nil || errors.Is(r.err, context.Canceled):
		return []ui.Fact{{Value: "The proof was skipped. The copy counts as " + howProven(m.result.State, m.result.Reading) + ", and keeps a ! until it is drilled.", Mark: ui.MarkSoon}}
	case errors.Is(r.err, backup.ErrDamaged):
		return []ui.Fact{{Value: "THE COPY IS DAMAGED. Do not rely on it: " + trustdata.VisibleError(r.err) + ".", Mark: ui.MarkNow},
			{Value: "The medium does not keep data. Write this copy to another one; your keys are untouched.", Mark: ui.MarkNone}}
	}
	return []ui.Fact{{Value: "THE PROOF DID NOT GO THROUGH: " + trustdata.VisibleError(r.err) + ".", Mark: ui.MarkNow},
		{Value: "The copy counts as " + howProven(m.result.State, m.result.Reading) + ". Your keys are untouched.", Mark: ui.MarkNone}}
}

// proofRows are the proofs one by one. None is called done before it is.
func (m *Create) proofRows() []ui.Fact {
	r := m.replug
	row := func(done, running bool, label, yes, no string) ui.Fact {
		switch {
		case done:
			return ui.Fact{Label: label, Value: yes, Mark: ui.MarkOK}
		case running:
			return ui.Fact{Label: label, Value: no, Mark: ui.MarkRunning}
		}
		return ui.Fact{Label: label, Value: no, Mark: ui.MarkUnchecked}
	}
	busy, v := m.busy() != "", r.result
	out := r.now == backup.MomentBack || r.now == backup.MomentProve || r.now == backup.MomentSettle || r.finished && v != nil
	back := r.now == backup.MomentProve || r.now == backup.MomentSettle || r.finished && v != nil
	ok := v != nil && v.OK
	facts := []ui.Fact{
		row(out, busy && !out, "out", "it was taken out", "not yet taken out"),
		row(back, busy && out && !back, "back", "it is the same medium, put in anew", "not yet back in"),
		row(ok && v.Reading == media.Replugged, busy && back, "read cold", "from the medium, and the bytes are the ones that were written", "not yet"+r.read),
		row(ok && v.Decrypted, busy && back, "decrypted", "to its end", orNobody(v, "not yet")),
		row(ok && v.Decrypted, busy && back, "compared", "every file with the manifest", orNobody(v, "not yet")),
	}
	return append(facts, m.keyRows(v)...)
}

// orNobody says that nobody at hand could decrypt a copy that is sound otherwise.
func orNobody(v *backup.VerifyResult, no string) string {
	if v != nil && v.OK && !v.Decrypted {
		return "nobody at hand can open it"
	}
	return no
}

// keyRows are the proofs about keys.
func (m *Create) keyRows(v *backup.VerifyResult) []ui.Fact {
	if v == nil || !v.OK || !v.Decrypted {
		return []ui.Fact{{Label: "opened", Value: orNobody(v, "not yet"), Mark: ui.MarkUnchecked}}
	}
	facts := []ui.Fact{{Label: "opened", Value: count(v) + ": each opened key has the right ID, and signed", Mark: ui.MarkOK}}
	if v.Drilled < len(v.Keys) {
		facts[0].Mark = ui.MarkSoon
	}
	for _, k := range v.Keys {
		if k.Problem != "" {
			facts = append(facts, ui.Fact{Label: keyName(k.KeyID, k.Path), Value: trustdata.Visible(k.Problem), Mark: ui.MarkSoon})
		}
	}
	return facts
}
