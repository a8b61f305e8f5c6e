package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"keyrite/cmd/keyrite/demo"
	"keyrite/trustdata"
)

func (c *cli) demoCommand() *cobra.Command {
	return &cobra.Command{
		Use: "demo", Short: "Try keyrite on a made-up company, with servers of its own in a temporary folder",
		Long: "Try keyrite on a made-up company: keys, repositories, signed tags and problems, served by a trust server\n" +
			"and a registry inside this program. On a terminal it opens the console; else it walks the main job in\n" +
			"plain text. It never touches the real home, settings or keychain.",
		Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return c.demo(cmd.Context()) },
	}
}

func (c *cli) demo(ctx context.Context) (err error) {
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
		inside.badge = "DEMO"
		if err := errors.Join(world.Banner(c.out), inside.warm(ctx), inside.cutOff(ctx, world)); err != nil {
			return err
		}
		begin := "Enter opens the console, where 1 shows the passphrases again. "
		if c.linear() {
			begin = "Enter begins the console. "
		}
		if _, err := inside.ask(ctx, bufio.NewReaderSize(c.in, 16), begin); err != nil {
			return err
		}
		inside.overview = world.Hint()
		return inside.console(ctx)
	}
	return demo.Walk(ctx, c.out, world, func(args ...string) error {
		inside := c.inside(world)
		err := inside.execute(ctx, append(args, "--registry", world.RegistryURL))
		if errors.Is(err, errAttention) { // what the audit is there to find
			return nil
		}
		return err
	})
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
