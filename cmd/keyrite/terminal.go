package main

import (
	"runtime"
	"strconv"
	"strings"

	"github.com/charmbracelet/colorprofile"
)

// interactive says why the console cannot be opened here, or nil if it can.
func (c *cli) interactive() error {
	_, in := terminal(c.in)
	_, out := terminal(c.out)
	if !in || !out {
		return usagef("the console needs a terminal; without one name a verb, such as keyrite keys list")
	}
	return nil
}

// linear reports whether the console is text that only grows: as --plain asks, or $ACCESSIBLE,
// which other programs for terminals heed with any value that is not false, or a terminal
// without a cursor, as one may be of which nothing is known. Windows names none.
func (c *cli) linear() bool {
	accessible := c.getenv("ACCESSIBLE")
	on, err := strconv.ParseBool(accessible)
	term := c.getenv("TERM")
	return c.flags.plain || term == "dumb" || term == "" && runtime.GOOS != "windows" || accessible != "" && (on || err != nil)
}

// terminalVariables describe the terminal, and nothing that belongs to its user.
var terminalVariables = append([]string{"LC_ALL", "LC_CTYPE", "LANG", "NO_COLOR", "CLICOLOR", "COLORFGBG", "ACCESSIBLE", themeVariable}, colorVariables...)

// colorVariables are what the libraries may look at: how many colours there are, and whether
// the terminal is far away, where answers would come late.
var colorVariables = []string{"TERM", "COLORTERM", "TERM_PROGRAM", "TMUX", "STY", "WT_SESSION", "ConEmuANSI", "SSH_TTY"}

// ascii reports whether the locale has no line-drawing characters: LC_ALL, LC_CTYPE and
// LANG in that order decide, and what they do not say is taken as a plain locale.
func (p process) ascii() bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := p.getenv(name); v != "" {
			v = strings.ToUpper(strings.ReplaceAll(v, "-", ""))
			return !strings.Contains(v, "UTF8")
		}
	}
	return true
}

// narrow reports whether what is shown goes to a terminal of such a locale.
func (p process) narrow() bool {
	_, out := terminal(p.out)
	_, err := terminal(p.err)
	return (out || err) && p.ascii()
}

// profile is how many colours the console may use. NO_COLOR counts with any value at
// all, which the library does not honour by itself.
func (c *cli) profile() colorprofile.Profile {
	detected := colorprofile.Detect(c.out, c.environment())
	switch {
	case c.flags.color == "never":
		return colorprofile.ASCII
	case c.flags.color == "always":
		return max(detected, colorprofile.ANSI)
	case c.getenv("NO_COLOR") != "", c.getenv("CLICOLOR") == "0":
		return colorprofile.ASCII
	}
	return detected
}

// environment is what the colour library looks at.
func (c *cli) environment() []string {
	var env []string
	for _, name := range colorVariables {
		if v := c.getenv(name); v != "" {
			env = append(env, name+"="+v)
		}
	}
	return env
}
