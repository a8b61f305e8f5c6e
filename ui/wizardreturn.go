package ui

// Return shows an earlier step again, as it is now, without starting it.
func (w *Wizard) Return(step int) {
	w.at = step
	w.top, w.cursor, w.moved = 0, 0, false
	w.Refresh()
}
