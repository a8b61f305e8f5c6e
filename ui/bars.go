package ui

import (
	"strings"

	"charm.land/bubbles/v2/key"
)

// Footer draws the keys that matter here, as many as fit. more stays: it is the way to
// all the others.
func Footer(st *Styles, bindings []key.Binding, more key.Binding, width int) string {
	last := hintOf(more)
	room := width - 1
	if more.Enabled() {
		room -= Width(last)
	}
	var b strings.Builder
	b.WriteByte(' ')
	for _, k := range bindings {
		h := hintOf(k)
		if !k.Enabled() || h == "" {
			continue
		}
		if room -= Width(h) + 2; room < 0 {
			break
		}
		b.WriteString(st.Key.Render(k.Help().Key) + strings.TrimPrefix(h, k.Help().Key) + "  ")
	}
	if !more.Enabled() {
		return strings.TrimRight(b.String(), " ")
	}
	return b.String() + last
}

func hintOf(k key.Binding) string { return strings.TrimSpace(k.Help().Key + " " + k.Help().Desc) }

// Header is what stands in the first line.
type Header struct {
	// Crumbs lead from the program to the screen.
	Crumbs []string
	// Profile is the profile's word and name ("PROD acme"), Server whom the facts come
	// from, Fresh how old they are, Badge what may be done (RW, RO, DEMO).
	Profile, Server, Fresh, Badge string
}

// View draws the header in one line. Where room is short the server goes first, then the
// front of the breadcrumb; profile, freshness and badge stay.
func (h Header) View(st *Styles, width int) string {
	crumb := Scrub(strings.Join(h.Crumbs, " > "))
	if width < 80 {
		crumb = Scrub(h.Crumbs[len(h.Crumbs)-1])
	}
	profile, _, _ := strings.Cut(h.Profile, " ")
	if width >= 60 {
		profile = h.Profile
	}
	fresh := h.Fresh
	if width < 60 {
		fresh = strings.TrimSuffix(fresh, " UTC")
	}
	parts := []string{Scrub(h.Server), fresh, h.Badge}
	if width < 80 {
		parts = parts[1:]
	}
	right := tail(st, Scrub(profile), parts)
	if width >= 80 && width-styledWidth(right)-2 < Width(crumb) {
		right = tail(st, Scrub(profile), parts[1:])
	}
	left := " " + st.Title.Render(Clip(crumb, max(8, width-styledWidth(right)-3), CutLeft))
	return padTo(left, width-styledWidth(right)-1) + right
}

// tail joins the right half of a header.
func tail(st *Styles, profile string, parts []string) string {
	var b strings.Builder
	if profile != "" {
		b.WriteString(st.Band.Render(profile))
	}
	for _, p := range parts {
		if p == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteString("  ")
		}
		b.WriteString(p)
	}
	return b.String()
}
