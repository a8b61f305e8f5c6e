package backup

import (
	"context"
	"errors"
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"keyrite/backup"
	"keyrite/backup/media"
	"keyrite/trustdata"
	"keyrite/ui"
)

// seen are the drives of one look.
type seen struct {
	all   []Place
	known bool
	// hidden says that this system does not show its drives.
	hidden bool
}

// byHand is the row of a folder that a person names.
const byHand = "folder"

// begin looks for drives, and makes the plan where all is known.
func (m *Create) begin() tea.Cmd { return tea.Batch(m.scan(), m.makePlan()) }

// scan looks for drives anew.
func (m *Create) scan() tea.Cmd {
	writer := m.opt.Writer
	m.look.Doing("looking for removable drives")
	return m.look.Get(func(ctx context.Context) (seen, error) {
		all, err := writer.Drives(ctx)
		if errors.Is(err, media.ErrNotFound) {
			return seen{known: true, hidden: true}, nil
		}
		return seen{all: all, known: true}, err
	})
}

func (m *Create) saw(s seen) tea.Cmd {
	m.places = s
	return nil
}

// place is the drive in the row with this ID, nil for none.
func (m *Create) place(id string) *Place {
	for i, p := range m.places.all {
		if placeID(p) == id {
			return &m.places.all[i]
		}
	}
	return nil
}

func placeID(p Place) string { return fmt.Sprint(p.Device, " ", p.DiskSeq, " ", p.Mount) }

// choose takes the place that is selected.
func (m *Create) choose() tea.Cmd {
	p := m.place(m.ID())
	if p == nil {
		return m.askFolder()
	}
	if why := m.refusal(*p); why != "" {
		return ui.Say("That drive cannot be chosen: " + why + ".")
	}
	m.wish.Folder = p.Mount
	return m.makePlan()
}

// refusal is why a drive cannot be chosen, "" if it can.
func (m *Create) refusal(p Place) string {
	if p.Refused != "" {
		return p.Refused.String()
	}
	if set := m.operation(); set != "" {
		for _, c := range p.Before {
			if c.Operation == set {
				return fmt.Sprintf("copy %d of this set is on it already", c.Number)
			}
		}
	}
	return ""
}

// placeless reports whether it is not known yet where the copy goes.
func (m *Create) placeless() bool { return m.wish.Folder == "" }

// withPlaces adds the places that can be chosen.
func (m *Create) withPlaces(p ui.Page) ui.Page {
	p.TableTitle = "REMOVABLE DRIVES: " + m.count()
	p.Order = "as they are found"
	p.Columns = []ui.Column{{Title: "PLACE", Priority: 1, Min: 40}, {Title: "STATE", Priority: 2, Min: 12}, {Title: "FREE", Priority: 4},
		{Title: "LAST COPY", Priority: 3, Min: 10}}
	for _, place := range m.places.all {
		p.Rows = append(p.Rows, m.placeRow(place))
	}
	other := ui.Row{ID: byHand, Cells: []string{m.radio(m.wish.Folder != "" && !m.onDrive()) + "a folder", "", "", ""},
		Detail: []string{"Its path is asked for. It is not recognised as a removable drive, and is not taken out to prove it."}}
	if m.wish.Folder != "" && !m.onDrive() {
		other.Cells[1], other.Mark = trustdata.Visible(m.wish.Folder), ui.MarkOK
	}
	p.Rows = append(p.Rows, other)
	return p
}

func (m *Create) count() string {
	switch {
	case m.places.hidden:
		return "not to be seen on this system; name a folder"
	case !m.places.known:
		return "being looked for"
	}
	return fmt.Sprintf("%d found, r looks again", len(m.places.all))
}

// onDrive reports whether the folder that is chosen is the top of a drive that is listed.
func (m *Create) onDrive() bool {
	for _, p := range m.places.all {
		if p.Mount != "" && p.Mount == m.wish.Folder {
			return true
		}
	}
	return false
}

func (m *Create) radio(on bool) string {
	if on {
		return "(o) "
	}
	return "( ) "
}

func (m *Create) placeRow(p Place) ui.Row {
	row := driveRow(p.Drive)
	row.ID = placeID(p)
	free := "?"
	if p.Free >= 0 {
		free = ui.Size(p.Free)
	}
	chosen := p.Mount != "" && p.Mount == m.wish.Folder
	state, title := "ready", m.radio(chosen)+p.Title()
	row.Mark = ""
	if chosen {
		state, row.Mark = "chosen", ui.MarkOK
	}
	if p.Twin != "" {
		state, row.Mark = state+", a copy of "+trustdata.Visible(p.Twin), ui.MarkSoon
	}
	if why := m.refusal(p); why != "" {
		state, title, row.Mark = why, "    "+p.Title(), ui.MarkNone
	}
	row.Cells = []string{title, state, strings.TrimSpace(free + " " + trustdata.Visible(p.FileSystem)), lastCopy(p.Before)}
	for _, c := range p.Before {
		row.Detail = append(row.Detail, fmt.Sprintf("On it: %s, copy %s, %s, looked at %s", trustdata.Visible(c.File), numbered(c.Number, c.Of), StateWord(c.State), ui.Day(c.LookedAt)))
	}
	return row
}

// lastCopy says when a remembered copy was written to a drive last.
func lastCopy(all []backup.Copy) string {
	if len(all) == 0 {
		return "none known"
	}
	last := all[0]
	for _, c := range all {
		if c.Written.After(last.Written) {
			last = c
		}
	}
	return ui.Day(last.Written)
}

// operation is the set that is being made, "" before its first copy.
func (m *Create) operation() string {
	if len(m.made) == 0 {
		return ""
	}
	return m.made[0].Operation
}

// copies is how many the set is to have.
func (m *Create) copies() int {
	switch {
	case len(m.made) == 0:
		return backup.DefaultCopies
	case m.waived:
		return len(m.made)
	}
	return max(m.opt.Set.Of, m.made[0].Copies, len(m.made))
}

// setSection says which copy this is, once there is one.
func (m *Create) setSection() []ui.Section {
	if len(m.made) == 0 {
		return []ui.Section{{Facts: []ui.Fact{{Value: fmt.Sprintf("COPY 1 OF %d. The next one goes onto another medium.", m.copies()), Mark: ui.MarkNote}}}}
	}
	s := ui.Section{Title: fmt.Sprintf("COPY %d OF %d", NextCopy(m.made), m.copies())}
	for _, r := range m.made {
		drive := r.Drive != nil || r.Medium != nil && r.Medium.Recognised
		s.Facts = append(s.Facts, ui.Fact{Value: fmt.Sprintf("copy %d is on %s: %s", r.Copy, carrier(r), howProven(r.State, r.Reading)), Mark: readingMark(r.State, r.Reading, drive)})
	}
	return []ui.Section{s}
}

// carrier names what a copy is on.
func carrier(r *backup.CreateResult) string {
	switch {
	case r.Drive != nil:
		return r.Drive.Title()
	case r.Medium.Name() != "":
		return trustdata.Visible(r.Medium.Name())
	}
	return trustdata.Visible(r.File)
}

// earlier is a copy that was written before the wizard began, as far as it is remembered.
func earlier(c backup.Copy, planned int) *backup.CreateResult {
	return &backup.CreateResult{File: c.File, SHA256: c.SHA256, State: c.State, Reading: c.Reading, Operation: c.Operation, Copy: c.Number, Copies: planned,
		Created: c.Created, Manifest: c.Manifest, Medium: c.Medium, Recipients: c.Recipients, Readers: c.Readers, Tool: c.Tool}
}

// NextCopy is the number of the copy after those that are there: one that takes the place of
// a damaged copy has its number.
func NextCopy(made []*backup.CreateResult) int {
	var set backup.Set
	for _, r := range made {
		set.Copies = append(set.Copies, backup.Copy{Number: r.Copy})
	}
	return set.Vacant(1)[0]
}

// howProven is the state of a copy with how it was read for that.
func howProven(s backup.State, how media.Reading) string {
	return StateWord(s) + readSentence(how)
}

func readSentence(how media.Reading) string {
	switch how {
	case media.Warm:
		return ", perhaps from this machine's memory"
	case media.Cold:
		return ", read from the medium"
	case media.Replugged:
		return ", after it was out and back"
	}
	return ""
}

// readingMark is the mark of a copy. Only one that was read after it had been out of the
// machine is known to be on its medium, and only a drive goes out.
func readingMark(s backup.State, how media.Reading, drive bool) ui.Mark {
	mark := stateMark(s)
	if !drive || how != media.Replugged {
		mark = ui.Worse(mark, ui.MarkSoon)
	}
	return mark
}

// fixed is busy, and keeps the readers of a set as they were for its first copy.
func (m *Create) fixed() string {
	if len(m.made) > 0 && (len(m.wish.Recipients) > 0 || m.locked) {
		return "All copies of a set are for the same readers."
	}
	return m.busy()
}

func (m *Create) leavingChoice() string {
	if len(m.made) > 0 {
		return fmt.Sprintf("%d of %d copies written. Leaving now leaves the set as it is.", len(m.made), m.copies())
	}
	return "Nothing is written yet. Leaving changes nothing."
}
