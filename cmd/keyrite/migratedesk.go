package main

import (
	"context"

	"keyrite/trustdata"
	"keyrite/trustdata/migration"
	"keyrite/ui"
	shown "keyrite/ui/migrate"
)

// leaveScreen is the screen of what another system is to sign anew, or why there is none.
func (d *desk) leaveScreen(guns []trustdata.GUN) (ui.Screen, string) {
	if d.session.cli.flags.offline {
		return nil, "Offline: a plan asks trust server and registry."
	}
	for _, gun := range guns {
		if d.session.isTUF(gun) {
			return nil, "What a TUF repository signs is in no registry."
		}
	}
	return shown.New(shown.Options{Context: d.ctx, Styles: d.styles, Clock: d.clock, GUNs: guns, Plan: d.leavingPlan}), ""
}

// leavingPlan makes the plan of repositories for a system, with nothing decided.
func (d *desk) leavingPlan(ctx context.Context, guns []trustdata.GUN, system string) (*migration.Plan, error) {
	m := &migrating{signer: migration.Signer{For: system}}
	var all []*migration.Live
	for _, gun := range guns {
		live, err := d.session.lookAt(ctx, gun, "", nil)
		if err != nil {
			return nil, err
		}
		all = append(all, live)
	}
	return d.session.planOf(all, m)
}
