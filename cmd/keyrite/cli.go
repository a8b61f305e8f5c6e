package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"keyrite/backup/media"
	"keyrite/keyring/keychain"
	"keyrite/trustdata"
	"keyrite/ui"
	"keyrite/ui/app"
)

// process is what a run gets from the outside world; a test hands in its own.
type process struct {
	in       io.Reader
	out, err io.Writer
	getenv   func(string) string
	// environ is the whole environment, for programs that are run; nil gives them next to
	// nothing.
	environ func() []string
	now     func() time.Time
}

// cli is one run of the program.
type cli struct {
	process
	flags flags
	root  *cobra.Command
	// interrupts are shared with the runs inside this one.
	interrupts *interrupts
	// keychain is the run's one way to the keychain.
	keychain func() *keychain.Keychain
	// config is the configuration, nil before it was read; inForce is the chosen profile
	// and profileName its name, "" for none.
	config      *config
	inForce     profile
	profileName string
	// badge is what the console's header says of this run: RW, RO or DEMO.
	badge string
	// overview is what the overview says below everything else: the demo's passphrases.
	overview string
	// acts are what the palette does besides, about is a page about the demo, sticks the only
	// removable drives that the console sees, and folders opens what is on no drive. The demo
	// gives them; else they are nil.
	acts    []app.Act
	about   *ui.Page
	sticks  []media.Drive
	folders media.Opener
}

// flags are the global ones. They are accepted before and after the verb.
type flags struct {
	trustDirs, tlsCA, passphraseFiles      []string
	server, registry, color, theme         string
	tuf, tufRoot                           string
	config, profile                        string
	json, plain, offline, readOnly, dryRun bool
	yes, insecure, requireBackup           bool
	noKeychain                             bool
	virtual                                bool // disk images pass for drives
	timeout, deadline, keychainTimeout     time.Duration
	trustDirGiven                          bool
}

// run is the whole program but for the process around it. It returns the exit code.
func run(args []string, p process) int { return newCLI(p).run(args) }

func (c *cli) run(args []string) int {
	c.collectLater()
	c.collectInTime()
	// A reader that goes away, as head does, is an error of the write and not the end of
	// the process: what was opened is still to be cleaned up.
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	ctx, stop = c.interrupts.end(ctx)
	defer stop()
	crash := &crash{cli: c, stop: stop}
	defer trustdata.OnPanic(crash.note)()
	quit := crash.onQuit()
	defer quit()
	err := crash.guarded(func() error { return c.execute(ctx, args) })
	return c.report(ctx, crash.outcome(err))
}

func newCLI(p process) *cli {
	c := &cli{process: p, interrupts: new(interrupts)}
	c.keychain = sync.OnceValue(c.newKeychain)
	c.root = c.command()
	c.root.SetIn(p.in)
	c.root.SetOut(p.out)
	c.root.SetErr(p.err)
	return c
}

func (c *cli) execute(ctx context.Context, args []string) error {
	c.addVerbs(args)
	if strings.HasPrefix(firstWord(c.root, args), cobra.ShellCompRequestCmd) { // an alias may have flags before it
		c.completeAll(c.root)
	}
	c.root.SetArgs(args)
	return c.root.ExecuteContext(ctx)
}

func (c *cli) command() *cobra.Command {
	root := &cobra.Command{
		Use:           "keyrite",
		Short:         "See, rotate and back up the signing keys of container images",
		Long:          "keyrite shows the private keys of Docker Content Trust on this machine and the signed tags of remote\nrepositories, rotates keys, and writes age-encrypted offline backups. Without a verb it opens the console.",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          usageArgs(cobra.NoArgs),
		RunE:          func(cmd *cobra.Command, _ []string) error { return c.console(cmd.Context()) },
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			c.flags.trustDirGiven = cmd.Flags().Changed("trust-dir")
			if err := errors.Join(c.checkFlags(), c.checkTUF(cmd)); err != nil {
				return err
			}
			return c.useConfig(cmd)
		},
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usage(err) })
	f := root.PersistentFlags()
	f.StringArrayVar(&c.flags.trustDirs, "trust-dir", nil, "trust directory `DIR` (repeatable; default $DOCKER_CONFIG/trust, else ~/.docker/trust, and ~/.notary)")
	f.StringVar(&c.flags.server, "server", "", "trust server `URL` (default $DOCKER_CONTENT_TRUST_SERVER, else by the repository's host)")
	f.StringVar(&c.flags.registry, "registry", "", "registry `URL` (default by the repository's host)")
	f.StringVar(&c.flags.config, "config", "", "read the settings in `FILE` (default config.toml in keyrite's settings folder)")
	f.StringVar(&c.flags.profile, "profile", "", "use the settings' profile `NAME` (default: the one called default, if there is one)")
	f.StringVar(&c.flags.tuf, "tuf", "", "the TUF 1.0 repository with its metadata at `URL|DIR`, in the place of a GUN")
	f.StringVar(&c.flags.tufRoot, "tuf-root", "", "the root.json that the trust in --tuf starts from: `FILE`")
	f.StringArrayVar(&c.flags.tlsCA, "tls-ca", nil, "trust the certificate authority in `FILE` too")
	f.StringArrayVar(&c.flags.passphraseFiles, "passphrase-file", nil, "`ROLE=FILE` or KEYID=FILE: read a passphrase from FILE; ROLE-new=FILE for a key being made")
	f.StringVar(&c.flags.color, "color", "auto", "`auto`, always or never")
	f.StringVar(&c.flags.theme, "theme", "", "how the console looks: `auto`, dark, light, mono or high-contrast (default the settings', else $KEYRITE_THEME, else auto)")
	f.BoolVar(&c.flags.json, "json", false, "print one JSON value")
	f.BoolVar(&c.flags.plain, "plain", false, "print one fact per line; without a verb, the console as lines of text")
	f.BoolVar(&c.flags.offline, "offline", false, "ask no server: show what was cached, and say so")
	f.BoolVar(&c.flags.readOnly, "read-only", false, "refuse every change")
	f.BoolVar(&c.flags.dryRun, "dry-run", false, "print the plan and change nothing")
	f.BoolVar(&c.flags.yes, "yes", false, "answer every confirmation; what that waives is in the result")
	root.Flags().BoolVar(&c.flags.virtual, "allow-virtual", false, "let mounted disk images pass for drives in the console")
	f.BoolVar(&c.flags.requireBackup, "require-backup", false, "refuse where --yes would waive a backup")
	f.BoolVar(&c.flags.insecure, "insecure", false, "allow http:// servers that are not on this machine (never credentials over http)")
	f.DurationVar(&c.flags.timeout, "timeout", 30*time.Second, "how long a server may stay silent")
	f.BoolVar(&c.flags.noKeychain, "no-keychain", false, "never ask the operating system's keychain (also $KEYRITE_NO_KEYCHAIN)")
	f.DurationVar(&c.flags.keychainTimeout, "keychain-timeout", keychain.DefaultTimeout, "how long the keychain may take, or somebody to unlock it")
	f.DurationVar(&c.flags.deadline, "deadline", 0, "how long the whole verb may take (default no limit)")
	return root
}

// context bounds the verb by --deadline.
func (c *cli) context(ctx context.Context) (context.Context, context.CancelFunc) {
	if c.flags.deadline > 0 {
		return context.WithTimeout(ctx, c.flags.deadline)
	}
	return context.WithCancel(ctx)
}

// terminal reports whether v is a terminal, and gives its descriptor.
func terminal(v any) (fd int, ok bool) {
	f, isFile := v.(*os.File)
	if !isFile {
		return 0, false
	}
	fd = int(f.Fd())
	return fd, term.IsTerminal(fd)
}

// canPrompt reports whether a question can be asked: stdin and stderr are terminals, so
// that stdout can be piped.
func (c *cli) canPrompt() bool {
	_, in := terminal(c.in)
	_, err := terminal(c.err)
	return in && err
}
