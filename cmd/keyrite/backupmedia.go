package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"

	"github.com/spf13/cobra"

	"keyrite/backup/media"
	"keyrite/trustdata/rotation"
	backupui "keyrite/ui/backup"
)

// backupMediaCommands are backup media and backup eject.
func (c *cli) backupMediaCommands() []*cobra.Command {
	var virtual bool
	list := &cobra.Command{
		Use: "media", Short: "List the removable drives, and why nothing can be written to one",
		Long: "media lists the removable drives with what is written on them, and why nothing can be written to one:\n" +
			"there is no medium in it, the keys themselves are on it, it is not mounted, read-only, full, or does not\n" +
			"answer. It changes nothing. Drives are found on Linux; elsewhere give the path of a folder.\n\n" +
			"--json prints [{\"title\",\"mount\",\"usable\",\"reason\",\"why\",\"vendor\",\"model\",\"serial\",\"bus\",\"size\",\"free\",\"file_system\",\"label\",\n" +
			"\"uuid\",\"token\",\"read_only\",\"encrypted\",\"device\",\"twin\",\"problem\"}]; free is -1 where it is not known, reason \"\" if usable.",
		Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return c.backupMedia(cmd.Context(), virtual) },
	}
	eject := &cobra.Command{
		Use: "eject DIR", Short: "Unmount the drive that a folder is on, and switch it off",
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.backupEject(cmd.Context(), absolute(args[0]), virtual)
		},
	}
	for _, cmd := range []*cobra.Command{list, eject} {
		cmd.Flags().BoolVar(&virtual, "allow-virtual", false, "let mounted disk images pass for drives")
	}
	return []*cobra.Command{list, eject}
}

// mediumVerb is the verb of the helper process, which no person types.
const mediumVerb = "medium-helper"

// mediumCommand serves one medium to another keyrite, so that a medium that hangs hangs
// nobody who matters. It reads no settings.
func (c *cli) mediumCommand() *cobra.Command {
	return &cobra.Command{
		Use: mediumVerb, Hidden: true, Short: "Work on a medium for another keyrite", Args: usageArgs(cobra.NoArgs),
		PersistentPreRunE: func(*cobra.Command, []string) error { return nil },
		RunE:              func(*cobra.Command, []string) error { return media.Serve(c.in, c.out) },
	}
}

// mediumHelper runs this very program. On Linux its path is taken from the kernel, which
// has it also after the file was replaced.
func mediumHelper() (media.Helper, error) {
	program := "/proc/self/exe"
	if runtime.GOOS != "linux" {
		var err error
		if program, err = os.Executable(); err != nil {
			return media.Helper{}, err
		}
	}
	return media.Helper{Program: program, Args: []string{"keyrite", mediumVerb}}, nil
}

// reading opens the folders of backups that are read, each in a process of its own. The demo
// has an opener of its own.
func (c *cli) reading(ctx context.Context) media.Opener {
	if c.folders != nil {
		return c.folders
	}
	helper, err := mediumHelper()
	if err != nil {
		return func(string, bool) (media.Folder, error) { return nil, err }
	}
	return helper.Opener(ctx, nil)
}

// mediaOptions say which drives are not for backups: those with the keys, and the home's.
func (s *session) mediaOptions(virtual bool) (media.Options, error) {
	helper, err := mediumHelper()
	return media.Options{Keys: s.paths.trust, Home: s.cli.home(), Virtual: virtual, Ask: helper.Ask, Resolve: helper.Resolve}, err
}

// systemBus is the address of the system's bus, "" where there is none.
func (c *cli) systemBus() string {
	if address := c.getenv("DBUS_SYSTEM_BUS_ADDRESS"); address != "" {
		return address
	}
	for _, socket := range []string{"/run/dbus/system_bus_socket", "/var/run/dbus/system_bus_socket"} {
		if !missing(socket) {
			return "unix:path=" + socket
		}
	}
	return ""
}

type driveJSON struct {
	Title      string        `json:"title"`
	Mount      string        `json:"mount"`
	Usable     bool          `json:"usable"`
	Reason     media.Refusal `json:"reason"`
	Why        string        `json:"why"`
	Vendor     string        `json:"vendor"`
	Model      string        `json:"model"`
	Serial     string        `json:"serial"`
	Bus        string        `json:"bus"`
	Size       int64         `json:"size"`
	Free       int64         `json:"free"`
	FileSystem string        `json:"file_system"`
	Label      string        `json:"label"`
	UUID       string        `json:"uuid"`
	Token      media.Token   `json:"token"`
	ReadOnly   bool          `json:"read_only"`
	Encrypted  bool          `json:"encrypted"`
	Device     string        `json:"device"`
	Twin       string        `json:"twin"`
	Problem    string        `json:"problem"`
}

func newDriveJSON(d media.Drive) driveJSON {
	return driveJSON{Title: d.Title(), Mount: d.Mount, Usable: d.Refused == "", Reason: d.Refused, Why: d.Refused.String(), Vendor: d.Vendor,
		Model: d.Model, Serial: d.Serial, Bus: d.Bus, Size: d.Size, Free: d.Free, FileSystem: d.FileSystem, Label: d.Label, UUID: d.UUID,
		Token: d.Token, ReadOnly: d.ReadOnly, Encrypted: d.Encrypted, Device: d.Device, Twin: d.Twin, Problem: d.Problem}
}

func (c *cli) backupMedia(ctx context.Context, virtual bool) error {
	ctx, cancel := c.context(ctx)
	defer cancel()
	s, err := c.openView()
	if err != nil {
		return err
	}
	opt, err := s.mediaOptions(virtual)
	if err != nil {
		return err
	}
	drives, err := media.Scan(ctx, opt)
	if err != nil {
		return err
	}
	out := make([]driveJSON, len(drives))
	for i, d := range drives {
		out[i] = newDriveJSON(d)
	}
	return c.emit(out, backupui.DrivesPage(drives, c.now()))
}

func (c *cli) backupEject(ctx context.Context, dir string, virtual bool) error {
	ctx, cancel := c.context(ctx)
	defer cancel()
	s, err := c.openView()
	if err != nil {
		return err
	}
	opt, err := s.mediaOptions(virtual)
	if err != nil {
		return err
	}
	d, err := media.At(ctx, opt, dir)
	if err != nil {
		return err
	}
	if d.Refused == media.NotRemovable || d.Refused == media.HoldsSystem {
		return fmt.Errorf("folder %q is on %q, which is no drive to take out: %s", dir, d.Mount, d.Refused)
	}
	if c.flags.dryRun {
		return c.emitPlan(ejectPlanJSON(d), backupui.EjectPlanPage(d))
	}
	if c.flags.readOnly {
		return errors.New("nothing is unmounted with --read-only")
	}
	c.progress("Writing out what the drive has not taken yet...")
	done, err := media.Ejector{Bus: c.systemBus()}.Eject(ctx, d)
	if err != nil {
		return err
	}
	return c.emit(struct {
		Title string `json:"title"`
		Mount string `json:"mount"`
		media.Ejected
	}{d.Title(), d.Mount, done}, backupui.EjectedPage(d, done))
}

func ejectPlanJSON(d media.Drive) planJSON {
	return planJSON{ID: d.Mount, Kind: "backup eject", Needs: []rotation.Need{}, WillNotFollow: []string{}, Changes: []string{},
		Steps: []string{"have the disk service unmount " + d.Title(), "see in the kernel that it is", "switch the drive off, unless another part of it is in use"}}
}
