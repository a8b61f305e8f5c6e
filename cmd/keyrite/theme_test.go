package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"keyrite/ui"
)

// TestTheme: what says most clearly how the console is to look decides, and only where
// nothing does the terminal's own answer counts.
func TestTheme(t *testing.T) {
	for _, c := range []struct {
		name, flag, config, variable, fgbg string
		theme                              string
		fixed                              bool
	}{
		{name: "nothing", theme: "dark"},
		{name: "COLORFGBG light", fgbg: "0;15", theme: "light", fixed: true},
		{name: "COLORFGBG dark", fgbg: "15;default;0", theme: "dark", fixed: true},
		{name: "COLORFGBG without a number", fgbg: "default;default", theme: "dark"},
		{name: "variable", variable: "dark", fgbg: "0;15", theme: "dark", fixed: true},
		{name: "variable says auto", variable: "auto", fgbg: "0;15", theme: "light", fixed: true},
		{name: "settings", config: "light", variable: "dark", theme: "light", fixed: true},
		{name: "settings say auto", config: "auto", variable: "mono", theme: "dark"},
		{name: "flag", flag: "mono", config: "light", variable: "dark", theme: "mono"},
		{name: "flag says auto", flag: "auto", config: "light", variable: "mono", theme: "dark"},
		{name: "high contrast", flag: "high-contrast", fgbg: "0;7", theme: "high-contrast", fixed: true},
	} {
		cli := &cli{process: process{getenv: func(name string) string {
			return map[string]string{"KEYRITE_THEME": c.variable, "COLORFGBG": c.fgbg}[name]
		}}}
		cmd := cli.command()
		if c.flag != "" {
			if err := cmd.ParseFlags([]string{"--theme", c.flag}); err != nil {
				t.Fatal(err)
			}
		}
		if err := cli.useProfile(cmd, &config{Theme: c.config}); err != nil {
			t.Fatal(err)
		}
		look, err := cli.look()
		if err != nil || look.Theme() != c.theme || look.Fixed != c.fixed {
			t.Errorf("%s: %q, fixed %v, %v; want %q, %v", c.name, look.Theme(), look.Fixed, err, c.theme, c.fixed)
		}
	}
}

// TestNoTheme: a name that is none is told with those there are, wherever it stands.
func TestNoTheme(t *testing.T) {
	want := strings.Join(ui.Themes(), ", ")
	var out, errout bytes.Buffer
	code := run([]string{"--theme", "solar", "keys", "list"}, process{in: strings.NewReader(""), out: &out, err: &errout, getenv: func(string) string { return "" }, now: time.Now})
	if code != exitUsage || !strings.Contains(errout.String(), `--theme: "solar" is none of `+want) {
		t.Errorf("flag: exit %d, %s", code, errout.String())
	}
	if code, _, errout := configured(t, "theme = \"solar\"", "config", "check"); code != exitUsage || !strings.Contains(errout, `theme: "solar" is none of `+want) {
		t.Errorf("settings: exit %d, %s", code, errout)
	}
	cli := &cli{process: process{getenv: func(name string) string {
		return map[string]string{"KEYRITE_THEME": "solar\x1b"}[name]
	}}}
	if _, err := cli.look(); err == nil || !strings.Contains(err.Error(), `$KEYRITE_THEME: "solar\x1b" is none of `+want) {
		t.Errorf("variable: %v", err)
	}
	if code, out, _ := configured(t, "theme = \"high-contrast\"", "config", "show"); code != 0 || !strings.Contains(out, "high-contrast") {
		t.Errorf("config show: exit %d, %s", code, out)
	}
}
