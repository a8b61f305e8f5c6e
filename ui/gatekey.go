package ui

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"keyrite/trustdata"
)

func (g *Gate) noNewKey() string {
	if g.NewID == "" {
		return "The new key is not made yet. N makes it."
	}
	return g.work.Occupied()
}

func (g *Gate) cannotMake() string {
	switch {
	case g.cramped:
		return tooCramped
	case g.NewID != "":
		return "The new key is made: it is the one on this page."
	}
	return g.work.Occupied()
}

// makeKey makes the new key in pending/, which leaving moves to the trash again.
func (g *Gate) makeKey() tea.Cmd {
	if _, some := g.work.Held.Missing(); some {
		return g.work.Held.Open()
	}
	prepare, abandon, reopen, pending := g.opt.Prepare(), g.opt.Abandon, g.opt.Reopen, g.Pending
	pass, give := g.work.Held.TakeChosen(trustdata.RoleRoot), g.work.Held.Giving()
	return g.work.Run("making the new key, reading it back and opening it", func(ctx context.Context) (any, error) {
		defer pass.Wipe()
		prep, err := prepare(ctx, pass)
		if err != nil {
			return nil, err
		}
		if !pending.Add(prep) {
			return nil, abandon(context.WithoutCancel(ctx), prep)
		}
		if reopen != nil {
			// Failing costs a question at the second try, no more.
			if k, err := reopen(ctx, prep.NewIDs[0], pass); err == nil {
				kept := NewOpened()
				kept.Add(prep.NewIDs[0], k)
				give(kept)
			}
		}
		return gateMade{prep.NewIDs[0]}, nil
	})
}

func (g *Gate) askFolder() tea.Cmd {
	return g.work.Held.Ask(NewBackupFolder(g.work.styles), func(r any) tea.Cmd {
		if folder, ok := r.(string); ok {
			return g.askRecipients(folder)
		}
		return nil
	})
}

func (g *Gate) askRecipients(folder string) tea.Cmd {
	return g.work.Held.Ask(NewRecipients(g.work.styles, g.opt.Readers, nil), func(r any) tea.Cmd {
		if to, ok := r.([]string); ok {
			return g.backUp(folder, to)
		}
		return nil
	})
}

func (g *Gate) backUp(folder string, recipients []string) tea.Cmd {
	write, prep := g.opt.BackUp, g.Pending.Get()
	if prep == nil && !g.Begun {
		return Say("There is no new key to back up any more.")
	}
	return g.work.Run("writing the backup to "+trustdata.Visible(folder)+" and reading it back", func(ctx context.Context) (any, error) {
		r, err := write(ctx, prep, folder, recipients)
		return gateSaved{r}, err
	})
}

func (g *Gate) askWaiver() tea.Cmd {
	return g.work.Held.Ask(NewWaiver(g.work.styles, g.opt.Deed), func(r any) tea.Cmd {
		if why, ok := r.(string); ok {
			g.Saved = Secured{Waived: why}
			g.work.Refresh()
		}
		return nil
	})
}
