package tags

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"keyrite/trustdata"
	"keyrite/trustdata/remote"
	"keyrite/ui"
)

func TestExportOfAConflict(t *testing.T) {
	var written *remote.Conflict
	m := New(Options{Context: context.Background(), Styles: ui.NewStyles(ui.Look{}), Clock: ui.Clock{Now: time.Now}, GUN: "reg.example/app",
		Export: func(c *remote.Conflict) (string, error) { written = c; return "/state/conflicts/x", nil }})
	press := tea.KeyPressMsg{Code: 'e', Text: "e"}
	if m.Update(press); m.keys.export.Enabled() {
		t.Error("there is nothing to export yet")
	}
	conflict := &remote.Conflict{Refused: trustdata.Refuse(trustdata.RoleTimestamp, trustdata.ReasonRollback, "version 6 is older than version 7"),
		GUN: "reg.example/app", Server: "https://notary.example", SeenAt: time.Unix(0, 0)}
	m.take(ui.Loaded[loaded]{Ended: true, Err: errors.Join(conflict)})
	if !strings.Contains(help(m), "export both copies") {
		t.Error("the footer does not offer it")
	}
	msg := m.Update(press)()
	said, ok := m.Update(msg)().(ui.StatusMsg)
	if written != conflict || !ok || !strings.Contains(said.Text, "/state/conflicts/x") {
		t.Errorf("%T %+v", said, said)
	}
	if m.take(ui.Loaded[loaded]{Ended: true}); m.keys.export.Enabled() {
		t.Error("the next load was fine, and there is still something to export")
	}
}

func help(m *Model) string {
	s := ""
	for _, b := range m.ShortHelp() {
		s += b.Help().Desc + " "
	}
	return s
}
