package ui

import tea "charm.land/bubbletea/v2"

// Sweep is a run over several repositories: Esc stops it after those that are under way, and
// what is left can be tried again once its keys are open.
type Sweep struct {
	// Stopping says that no repository is begun any more.
	Stopping bool

	work   *Work
	step   string // of the wizard in which it runs
	run    func() tea.Cmd
	trying bool
}

// NewSweep makes the sweep of a wizard that works with work; run is what the step begins
// with.
func NewSweep(work *Work, step string, run func() tea.Cmd) *Sweep {
	return &Sweep{work: work, step: step, run: run}
}

// Begins notes that a run begins.
func (s *Sweep) Begins() { s.Stopping, s.trying = false, false }

// Current reports whether the wizard stands at the step of the run.
func (s *Sweep) Current() bool { return s.work.StepName() == s.step }

// Halt lets the repositories that are under way finish, and begins no more.
func (s *Sweep) Halt() {
	s.Stopping = true
	s.work.NoMore()
}

// Escape halts a run.
func (s *Sweep) Escape() bool {
	if s.work.Sending() && !s.work.CapturesInput() {
		s.Halt()
		return true
	}
	return s.work.Wizard.Escape()
}

// Release is Cancel as far as the run goes: it halts what is being sent, or forgets the keys
// for another try. It reports false where the wizard stands before the run.
func (s *Sweep) Release() bool {
	switch {
	case s.work.Sending():
		s.Halt()
	case s.Current():
		s.work.Stop()
		s.work.Held.GiveUp()
	default:
		return false
	}
	return true
}

// GoOn runs what is left as soon as every key is open.
func (s *Sweep) GoOn() tea.Cmd {
	s.trying = true
	if _, some := s.work.Held.Missing(); some {
		return s.work.Held.Open()
	}
	return s.Opened()
}

// Opened goes on where another try has waited for its keys.
func (s *Sweep) Opened() tea.Cmd {
	if !s.trying || !s.Current() {
		return nil
	}
	return s.run()
}

// Pause leaves the wizard: the journal keeps the rest.
func (s *Sweep) Pause() tea.Cmd { return Send(PopMsg{}) }

// NotStopped says why nothing is to be chosen now.
func (s *Sweep) NotStopped() string {
	if s.work.Sending() {
		return "Finishing the repositories under way. Esc stops after them."
	}
	return s.work.Occupied()
}

// MustFinish says why the wizard cannot be left while it runs.
func (s *Sweep) MustFinish() string {
	switch {
	case !s.work.Sending():
		return ""
	case s.Stopping:
		return "Finishing the repositories under way. None of them can be left half way."
	}
	return "Esc stops after the repositories under way. None of them can be left half way."
}

// LeavingRun is the true sentence for the step of the run.
func (s *Sweep) LeavingRun() string {
	switch {
	case s.Stopping && s.work.Sending():
		return "Stopping after the repositories under way."
	case s.work.Sending():
		return "Nothing is left half way: Esc stops after the ones under way."
	}
	return "Leaving now pauses. The next start goes on."
}
