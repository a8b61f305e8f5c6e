package app_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"keyrite/backup"
	"keyrite/backup/media"
	"keyrite/ui"
	backupui "keyrite/ui/backup"
)

// What becomes of a stick while it is written is said at once, and the keys are named as
// what they are: untouched.
func TestBackUpLosesTheStick(t *testing.T) {
	title := drive("DT", "A9F2A7").Title()
	for name, tt := range map[string]struct {
		err  error
		want []string
	}{
		"pulled": {fmt.Errorf("backup: %w", &media.LostError{Title: title, Why: media.TakenOut}),
			[]string{title + " IS GONE. IT WAS REMOVED WHILE BEING WRITTEN.", "Put it back to start it again, or"}},
		"exchanged": {&media.LostError{Title: title, Mount: "/media/x", Why: media.Exchanged}, []string{title + " WAS LOST WHILE BEING WRITTEN.", "exchanged for another medium"}},
		"hung":      {&media.HungError{}, []string{title + " DOES NOT ANSWER."}},
		"full":      {errDisk, []string{"THE BACKUP WAS NOT WRITTEN. YOUR KEYS ARE UNTOUCHED."}},
	} {
		t.Run(name, func(t *testing.T) {
			d := driveFrom(t, drives{fails: tt.err})(100, 30).Press("space", "B").Fits().Has(append(tt.want, "[2 Write]")...).Lacks("DO NOT REMOVE")
			if name != "full" {
				d.Has("Treat what is on it as unusable. Your keys are untouched.")
			}
			d.Press("enter").Has("[1 Choose]", "The last attempt was not finished.", title)
		})
	}
}

// A proof can be left out, and then nothing says that it was made.
func TestBackUpProvesOnlyWhatCameBack(t *testing.T) {
	title := drive("DT", "A9F2A7").Title()
	d := driveFrom(t, drives{hand: true})(100, 30).Press("space").Has("chosen").Background().Press("B").Await("UNMOUNT "+title+", TAKE IT OUT, THEN PUT IT BACK IN", `It is still mounted\x1b.`)
	d.Fits().Has("not yet taken out", "Leaving now stops the waiting").Press("enter").Await("The proof is under way. S skips it")
	d.Press("S").Await("DO WITHOUT THE PROOF?").Press("enter").Has("UNMOUNT " + title + ", TAKE IT OUT").Press("S").Await("DO WITHOUT THE PROOF?").Press("2")
	d.Await("The proof was skipped. The copy counts as read back, read from the medium, and keeps a !").Has("UNMOUNT "+title+" BEFORE YOU TAKE IT OUT").Lacks("it was taken out", "proven     ok", "to its end")

	bad := driveFrom(t, drives{bad: fmt.Errorf("backup: %w", backup.ErrDamaged)})(100, 30).Press("space", "B").Fits()
	bad.Has("THE COPY IS DAMAGED", title+" MAY BE TAKEN OUT", "The medium does not keep data").Lacks("ok to its end", "read cold  ok")
	other := driveFrom(t, drives{wrong: true})(100, 30).Press("space").Background().Press("B").Await("PUT "+title+" BACK IN", "SanDisk: it is another medium.").Fits()
	other.Has("not yet back in").Press("esc").Await("The proof was skipped.").Lacks("put in anew")
}

// A set has two copies, on two media. One can be done without, which is recorded.
func TestBackUpTwice(t *testing.T) {
	v := newVault(t)
	d := v.create(100, 30, v.stick).Press("n").Paste(v.public).Press("enter").Type(v.end).Press("enter", "B").Has("[3 Prove]", "Leaving now leaves the set with 1 of 2 copies.").Press("enter")
	d.Has("[1 Choose]", "COPY 2 OF 2", "copy 1 is on "+v.stick, "no place yet").Press("n").Has("All copies of a set are for the same readers.")
	d.Press("f").Type(v.stick).Press("enter").Has("What is there was left alone").Press("esc")
	d.Press("f", "ctrl+u").Type(v.stick+"2").Press("enter", "B").Has("[3 Prove]", "stick2").Press("W").Has("The set has all its copies.").Press("enter")
	d.Fits().Has("[4 Sheet]", "SIGNING KEYS: BACKUP SHEET").Press("w").Has("WRITE THE SHEET TO A FILE")
	file := filepath.Join(t.TempDir(), "sheet.txt")
	d.Type(file).Press("enter").Has("and read back").Press("enter").Has("THE LOBBY")
	if text, err := os.ReadFile(file); err != nil || len(text) < 400 {
		t.Errorf("the sheet: %q, %v", text, err)
	}
	if len(v.written) != 2 || v.written[0].Manifest != v.written[1].Manifest || v.written[0].SHA256 == v.written[1].SHA256 {
		t.Errorf("the copies: %+v", v.written)
	}
	v = newVault(t)
	d = v.create(100, 30, v.stick).Press("n").Paste(v.public).Press("enter").Type(v.end).Press("enter", "B", "W").Has("DO WITHOUT COPY 2?").Press("enter")
	if d.Has("[3 Prove]"); len(v.waived) != 0 {
		t.Errorf("waived: %q", v.waived)
	}
	d.Press("W", "2").Has("[4 Sheet]")
	if !slices.Equal(v.waived, []string{"the-set"}) {
		t.Errorf("waived: %q", v.waived)
	}
}

// Where no drive can be seen, a folder stays possible.
func TestBackUpWithoutDrives(t *testing.T) {
	v := newVault(t)
	v.hidden = true
	v.create(100, 30, "").Has("not to be seen on this system; name a folder").Press("r", "enter").Has("WHERE THE BACKUP GOES")
}

var (
	_ backupui.Writer = drives{}
	_ ui.Screen       = (*backupui.Create)(nil)
)
