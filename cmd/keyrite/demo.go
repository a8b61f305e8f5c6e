package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"

	"github.com/spf13/cobra"

	"keyrite/cmd/keyrite/demo"
	"keyrite/trustdata"
)

func (c *cli) demoCommand() *cobra.Command {
	var with []string
	cmd := &cobra.Command{
		Use: "demo", Short: "Try keyrite on a made-up company, with servers of its own in a temporary folder",
		Long: "Try keyrite on a made-up company: keys, repositories, signed tags and problems, served by a trust server\n" +
			"and a registry inside this program. On a terminal it opens the console; else it walks the main job in\n" +
			"plain text. It never touches the real home, settings or keychain.\n\n" +
			"There are problems that one can break and mend: " + problemList() + ".\n" +
			"In the console : break and : mend do it while you look, and --with lets some begin at once. In plain text\n" +
			"all of them are walked, or those of --with.",
		Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			problems, err := problemsNamed(with)
			if err != nil {
				return err
			}
			return c.demo(cmd.Context(), problems)
		},
	}
	cmd.Flags().StringSliceVar(&with, "with", nil, "begin with these `PROBLEMS` (default killed-rotation)")
	return cmd
}

func (c *cli) demo(ctx context.Context, problems []demo.Problem) (err error) {
	dir, err := os.MkdirTemp("", "keyrite-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	world, err := demo.New(ctx, dir, c.now)
	if err != nil {
		return fmt.Errorf("building the demo in %q: %w", dir, err)
	}
	defer func() { err = errors.Join(err, world.Close()) }()
	if c.interactive() == nil {
		inside := c.inside(world)
		inside.badge, inside.acts, inside.sticks = "DEMO", breaking(ctx, world), world.Sticks()
		if err := errors.Join(world.Banner(c.out), c.sayShell(world), inside.warm(ctx), inside.breakFirst(ctx, world, started(problems))); err != nil {
			return err
		}
		begin := "Enter opens the console, where 1 and : demo show the passphrases again. "
		if c.linear() {
			begin = "Enter begins the console. "
		}
		if _, err := inside.ask(ctx, bufio.NewReaderSize(c.in, 16), begin); err != nil {
			return err
		}
		page := world.Page()
		inside.overview, inside.about = world.Hint(), &page
		return inside.console(ctx)
	}
	walked := demo.Walk(ctx, c.out, world, func(args ...string) error {
		inside := c.inside(world)
		err := inside.execute(ctx, append(args, "--registry", world.RegistryURL))
		if errors.Is(err, errAttention) { // what the audit is there to find
			return nil
		}
		return err
	})
	if walked != nil {
		return walked
	}
	return c.walkProblems(ctx, world, problems)
}

// sayShell says how another shell reaches the company, where shells read such files.
func (c *cli) sayShell(world *demo.World) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	program, err := os.Executable()
	if err != nil {
		return err
	}
	file, err := world.ShellFile(program)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.out, "Other shells  . %s makes keyrite there this company's\n", file)
	return err
}

// inside is a run of the program whose environment is the demo's, but for what describes
// the terminal that it is shown on.
func (c *cli) inside(world *demo.World) *cli {
	getenv := func(name string) string {
		if slices.Contains(terminalVariables, name) {
			return c.getenv(name)
		}
		return world.Getenv(name)
	}
	in := newCLI(process{in: c.in, out: c.out, err: c.err, getenv: getenv, now: c.now})
	in.interrupts = c.interrupts
	in.flags = c.flags
	in.flags.noKeychain = true
	in.flags.registry = world.RegistryURL
	in.folders = world.OpenFolder
	return in
}

// warm reads every repository once, as somebody at work would have: the console then opens
// on what its keys are for.
func (c *cli) warm(ctx context.Context) error {
	s, err := c.openKeys()
	if err != nil {
		return err
	}
	guns, err := s.known(ctx)
	if err != nil {
		return err
	}
	s.each(ctx, guns, false, func(int, *trustdata.Collection, error) {})
	return ctx.Err()
}
