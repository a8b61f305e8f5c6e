package app

import (
	"reflect"

	tea "charm.land/bubbletea/v2"

	"keyrite/trustdata"
)

// guarded is the model with its panics, and those of its commands, caught before the library
// sees them: it would print their values.
type guarded struct {
	*Model
	first tea.Cmd // of the program, before the model's own
}

func (g guarded) Init() tea.Cmd {
	defer trustdata.Caught()
	return guardedCmd(tea.Batch(g.first, g.Model.Init()))
}

func (g guarded) Update(msg tea.Msg) (_ tea.Model, cmd tea.Cmd) {
	defer trustdata.Caught()
	_, cmd = g.Model.Update(msg)
	return g, guardedCmd(cmd)
}

// View draws nothing more after a panic: the program is about to end.
func (g guarded) View() tea.View {
	defer trustdata.Caught()
	return g.Model.View()
}

// Reply is the model's, for lines of text.
func (g guarded) Reply(line []byte) (said string, cmd tea.Cmd) {
	said, cmd = g.Model.Reply(line)
	return said, guardedCmd(cmd)
}

// Leave is the model's, at the end of lines.
func (g guarded) Leave() (cmd tea.Cmd, held string) {
	cmd, held = g.Model.Leave()
	return guardedCmd(cmd), held
}

// end gives up what is under way. After a panic nothing is known of the screens.
func (g guarded) end() {
	defer trustdata.Caught()
	g.Model.end()
}

func guardedCmd(cmd tea.Cmd) tea.Cmd {
	if cmd == nil {
		return nil
	}
	return func() (msg tea.Msg) {
		defer trustdata.Caught()
		msg = cmd()
		commands := reflect.ValueOf(msg)
		if msg == nil || commands.Kind() != reflect.Slice || commands.Type().Elem() != reflect.TypeFor[tea.Cmd]() {
			return msg
		}
		// A batch or a sequence, whose type has no public name. The library runs what is in it.
		all := reflect.MakeSlice(commands.Type(), commands.Len(), commands.Len())
		for i := range commands.Len() {
			all.Index(i).Set(reflect.ValueOf(guardedCmd(commands.Index(i).Interface().(tea.Cmd))))
		}
		return all.Interface()
	}
}
