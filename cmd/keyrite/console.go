package main

import (
	"context"
	"io"
	"net/url"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/ui"
	"keyrite/ui/activity"
	"keyrite/ui/app"
	"keyrite/ui/help"
	"keyrite/ui/keys"
	"keyrite/ui/linear"
	"keyrite/ui/repos"
	"keyrite/ui/tags"
	"keyrite/ui/trash"
)

// console opens the console and stays until it is left.
func (c *cli) console(ctx context.Context) error {
	if err := c.interactive(); err != nil {
		return err
	}
	c.flags.readOnly = c.flags.readOnly || c.flags.dryRun // each change's plan is on its screen anyway
	s, err := c.openKeys()
	if err != nil {
		return err
	}
	s.note = func(string) {}
	s.realms.quiet = true // the console cannot be interrupted by a question on stderr
	// While the console runs nothing else writes to the terminal, or asks there.
	stderr := c.err
	c.err = io.Discard
	defer func() { c.err = stderr }()
	look, err := c.look()
	if err != nil {
		return err
	}
	t := app.Terminal{In: c.in, Out: c.out, Env: c.environment(), Profile: c.profile()}
	d := &desk{session: s, ctx: ctx, styles: ui.NewStyles(t.Look(look)), clock: app.Clock(c.now), rounds: keyring.DefaultIterations}
	if c.linear() {
		err = c.runLines(ctx, d.options())
	} else {
		err = c.runFrame(ctx, d.options(), t)
	}
	// A change that is being sent is finished and written down before the program ends.
	d.working.Wait()
	return err
}

// runFrame runs the console in its frame.
func (c *cli) runFrame(ctx context.Context, opt app.Options, t app.Terminal) error {
	defer c.dropTypedAtEnd(ctx)()
	return app.Run(ctx, opt, t)
}

// runLines runs the console as text. Interrupts are keys meanwhile, as they are in the frame.
func (c *cli) runLines(ctx context.Context, opt app.Options) error {
	interrupted, release := c.interrupts.take()
	defer release()
	defer c.dropTypedAtEnd(ctx)()
	return app.RunLines(ctx, opt, linear.Terminal{In: c.in, Out: c.out, Hide: c.hideTyping, Interrupts: interrupted})
}

// options are the console's screens and how they lead to one another.
func (d *desk) options() app.Options {
	c := d.session.cli
	badge := c.badge
	switch {
	case badge != "":
	case c.flags.readOnly:
		badge = "RO"
	default:
		badge = "RW"
	}
	start, first := d.openedAt()
	return app.Options{
		Styles: d.styles, Clock: d.clock, Server: d.serverName(), Badge: badge, Profile: c.profileLabel(), Start: start,
		Tabs: []app.Tab{
			{Digit: "1", Name: "Overview", Screen: d.overviewScreen()},
			{Digit: "2", Name: "Keys", Screen: d.keysScreen()},
			{Digit: "3", Name: "Repos", Screen: d.reposScreen()},
			{Digit: "4", Name: "Backups", Screen: d.backupsScreen()},
			{Digit: "5", Name: "Activity", Screen: d.activityScreen()},
		},
		Open:       d.tagsScreen,
		ParseName:  d.parseName,
		Commands:   d.commands(),
		Orders:     d.orders(),
		KeepOrders: d.keeperOfOrders(),
		Acts:       c.acts,
		Help:       help.Maker(d.styles),
		First:      first,
		News:       d.news(),
		AtStart:    d.recover,
		Copy:       func(text string) string { return c.copyText(d.ctx, text) },
	}
}

// orders are those of an earlier run. One that cannot be read is none: nothing depends on it.
func (d *desk) orders() map[string]string {
	all, _ := d.session.state.Orders()
	return all
}

// keeperOfOrders keeps the orders of lists, where something may be written.
func (d *desk) keeperOfOrders() func(map[string]string) error {
	if d.fixedReason() != "" {
		return nil
	}
	return d.session.state.KeepOrders
}

// commands are the screens that only the palette leads to.
func (d *desk) commands() []app.Command {
	all := []app.Command{{Name: "trash", About: "bring back a removed key file", Open: d.trashScreen}}
	if page := d.session.cli.about; page != nil {
		all = append(all, app.Command{Name: "demo", About: "its passphrases, and what can go wrong", Open: func() ui.Screen { return help.NewTopic(d.styles, "demo", *page) }})
	}
	return all
}

// serverName is the trust server's name for the header, where one serves everything.
func (d *desk) serverName() string {
	u, err := url.Parse(d.session.access.Server)
	if err != nil || u.Host == "" {
		return ""
	}
	return trustdata.Visible(u.Host)
}

// parseName turns what was typed into a repository's name, as the verbs do.
func (d *desk) parseName(typed string) (trustdata.GUN, error) {
	if base, ok := d.typedTUF(typed); ok {
		return base, nil
	}
	gun, err := trustdata.ParseGUN(typed)
	if err != nil {
		return "", err
	}
	known, err := d.lastKnown()
	if err != nil {
		return "", err
	}
	for _, k := range known {
		if k == gun {
			return gun, nil
		}
	}
	return trustdata.ExpandGUN(gun), nil
}

func (d *desk) keysScreen() ui.Screen {
	return keys.New(keys.Options{Context: d.ctx, Styles: d.styles, Clock: d.clock, Store: d.session.keys, Finder: d, Backups: backupDesk{d},
		Dirs: d.session.paths.trust, OpenRepository: d.tagsScreen, Import: d.importScreen, Rotate: d.rotateKey, Retire: d.retireKey, BackUp: d.backupScreen, Ceremony: d.ceremonyOf})
}

func (d *desk) trashScreen() ui.Screen {
	return trash.New(trash.Options{Context: d.ctx, Styles: d.styles, Clock: d.clock, Store: d.session.keys, BringBack: d.importFile})
}

func (d *desk) activityScreen() ui.Screen {
	return activity.New(activity.Options{Context: d.ctx, Styles: d.styles, Clock: d.clock, Log: d.session.state.Activity(), Unfinished: d.unfinished})
}

func (d *desk) reposScreen() ui.Screen {
	return repos.New(repos.Options{Context: d.ctx, Styles: d.styles, Clock: d.clock, Source: d,
		Offline: d.session.cli.flags.offline, Open: d.tagsScreen, Archive: d.archiveScreen, Rotate: d.rotateMarked,
		Refresh: d.refresh, Repair: d.repair, Delete: d.deleteRepository, Ceremony: d.ceremonyScreen, Leave: d.leaveScreen})
}

func (d *desk) tagsScreen(gun trustdata.GUN) ui.Screen {
	return tags.New(tags.Options{Context: d.ctx, Styles: d.styles, Clock: d.clock, Source: d, GUN: gun, Dialect: d.dialectOf(gun),
		Offline: d.session.cli.flags.offline, Rotate: d.rotateRepository,
		Sign: d.signTags, Unsign: d.unsignTags, Refresh: d.refreshOne, Repair: d.repair, Delete: d.deleteRepository, AddSigner: d.addSigner, RemoveSigner: d.removeSigner,
		Archive: d.archiveScreen, Export: d.session.exportHere, Signatures: d.session.otherSignatures, Notation: d.notationScreen})
}
