package rotation

import "fmt"

// ownChange looks among the operations that have not ended for one on the plan's repository.
// One that was sent stops the plan; one that waits for a ceremony is overtaken by it.
func ownChange(open []*Operation, p *Plan) (Verdict, string, string) {
	what := "no earlier change from this machine is unfinished here"
	for _, op := range open {
		u := op.Unit(p.GUN)
		switch {
		case u == nil || u.State.Ended():
		case u.State.Sent():
			return VerdictNow, what, fmt.Sprintf("%s of %s, which stops this one: keyrite rotate --resume %s asks the server what became of it",
				op.Kind, day(op.Started), op.ID)
		case op.Ceremony == OnlineSide && !p.Role.IsDelegation():
			return VerdictSoon, what, fmt.Sprintf("%s of %s waits for a ceremony, whose file is refused once this has changed root.json: keyrite rotate --abandon %s gives it up",
				op.Kind, day(op.Started), op.ID)
		}
	}
	return VerdictOK, what, "the journal has none"
}
