package audit

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/access"
)

// Kind tells a GUN's two servers apart.
type Kind string

// The kinds of servers.
const (
	TrustServer Kind = "trust server"
	Registry    Kind = "registry"
)

// Server is what was seen of one server of a repository.
type Server struct {
	Kind Kind
	URL  string
	// Resource is the repository's name in the scopes of this server's tokens.
	Resource string
	Login    access.Login
	// LoginErr says why the login could not be got, nil if it could.
	LoginErr error
	// Read and Write are what came of asking to read, and of asking as for a publish or a
	// push; Write is nil where that was not tried.
	Read, Write *access.Visit
	// Chosen reports whether a flag, a profile or the environment named the server. Else
	// it follows from the repository's host.
	Chosen bool
}

// Doctor is everything that doctor looked at.
type Doctor struct {
	Now     time.Time
	Machine Machine
	// GUN is "" where only the machine was looked at.
	GUN     trustdata.GUN
	Servers []Server
}

// Findings judges what was seen, the worst first.
func (d Doctor) Findings() []Finding {
	out := d.Machine.findings()
	if d.GUN != "" {
		for _, s := range d.Servers {
			out = append(out, d.server(s)...)
		}
		out = append(out, d.provider()...)
		host := trustdata.ExpandGUN(d.GUN).Host()
		if slices.Contains(d.Machine.InsecureRegistries, host) {
			out = append(out, Finding{Severity: Warning, Code: "insecure_registry",
				Message: fmt.Sprintf("docker's daemon speaks with %q without checking who answers (insecure-registries)", host),
				Remedy:  "Give the registry a certificate, and remove it from insecure-registries. keyrite never goes along with it."})
		}
	}
	for i := range out {
		if out[i].GUN == "" && out[i].KeyID == "" && out[i].Path == "" && isOfGUN(out[i].Code) {
			out[i].GUN = d.GUN
		}
	}
	return sorted(out)
}

// isOfGUN reports whether a finding is about a repository and not about the machine.
func isOfGUN(code string) bool {
	return code != "content_trust_ignored" && code != "several_roots"
}

// server judges one server by itself.
func (d Doctor) server(s Server) []Finding {
	out := d.login(s)
	switch {
	case s.Read == nil || s.LoginErr != nil:
		return out
	case s.Read.Err != nil && !errors.Is(s.Read.Err, access.ErrUnauthorized):
		return append(out, unanswered(s))
	}
	out = append(out, d.clock(s)...)
	switch status := s.Read.Status; {
	case refuses(s.Read):
		out = append(out, s.refused())
	case status == notFound && s.Kind == TrustServer && len(s.Read.Codes) > 0:
		out = append(out, Finding{Severity: Info, Code: "not_signed",
			Message: fmt.Sprintf("%q has no trust data for this repository", s.URL),
			Remedy:  "keyrite init makes it. If there should be some, see whether the name is right: it includes the registry's host."})
	case status == notFound && s.Kind == TrustServer:
		out = append(out, d.noTrustServer(s))
	case status >= 500:
		out = append(out, Finding{Severity: Error, Code: "server_broken",
			Message: fmt.Sprintf("the %s %q answers %d", s.Kind, s.URL, status), Remedy: "Ask who runs the server."})
	}
	return out
}

// login judges where a login came from and how long it lasts.
func (d Doctor) login(s Server) []Finding {
	var out []Finding
	if s.LoginErr != nil {
		out = append(out, Finding{Severity: Error, Code: "login_failed", Message: s.LoginErr.Error(),
			Remedy: "Run the helper by hand (echo SERVER | docker-credential-NAME get), or log in again with docker login. Nothing is sent without the login."})
	}
	for _, p := range s.Login.Problems {
		out = append(out, Finding{Severity: Warning, Code: "login_unused", Message: p, Remedy: "Log in again with docker login, or mend docker's config.json."})
	}
	for _, name := range s.Login.Shadowed {
		out = append(out, Finding{Severity: Info, Code: "login_shadowed",
			Message: fmt.Sprintf("auths in docker's config.json has a login for %q that is not used: %s comes first", name, s.Login.Source),
			Remedy:  "Remove the entry, since it is a password in a file, or the helper, if the entry is the right one."})
	}
	if end := s.Login.Token.Expires; !end.IsZero() {
		switch left := end.Sub(d.Now); {
		case left <= 0:
			out = append(out, Finding{Severity: Error, Code: "login_expired",
				Message: fmt.Sprintf("the login for the %s says of itself that it ended at %s", s.Kind, end.Format(time.RFC3339)), Remedy: "Log in again."})
		case left < soon:
			out = append(out, Finding{Severity: Warning, Code: "login_ends_soon",
				Message: fmt.Sprintf("the login for the %s says of itself that it ends in %s", s.Kind, left.Round(time.Minute)), Remedy: "Log in again before longer work."})
		}
	}
	return out
}

// soon is how much of a login must be left for a piece of work.
const soon = 15 * time.Minute

// skew is how far two clocks may differ before something is said.
const skew = 5 * time.Minute

func (d Doctor) clock(s Server) []Finding {
	if s.Read.Clock.IsZero() {
		return nil
	}
	off := d.Now.Sub(s.Read.Clock)
	if off.Abs() <= skew {
		return nil
	}
	return []Finding{{Severity: Warning, Code: "clock",
		Message: fmt.Sprintf("this machine's clock and that of the %s %q differ by %s", s.Kind, s.URL, off.Abs().Round(time.Second)),
		Remedy:  "Set the right one before you sign: what is signed carries end dates."}}
}

// unanswered is a server of which nothing is known but why.
func unanswered(s Server) Finding {
	f := Finding{Severity: Error, Code: "no_answer", Message: fmt.Sprintf("the %s %q: %v", s.Kind, s.URL, s.Read.Err),
		Remedy: "See whether the address is right and reachable from here; --server and --registry set it."}
	var realm *access.RealmError
	switch {
	case errors.As(s.Read.Err, &realm):
		f.Code = "realm_not_confirmed"
		f.Remedy = fmt.Sprintf("If whoever runs %q says that this is its token service, confirm it: run keyrite doctor on a terminal, or write realms = [%q] into the profile in config.toml.", realm.Server, realm.Realm)
	case errors.Is(s.Read.Err, access.ErrCleartext):
		f.Code, f.Remedy = "cleartext", "Use an https server. A login is never sent over http to another machine, with --insecure neither."
	case errors.Is(s.Read.Err, access.ErrToken):
		f.Code, f.Remedy = "token_service", "Ask who runs the server's token service."
	}
	return f
}

// The statuses that mean something here.
const (
	unauthorized     = 401
	forbidden        = 403
	notFound         = 404
	methodNotAllowed = 405
)

// refuses reports whether a server, or its token service, said no.
func refuses(v *access.Visit) bool {
	return v.Status == unauthorized || v.Status == forbidden || tokenRefused(v) || errors.Is(v.Err, access.ErrUnauthorized)
}

func tokenRefused(v *access.Visit) bool {
	return v.TokenStatus == unauthorized || v.TokenStatus == forbidden
}

// refused is a server that does not even let us read.
func (s Server) refused() Finding {
	f := Finding{Severity: Error, Code: "read_refused"}
	said := fmt.Sprintf("the %s %q does not let us read", s.Kind, s.URL)
	ask := strings.Join(s.Read.Asked, " ")
	switch {
	case s.Login.Kind == access.Anonymous:
		f.Code, f.Message = "login_missing", said+", and there is no login for it"
		f.Remedy = "docker login " + quoteShell(loginHost(s))
	case tokenRefused(s.Read):
		f.Code = "login_refused"
		f.Message = fmt.Sprintf("%s: its token service %q refuses the login (%s)", said, s.Read.Challenge.Realm, s.Login)
		f.Remedy = "Log in again. If the login is right, ask for " + ask + "."
	case s.Read.Challenge.Scheme == "Basic":
		f.Code, f.Message = "login_refused", fmt.Sprintf("%s: it refuses the login (%s)", said, s.Login)
		f.Remedy = "Log in again."
	default:
		f.Message = said + " although there is a login; servers answer so also where the repository does not exist"
		f.Remedy = "See whether the name is right. Then ask for " + ask + "."
	}
	return f
}

func loginHost(s Server) string {
	if s.Login.Key != "" {
		return s.Login.Key
	}
	_, host, _ := strings.Cut(s.URL, "://")
	return host
}

// noTrustServer is an answer that no trust server gives.
func (d Doctor) noTrustServer(s Server) Finding {
	who, name := providerOf(d.GUN)
	f := Finding{Severity: Error, Code: "no_trust_server", Message: fmt.Sprintf("%q is no trust server", s.URL),
		Remedy: fmt.Sprintf("Name the right one with --server. Harbor, up to %s, has it on a port of its own: https://HOST:%s; Mirantis Secure Registry on its own port (until %s); else ask who runs the registry.",
			services().Harbor.Last, services().Harbor.Port, services().MSR.Ends)}
	if !s.Chosen && (who == google || who == untrusting) {
		f.Message = fmt.Sprintf("there is no trust server behind %s, and never was", name)
		f.Remedy = "If a trust server of your own vouches for these images, name it with --server, or in config.toml with a login of its own (credentials.server)."
	}
	return f
}

// may reports whether a visit shows that an action is granted, and whether that is known.
func (s Server) may(v *access.Visit, action string) (granted, known bool) {
	switch {
	case v == nil:
		return false, false
	case refuses(v):
		return false, true
	case v.Err != nil:
		return false, false
	case v.Token.Readable && len(v.Asked) > 0:
		return v.Token.Grants(s.Resource, action), true
	}
	return false, false
}

// MayWrite reports whether the server would take what is sent to it, and whether that can
// be told from here.
func (s Server) MayWrite() (granted, known bool) { return s.may(s.Write, access.Push) }
