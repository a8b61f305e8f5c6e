package rotation

import (
	"context"
	"errors"
	"fmt"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/access"
)

// The ends that are worth a word: half a year for what takes a root key out of its safe, a
// month for everything.
const (
	halfYear = 180 * 24 * time.Hour
	month    = 30 * 24 * time.Hour
)

// The statuses of a server that say something before anything is sent; from statusBroken on it
// is not well.
const (
	statusUnauthorized = 401
	statusForbidden    = 403
	statusBroken       = 500
)

// checkPlan looks at one repository.
func (r *Rotator) checkPlan(ctx context.Context, p *Plan, open []*Operation, around Around) []Check {
	var checks []Check
	add := func(mark Verdict, what, detail string) { checks = append(checks, Check{mark, what, detail, p.GUN}) }
	add(VerdictOK, "the root on the server is the one known here", fmt.Sprintf("version %d follows from what was known", p.base.Root.Body.Version))
	v, resource, err := around.Visit(ctx, p.GUN)
	if err == nil {
		err = v.Err
	}
	add(answers(v, err, r.Now()))
	add(mayPush(v, resource, err))
	checks = append(checks, p.ends(r.Now())...)
	add(ownChange(open, p))
	add(r.staged(ctx, p.GUN, around))
	if p.Role == trustdata.RoleRoot {
		add(r.leavesBehind(p))
		if len(r.Clients) > 0 {
			add(r.clientsPinned(p))
		}
	}
	return checks
}

// answers judges the trust server's answer and its clock.
func answers(v access.Visit, err error, now time.Time) (Verdict, string, string) {
	what := "the trust server answers"
	switch off := now.Sub(v.Clock); {
	case err != nil && !errors.Is(err, access.ErrUnauthorized): // which is an answer
		return VerdictNow, what, err.Error()
	case v.Status >= statusBroken:
		return VerdictNow, what, fmt.Sprintf("it answers %d", v.Status)
	case v.Clock.IsZero():
		return VerdictUnknown, what, "it does not say what time it has"
	case off.Abs() > maxSkew:
		return VerdictSoon, what, fmt.Sprintf("its clock and this machine's are %s apart", off.Abs().Round(time.Minute))
	default:
		return VerdictOK, what, fmt.Sprintf("its clock and this machine's are less than %s apart", (off.Abs() + time.Second).Truncate(time.Second))
	}
}

// mayPush says whether the login may publish, as far as the token tells.
func mayPush(v access.Visit, resource string, err error) (Verdict, string, string) {
	what := "the login may publish"
	switch {
	case errors.Is(err, access.ErrUnauthorized):
		return VerdictNow, what, "the login is refused: keyrite doctor says what to ask for"
	case v.Status == statusUnauthorized || v.Status == statusForbidden:
		return VerdictNow, what, fmt.Sprintf("refused (%d): keyrite doctor says what to ask for", v.Status)
	case err != nil:
		return VerdictUnknown, what, "the server did not answer"
	case v.Token.Readable && v.Token.Grants(resource, access.Push):
		return VerdictOK, what, "the token that was given out grants it"
	case v.Token.Readable:
		return VerdictNow, what, "the token that was given out does not grant push: keyrite doctor says what to ask for"
	case v.Challenge.Scheme == "":
		return VerdictUnknown, what, "the server asked for no login to be read; whether it takes changes shows when one is sent"
	}
	return VerdictUnknown, what, "the login says nothing of rights; whether it takes changes shows when one is sent"
}

// ends are the roles that end within half a year, with who can sign them again, and the root
// certificates, whose end is the end of the repository.
func (p *Plan) ends(now time.Time) (checks []Check) {
	for _, role := range p.base.Collection().Roles {
		left := role.Expires.Sub(now)
		if role.Role == trustdata.RoleTimestamp || role.Expires.IsZero() || left > halfYear {
			continue
		}
		detail := fmt.Sprintf("it ends on %s; signing it again takes %s", day(role.Expires), whoRenews(role.Role))
		mark := VerdictSoon
		if left < month {
			mark = VerdictNow
		}
		// Whatever is published has root and snapshot signed again.
		if role.Role == trustdata.RoleRoot || role.Role == trustdata.RoleSnapshot || role.Role == p.Role {
			mark, detail = VerdictOK, fmt.Sprintf("it ends on %s; this rotation signs it again", day(role.Expires))
		}
		checks = append(checks, Check{mark, string(role.Role) + " metadata lasts half a year", detail, p.GUN})
	}
	if len(checks) == 0 {
		checks = append(checks, Check{VerdictOK, "metadata lasts half a year", "nothing that a person signs ends sooner", p.GUN})
	}
	return append(checks, p.certificates(now)...)
}

func whoRenews(role trustdata.Role) string {
	if role.IsDelegation() {
		return "the key of that delegation"
	}
	return "the repository key"
}

func (p *Plan) certificates(now time.Time) (checks []Check) {
	for _, end := range rootCertificates(&p.base.Root.Body) {
		c := Check{VerdictOK, "the root certificate lasts half a year", "it ends on " + day(end), p.GUN}
		switch left := end.Sub(now); {
		case left > halfYear:
		case p.Role == trustdata.RoleRoot:
			c.Detail += ", and this rotation makes a new one"
		case left < month:
			c.Mark = VerdictNow
		default:
			c.Mark = VerdictSoon
		}
		if c.Mark != VerdictOK {
			c.Detail += ", and the repository with it: keyrite rotate GUN root --same-key renews it"
		}
		checks = append(checks, c)
	}
	return checks
}

// staged looks for changes that another client has prepared and not sent.
func (r *Rotator) staged(ctx context.Context, gun trustdata.GUN, around Around) (Verdict, string, string) {
	what := "no unfinished change of another client is waiting here"
	lists, err := around.Staged(ctx, gun)
	if err != nil {
		return VerdictUnknown, what, err.Error()
	}
	for _, l := range lists {
		if l.Changes > 0 {
			return VerdictSoon, what, fmt.Sprintf("%d in %s: notary publish sends them, notary reset drops them", l.Changes, l.Path)
		}
	}
	return VerdictOK, what, "change lists are empty"
}

// leavesBehind says whether this machine pins the root certificate that goes.
func (r *Rotator) leavesBehind(p *Plan) (Verdict, string, string) {
	what := "nobody is left behind by the new certificate"
	b := planner{plan: p, pin: r.Pins.For(p.GUN)}
	if pinned := b.pinned(); len(pinned) > 0 {
		return VerdictSoon, what, pinned[0]
	}
	if len(r.Clients) > 0 {
		return VerdictOK, what, "no pin of this machine names the root; those of other clients are on the next line"
	}
	return VerdictUnknown, what, "no pin of this machine names the root; pins of other clients cannot be known here, unless [clients] in config.toml has them"
}
