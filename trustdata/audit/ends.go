package audit

import (
	"fmt"
	"time"

	"keyrite/trustdata"
)

// Ahead is how long before its end something is worth knowing: the time from which on the
// stock clients want the root key at each publish, and keyrite refresh signs anew.
const Ahead = 180 * 24 * time.Hour

// role judges a role's file by its dates, and says if it does not count.
func (l Look) role(r Repository, v trustdata.RoleView) []Finding {
	out := l.certificates(r, v)
	switch left := v.Expires.Sub(l.Now); {
	case v.Expires.IsZero():
		if v.Problem != "" {
			out = append(out, roleRefused(r, v))
		}
	case left < 0:
		out = append(out, l.expired(r, v)...)
	case v.Problem != "":
		out = append(out, roleRefused(r, v))
	case left <= l.ahead() && !l.renewed(v):
		out = append(out, Finding{Severity: l.urgency(v.Expires), Code: "expires", Role: v.Role, Due: v.Expires.UTC(),
			Message: fmt.Sprintf("%s metadata expires on %s, in %s", v.Role, day{v.Expires.UTC()}, days(left)),
			Remedy:  "keyrite refresh " + r.word() + " " + quoteShell(string(v.Role))})
	}
	return out
}

// ahead is how long before an end it is mentioned.
func (l Look) ahead() time.Duration { return max(Ahead, l.Within) }

// urgency is that of an end which is still to come.
func (l Look) urgency(end time.Time) Severity {
	if end.Sub(l.Now) <= l.Within {
		return Warning
	}
	return Info
}

// renewed reports whether the server signs a role anew by itself, as far as can be told: the
// timestamp, and the snapshot whose key is not here.
func (l Look) renewed(v trustdata.RoleView) bool {
	return v.Role == trustdata.RoleTimestamp || v.Role == trustdata.RoleSnapshot && !holdsAny(l.held, []trustdata.RoleView{v}, v.Role)
}

// expired is a file whose end has passed. What the server signs anew is judged only as the
// server gave it out just now.
func (l Look) expired(r Repository, v trustdata.RoleView) []Finding {
	if r.Source != trustdata.SourceLive && v.Role == trustdata.RoleTimestamp {
		return []Finding{{Severity: Info, Code: "cache_old", Role: v.Role, Due: v.Expires.UTC(),
			Message: fmt.Sprintf("what is cached of it was good until %s: the server may have signed it anew, or something else since", day{v.Expires.UTC()}), Remedy: "keyrite repos --check"}}
	}
	if r.Source != trustdata.SourceLive && l.renewed(v) {
		return nil
	}
	f := Finding{Severity: Error, Code: "expired", Role: v.Role, Due: v.Expires.UTC(),
		Message: fmt.Sprintf("%s metadata expired on %s", v.Role, day{v.Expires.UTC()}), Remedy: "keyrite repair " + r.word()}
	if v.Role.IsDelegation() {
		f.Message += ": what only it vouches for does not count"
	} else {
		f.Message += ": every client that checks signatures refuses the repository"
	}
	return []Finding{f}
}

func roleRefused(r Repository, v trustdata.RoleView) Finding {
	return Finding{Severity: Error, Code: "role_refused", Role: v.Role,
		Message: fmt.Sprintf("the file of %s does not count: %s", v.Role, v.Problem), Remedy: "keyrite inspect " + r.word()}
}

// certificates judges the second clock of a root: the end of the certificates in it, which
// signing anew does not move.
func (l Look) certificates(r Repository, v trustdata.RoleView) []Finding {
	var out []Finding
	for _, k := range v.Keys {
		left := k.CertificateExpires.Sub(l.Now)
		if v.Role != trustdata.RoleRoot || k.CertificateExpires.IsZero() || left > l.ahead() {
			continue
		}
		f := Finding{Severity: l.urgency(k.CertificateExpires), Code: "certificate_ends", Role: v.Role, KeyID: k.KeyID, Due: k.CertificateExpires.UTC(),
			Message: fmt.Sprintf("the root certificate ends on %s, in %s, and with it the repository", day{k.CertificateExpires.UTC()}, days(left)),
			Remedy:  "keyrite rotate " + r.word() + " root --same-key"}
		if left < 0 {
			f.Severity, f.Code = Error, "certificate_ended"
			f.Message = fmt.Sprintf("the root certificate ended on %s", day{k.CertificateExpires.UTC()})
			f.Remedy = "keyrite help lost-root"
		}
		out = append(out, f)
	}
	return out
}

// closing says when the repository's trust server ends; services.json has the dates.
func (l Look) closing(r Repository) []Finding {
	who, name := providerOf(r.GUN)
	ends := map[provider]day{hub: services().Hub.Closes, azure: services().Azure.Ends}[who]
	if r.Chosen || ends.begins.IsZero() {
		return nil
	}
	f := Finding{Severity: l.urgency(ends.begins), Code: "server_closes", Due: ends.begins,
		Message: fmt.Sprintf("the trust server of %s closes on %s, in %s; after that its evidence of who signed what is gone", name, ends, days(ends.begins.Sub(l.Now))),
		Remedy:  "keyrite archive " + r.word() + " --to DIR"}
	if !l.Now.Before(ends.begins) {
		f.Severity, f.Message = Error, fmt.Sprintf("the trust server of %s closed on %s", name, ends)
		f.Remedy = "keyrite inspect " + r.word() + " --from-archive DIR"
	}
	return []Finding{f}
}

// days is a length of time in whole days.
func days(d time.Duration) string {
	if n := int(d / (24 * time.Hour)); n != 1 {
		return fmt.Sprintf("%d days", n)
	}
	return "1 day"
}
