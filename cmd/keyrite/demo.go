package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"keyrite/cmd/keyrite/demo"
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
		if err := world.Banner(c.err); err != nil {
			return err
		}
		return inside.console(ctx)
	}
	return demo.Walk(ctx, c.out, world, func(args ...string) error {
		inside := c.inside(world)
		return inside.execute(ctx, append(args, "--registry", world.RegistryURL))
	})
}

// inside is a run of the program whose whole environment is the demo's. Nobody is there
// to be asked: its input is empty.
func (c *cli) inside(world *demo.World) *cli {
	in := newCLI(process{in: c.in, out: c.out, err: c.err, getenv: world.Getenv, now: c.now})
	in.flags = c.flags
	in.flags.registry = world.RegistryURL
	return in
}
