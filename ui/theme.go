package ui

// The themes by name.
const (
	ThemeAuto     = "auto" // dark or light, as the terminal's background is
	ThemeDark     = "dark"
	ThemeLight    = "light"
	ThemeMono     = "mono"
	ThemeContrast = "high-contrast"
)

// Themes are the names of all of them, ThemeAuto first.
func Themes() []string {
	return []string{ThemeAuto, ThemeDark, ThemeLight, ThemeMono, ThemeContrast}
}

// Themed is the look with a theme in the place of its own. What the theme does not say of
// the background stays as it was found.
func (l Look) Themed(theme string) Look {
	l.Mono, l.Contrast = theme == ThemeMono, theme == ThemeContrast
	if theme == ThemeDark || theme == ThemeLight {
		l.Light, l.Fixed = theme == ThemeLight, true
	}
	return l
}

// Theme is the name of the look's theme, never ThemeAuto.
func (l Look) Theme() string {
	switch {
	case l.Mono:
		return ThemeMono
	case l.Contrast:
		return ThemeContrast
	case l.Light:
		return ThemeLight
	}
	return ThemeDark
}
