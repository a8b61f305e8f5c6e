// Package doctor states what keyrite doctor and keyrite audit found.
package doctor

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/access"
	"keyrite/trustdata/audit"
	"keyrite/ui"
)

// Page states what was looked at, server by server, and what is wrong, the worst first.
func Page(d audit.Doctor, findings []audit.Finding) ui.Page {
	page := ui.Page{Title: "doctor", Summary: summary(findings)}
	for _, s := range d.Servers {
		page.Sections = append(page.Sections, server(s))
	}
	if len(d.Servers) > 0 {
		page.Notes = append(page.Notes, "What tokens grant and when they end is what they say of themselves; it is not verified here.")
	}
	found := ui.Section{Title: "FINDINGS"}
	for _, f := range findings {
		found.Facts = append(found.Facts, ui.Fact{Mark: ui.MarkOf(f.Severity), Value: subject(f) + text(f.Message) + "."})
		if f.Remedy != "" {
			found.Facts = append(found.Facts, ui.Fact{Value: "   " + text(f.Remedy)})
		}
	}
	if len(findings) == 0 {
		found.Facts = []ui.Fact{{Mark: ui.MarkOK, Value: "Nothing to find fault with."}}
	}
	page.Sections = append(page.Sections, found)
	return page
}

func summary(findings []audit.Finding) string {
	bad := 0
	for _, f := range findings {
		if f.Severity != audit.Info {
			bad++
		}
	}
	return fmt.Sprintf("%s, %d of them to be looked at", trustdata.Plural(len(findings), "finding", "findings"), bad)
}

// text is a message for the screen. Names in it are quoted already, so that backslashes
// are escapes and stay as they are.
func text(s string) string { return trustdata.VisibleError(message(s)) }

type message string

func (m message) Error() string { return string(m) }

func subject(f audit.Finding) string {
	switch {
	case f.KeyID != "":
		return f.KeyID.Short() + " (" + trustdata.Visible(f.Path) + "): "
	case f.Path != "":
		return trustdata.Visible(f.Path) + ": "
	}
	return ""
}

func server(s audit.Server) ui.Section {
	sec := ui.Section{Title: strings.ToUpper(string(s.Kind)) + " " + trustdata.Visible(s.URL)}
	add := func(label, value string) {
		if value != "" {
			sec.Facts = append(sec.Facts, ui.Fact{Label: label, Value: value})
		}
	}
	add("Login", login(s))
	if len(s.Login.Shadowed) > 0 {
		add("Not used", "auths entry "+trustdata.Visible(strings.Join(s.Login.Shadowed, ", ")))
	}
	if s.Read == nil {
		return sec
	}
	if s.Read.Status != 0 || s.Read.Challenge.Scheme != "" {
		add("Asks for a login by", scheme(s.Read.Challenge))
	}
	add("Token service", trustdata.Visible(realm(s.Read.Challenge)))
	add("Service", trustdata.Visible(s.Read.Challenge.Service))
	add("To read", visit(s.Read))
	if s.Write != nil {
		add("To publish", visit(s.Write))
	}
	return sec
}

func login(s audit.Server) string {
	if s.LoginErr != nil {
		return "none: " + trustdata.VisibleError(s.LoginErr)
	}
	l := s.Login
	out := text(l.String())
	if l.Helper != "" {
		out += ", helper " + trustdata.Visible(l.Helper)
	}
	if l.Key != "" {
		out += ", kept for " + trustdata.Visible(l.Key)
	}
	if !l.Token.Expires.IsZero() {
		out += ", until " + ui.Moment(l.Token.Expires)
	}
	return out
}

func scheme(c access.Challenge) string {
	switch c.Scheme {
	case "":
		return "nothing: it answers everybody"
	case "Bearer":
		return "a token (Bearer)"
	case "Basic":
		return "user name and password (Basic)"
	}
	return trustdata.Visible(c.Scheme)
}

func realm(c access.Challenge) string {
	u, err := url.Parse(c.Realm)
	if c.Scheme != "Bearer" || err != nil {
		return ""
	}
	u.User, u.RawQuery = nil, ""
	return u.String()
}

// visit says what was asked for, what came of it, and how long that lasts.
func visit(v *access.Visit) string {
	parts := []string{"asked for " + trustdata.Visible(strings.Join(v.Asked, " "))}
	switch {
	case v.Token.Readable && len(v.Token.Granted) == 0:
		parts = append(parts, "granted nothing")
	case v.Token.Readable:
		parts = append(parts, "granted "+trustdata.Visible(strings.Join(v.Token.Granted, " ")))
	case v.TokenStatus == 200:
		parts = append(parts, "got a token that does not say what it grants")
	case v.TokenStatus != 0:
		parts = append(parts, fmt.Sprintf("the token service answered %d", v.TokenStatus))
	}
	if life := v.TokenLife; life > 0 {
		parts = append(parts, "for "+life.Round(time.Second).String())
	}
	if v.Status != 0 {
		parts = append(parts, fmt.Sprintf("the server answered %d", v.Status))
	}
	if v.Err != nil {
		parts = append(parts, trustdata.VisibleError(v.Err))
	}
	return strings.Join(parts, "; ")
}
