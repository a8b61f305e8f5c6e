package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"keyrite/cmd/keyrite/demo"
	"keyrite/trustdata"
	"keyrite/ui/app"
)

// problemsNamed are the problems of --with.
func problemsNamed(names []string) ([]demo.Problem, error) {
	var out []demo.Problem
	for _, name := range names {
		p := demo.Problem(name)
		if !slices.Contains(demo.Problems(), p) {
			return nil, usagef("--with takes %s, not %q", problemList(), name)
		}
		out = append(out, p)
	}
	return out, nil
}

// problemList names all problems, for people.
func problemList() string {
	var names []string
	for _, p := range demo.Problems() {
		names = append(names, string(p))
	}
	return strings.Join(names, ", ")
}

// breakFirst lets problems begin before the console opens.
func (c *cli) breakFirst(ctx context.Context, world *demo.World, problems []demo.Problem) error {
	for _, p := range problems {
		var err error
		if p == demo.KilledRotation {
			_, err = c.cutOff(ctx, world)
		} else {
			err = world.Break(ctx, p)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
	}
	return nil
}

// breaking are the palette's entries that break something in the demo, and mend it. A rotation
// is killed only before the console opens, which is a run of the program itself.
func breaking(ctx context.Context, world *demo.World) (acts []app.Act) {
	for _, p := range demo.Problems() {
		if p == demo.KilledRotation {
			continue
		}
		name := strings.ReplaceAll(string(p), "-", " ")
		entry := func(verb, about, done string, turn func(context.Context, demo.Problem) error) {
			acts = append(acts, app.Act{Name: verb + " " + name, About: about, Do: func() (string, bool) {
				if err := turn(ctx, p); err != nil {
					return "The demo could not do it: " + trustdata.VisibleError(err), false
				}
				return done, true
			}})
		}
		entry("break", "demo: "+p.Brief(), "BROKEN: "+p.Where()+". "+p.Seen(), world.Break)
		entry("mend", "demo: all is well again", "Mended: "+name+".", world.Mend)
	}
	return acts
}

// walkProblems walks the problems in plain text; nil are all of them.
func (c *cli) walkProblems(ctx context.Context, world *demo.World, problems []demo.Problem) error {
	if problems == nil {
		problems = demo.Problems()
	}
	return demo.WalkProblems(ctx, c.out, world, problems, demo.Hands{
		Run: func(args ...string) int {
			in := c.inside(world)
			in.err = in.out // an error is part of the story
			return in.report(ctx, in.execute(ctx, append(args, "--registry", world.RegistryURL)))
		},
		CutOff: func(ctx context.Context) (string, error) { return c.inside(world).cutOff(ctx, world) },
	})
}

// started are the problems that the console opens on; nil is what was not said.
func started(problems []demo.Problem) []demo.Problem {
	if problems == nil {
		return []demo.Problem{demo.KilledRotation}
	}
	return problems
}
