package backup

import "keyrite/backup"

// MomentSentence is the one sentence that says whether a drive may be pulled. title names it.
func MomentSentence(m backup.Moment, title string) string {
	switch m {
	case backup.MomentOut:
		return "TAKE " + title + " OUT, THEN PUT IT BACK IN"
	case backup.MomentHand:
		return "UNMOUNT " + title + ", TAKE IT OUT, THEN PUT IT BACK IN"
	case backup.MomentBack:
		return "PUT " + title + " BACK IN"
	case backup.MomentAway:
		return title + " MAY BE TAKEN OUT"
	case backup.MomentStays:
		return "UNMOUNT " + title + " BEFORE YOU TAKE IT OUT"
	}
	return "DO NOT REMOVE " + title
}
