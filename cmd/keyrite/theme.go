package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"keyrite/ui"
)

// themeVariable is where the theme is looked for after --theme and the settings.
const themeVariable = "KEYRITE_THEME"

// look is how the console is to look: by --theme, which the settings have set where it was
// not given, $KEYRITE_THEME and $COLORFGBG. What none of them says the terminal is asked.
func (c *cli) look() (ui.Look, error) {
	found := ui.Look{ASCII: c.ascii()}
	found.Light, found.Fixed = c.background()
	theme := c.flags.theme
	if theme == "" {
		theme = c.getenv(themeVariable)
		if err := checkTheme(theme); err != nil {
			return ui.Look{}, usage(fmt.Errorf("$%s: %w", themeVariable, err))
		}
	}
	return found.Themed(theme), nil
}

// background reads COLORFGBG, "foreground;background" in numbers of the sixteen colours, of
// which 7 and 15 are those of a light terminal. said is whether there is one.
func (c *cli) background() (light, said bool) {
	fgbg := c.getenv("COLORFGBG")
	bg, err := strconv.Atoi(fgbg[strings.LastIndexByte(fgbg, ';')+1:])
	return bg == 7 || bg == 15, err == nil && bg >= 0 && bg < 16
}

// checkTheme refuses what is no theme; "" leaves the choice to what comes next.
func checkTheme(name string) error {
	if name == "" || slices.Contains(ui.Themes(), name) {
		return nil
	}
	return fmt.Errorf("%q is none of %s", name, strings.Join(ui.Themes(), ", "))
}
