package main

import (
	"cmp"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"keyrite/trustdata"
	"keyrite/ui"
)

func (c *cli) configCommand() *cobra.Command {
	parent := &cobra.Command{Use: "config", Short: "Show and check the settings file", Args: usageArgs(cobra.NoArgs), RunE: needVerb}
	verb := func(use, short string, run func() error) *cobra.Command {
		return &cobra.Command{Use: use, Short: short, Args: usageArgs(cobra.NoArgs), RunE: func(*cobra.Command, []string) error { return run() }}
	}
	parent.AddCommand(
		verb("path", "Print where the settings file is", c.configPathVerb),
		verb("show", "Show the settings as they are understood, without a secret", c.configShow),
		verb("check", "Say whether every verb can use the settings file, or what is wrong on which line", c.configCheck),
	)
	return parent
}

type configPathJSON struct {
	Path   string `json:"path"`
	Exists bool   `json:"exists"`
}

func (c *cli) configPathVerb() error {
	path := c.configPath()
	if path == "" {
		return errNoHome
	}
	out := configPathJSON{path, !missing(path)}
	if c.flags.json || c.flags.plain {
		return c.emit(out, ui.Page{Title: "config path", Sections: []ui.Section{{Facts: []ui.Fact{
			{Label: "Path", Value: trustdata.Visible(path)}, {Label: "Exists", Value: yesNo(out.Exists)}}}}})
	}
	_, err := fmt.Fprintf(c.out, "%s\n", trustdata.Visible(path))
	return err
}

type configShowJSON struct {
	configPathJSON
	Profile    string                         `json:"profile"`
	Profiles   []profileJSON                  `json:"profiles"`
	Pins       map[string][]string            `json:"pins"`
	PinsInUse  bool                           `json:"pins_in_use"`
	FirstUse   bool                           `json:"trust_on_first_use"`
	Clients    map[string]map[string][]string `json:"clients"`
	Recipients map[string][]string            `json:"recipients"`
	Backup     backupSettingsJSON             `json:"backup"`
	Limits     map[string]string              `json:"limits"`
	Confirmed  []realmRecord                  `json:"confirmed_realms"`
	Theme      string                         `json:"theme"`
}

type profileJSON struct {
	Name        string            `json:"name"`
	Word        string            `json:"word"`
	TrustDir    []string          `json:"trust_dir"`
	Server      string            `json:"server"`
	Registry    string            `json:"registry"`
	Credentials map[string]string `json:"credentials"`
	TLS         map[string]any    `json:"tls"`
	ReadOnly    bool              `json:"read_only"`
	Realms      []string          `json:"realms"`
}

type backupSettingsJSON struct {
	To         string   `json:"to"`
	Recipients []string `json:"recipients"`
	Plugins    []string `json:"plugins"`
}

func (c *cli) configShow() error {
	cfg, err := c.readConfig()
	if err != nil {
		return err
	}
	name, err := cfg.choose(c.flags.profile)
	if err != nil {
		return err
	}
	atOnce, _ := cfg.Limits.atOnce() // readConfig has checked it
	out := configShowJSON{configPathJSON: configPathJSON{cfg.path, cfg.exists}, Profile: name, Profiles: []profileJSON{},
		Pins: cfg.Pins.shown(), PinsInUse: true, FirstUse: !cfg.Pins.DisableTOFU, Clients: map[string]map[string][]string{}, Recipients: lists(cfg.Recipients), Confirmed: []realmRecord{}, Theme: cfg.Theme,
		Backup: backupSettingsJSON{cfg.Backup.To, list([]string(cfg.Backup.Recipients)), cfg.allowedPlugins()},
		Limits: map[string]string{"timeout": cfg.Limits.Timeout, "deadline": cfg.Limits.Deadline, "at_once": strconv.Itoa(atOnce)}}
	for _, n := range slices.Sorted(maps.Keys(cfg.Profile)) {
		out.Profiles = append(out.Profiles, newProfileJSON(n, cfg.Profile[n]))
	}
	for n, client := range cfg.Clients {
		out.Clients[n] = client.shown()
	}
	if p, err := c.findPaths(); err == nil {
		known, err := (&realmBook{cli: c, path: filepath.Join(p.state, "realms.jsonl")}).list()
		if err != nil {
			return err
		}
		out.Confirmed = list(known)
	}
	return c.emit(out, configPage(out))
}

func newProfileJSON(name string, p profile) profileJSON {
	files := func(f tlsFiles) map[string]any {
		return map[string]any{"ca": list([]string(f.CA)), "cert": f.Cert, "key": f.Key}
	}
	return profileJSON{Name: name, Word: p.Word, TrustDir: list([]string(p.TrustDir)), Server: p.Server, Registry: p.Registry,
		Credentials: map[string]string{"server": orDocker(p.Credentials.Server), "registry": orDocker(p.Credentials.Registry)},
		TLS:         map[string]any{"server": files(p.TLS.Server), "registry": files(p.TLS.Registry)},
		ReadOnly:    p.ReadOnly, Realms: list([]string(p.Realms))}
}

func orDocker(from string) string {
	if from == "" {
		return "docker"
	}
	return from
}

func lists(m map[string]words) map[string][]string {
	out := map[string][]string{}
	for k, v := range m {
		out[k] = v
	}
	return out
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// setting is a fact with the values of a setting.
func setting(label string, values ...string) ui.Fact {
	return ui.Fact{Label: label, Value: cmp.Or(trustdata.Visible(strings.Join(values, ", ")), string(ui.MarkNone))}
}

func configPage(v configShowJSON) ui.Page {
	show := setting
	page := ui.Page{Title: "config"}
	if !v.Exists {
		page.Notes = append(page.Notes, "There is no settings file. Every setting has its default.")
	}
	page.Sections = append(page.Sections, ui.Section{Facts: []ui.Fact{show("File", v.Path), show("Profile in use", v.Profile)}})
	for _, p := range v.Profiles {
		page.Sections = append(page.Sections, ui.Section{Title: "PROFILE " + trustdata.Visible(p.Name), Facts: []ui.Fact{
			show("Word", p.Word), show("Trust directories", p.TrustDir...), show("Trust server", p.Server), show("Registry", p.Registry),
			show("Trust server's login", p.Credentials["server"]), show("Registry's login", p.Credentials["registry"]),
			show("Read-only", yesNo(p.ReadOnly)), show("Token services", p.Realms...)}})
	}
	rest := ui.Section{Title: "EVERYWHERE"}
	for _, gun := range slices.Sorted(maps.Keys(v.Pins)) {
		rest.Facts = append(rest.Facts, show("Pin of "+trustdata.Visible(gun), v.Pins[gun]...))
	}
	rest.Facts = append(rest.Facts, show("A root without a pin", map[bool]string{true: "is trusted when first seen", false: "is refused"}[v.FirstUse]))
	for _, name := range slices.Sorted(maps.Keys(v.Clients)) {
		for _, gun := range slices.Sorted(maps.Keys(v.Clients[name])) {
			rest.Facts = append(rest.Facts, show("Client "+name+" pins "+trustdata.Visible(gun), v.Clients[name][gun]...))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(v.Recipients)) {
		rest.Facts = append(rest.Facts, show("Recipient "+name, v.Recipients[name]...))
	}
	rest.Facts = append(rest.Facts, show("Backups go to", v.Backup.To), show("Backups are for", v.Backup.Recipients...), show("Age plugins that may run", v.Backup.Plugins...),
		show("Time-out", v.Limits["timeout"]), show("Deadline", v.Limits["deadline"]), show("Repositories at once", v.Limits["at_once"]), show("Theme", v.Theme))
	for _, r := range v.Confirmed {
		rest.Facts = append(rest.Facts, show("Confirmed", r.Server+" may send its login to "+r.Realm))
	}
	page.Sections = append(page.Sections, rest)
	return page
}

type configCheckJSON struct {
	configPathJSON
	OK       bool     `json:"ok"`
	Profiles []string `json:"profiles"`
	Notes    []string `json:"notes"`
}

func (c *cli) configCheck() error {
	cfg, err := c.readConfig()
	if err != nil {
		return err
	}
	if _, err := cfg.choose(c.flags.profile); err != nil {
		return err
	}
	out := configCheckJSON{configPathJSON{cfg.path, cfg.exists}, true, slices.Sorted(maps.Keys(cfg.Profile)), []string{}}
	if _, err := cfg.Pins.read(); err != nil {
		return err
	}
	if _, err := cfg.clients(); err != nil {
		return err
	}
	summary := "The settings can be used."
	if !cfg.exists {
		summary = "There is no settings file, which is fine."
	}
	out.Profiles = list(out.Profiles)
	return c.emit(out, ui.Page{Title: "config check", Notes: out.Notes, Sections: []ui.Section{{Facts: []ui.Fact{
		{Label: "Check", Value: summary}, {Label: "File", Value: trustdata.Visible(cfg.path)}, setting("Profiles", out.Profiles...)}}}})
}
