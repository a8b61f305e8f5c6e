package app_test

import (
	"context"

	"charm.land/bubbles/v2/key"

	"keyrite/ui"
	"keyrite/ui/app"
	"keyrite/ui/help"
	"keyrite/ui/keys"
)

func (w *world) wire(opt *app.Options) {
	st, ctx := opt.Styles, context.Background()
	k := keys.New(keys.Options{Context: ctx, Styles: st, Clock: opt.Clock, Store: w, Finder: w, Where: "~/.docker/trust"})
	opt.Tabs = []app.Tab{
		{Digit: "1", Name: "Overview", Missing: "There is no overview yet. 2 shows the keys."},
		{Digit: "2", Name: "Keys", Screen: k},
	}
	opt.Help = func(about ui.Screen, everywhere []key.Binding) ui.Screen { return help.New(st, about, everywhere) }
}
