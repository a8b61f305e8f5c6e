package app_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"keyrite/backup"
	"keyrite/keyring"
	"keyrite/trustdata"
	backupui "keyrite/ui/backup"
	"keyrite/ui/uitest"
)

// drilled is a vault with one copy in its list, and a third key whose passphrase is another.
func drilled(t *testing.T) *vault {
	t.Helper()
	v := newVault(t)
	k, err := keyring.Generate(trustdata.KeyECDSA)
	v.must(err)
	v.put(k, "snapshot", otherPass)
	v.ids = append(v.ids, k.KeyID())
	plan, err := writer{v}.Plan(t.Context(), backupui.Wish{Folder: v.stick, Recipients: []string{v.public}, Identity: v.identity})
	v.must(err)
	_, err = writer{v}.Write(t.Context(), plan, nil)
	v.must(err)
	return v
}

const otherPass = "canary of the other"

// openDrill leads from the list to the first question of a drill.
func (v *vault) openDrill() *uitest.Driver {
	return v.list(100, 44).Press("d", "1").Type(v.identity).Press("enter").Has("PASSPHRASE OF THE ROOT KEY", "0 of 3 passphrases so far.", "skip this key")
}

// A drill asks for the passphrases of keys, the root's first. One that fits is tried on others
// only if the operator says so, and only with the last key the copy is drilled.
func TestDrillAsksForPassphrases(t *testing.T) {
	v := drilled(t)
	d := v.openDrill().Type("canary, wrong").Press("enter").Has("PASSPHRASE OF THE ROOT KEY", "Second try. Nothing has changed.").Lacks("canary")
	d.Type(oldPass).Press("enter").Has(v.ids[0].Short()+" IS OPEN. TRY THE SAME PASSPHRASE ON THE OTHERS?", "yes, try it on 2 other keys").Lacks("canary").Press("2")
	d.Has("PASSPHRASE OF THE SNAPSHOT KEY", "2 of 3 passphrases so far.").Press("esc").Fits()
	d.Has("Skipped: "+v.ids[2].Short()+" is then only proven, not drilled. p asks for the next passphrase.", "no: 2 of 3 passphrases so far", "opened, and signed", "locked: only proven")
	if last := v.written[len(v.written)-1]; last.State != backup.StateProven || last.Drilled != 2 || !slices.Equal(v.deeds, []string{"drill", "drill"}) {
		t.Errorf("recorded %q: %+v", v.deeds, last)
	}
	d.Press("j").Has("2 of 3 passphrases so far. Leaving now leaves 1 key proven, not drilled.")
	d.Press("p").Has("PASSPHRASE OF THE SNAPSHOT KEY").Type(otherPass).Press("enter").Fits().Has("every key opened with its passphrase, and signed", "3 of 3 passphrases. Leaving changes nothing.").Lacks("canary", "THE OTHERS?")
	d.Press("p").Has("There is no key left to open: 3 of 3 passphrases.").Press("esc").Has("drilled").Press("enter").Has("3 of 3 passphrases")
	if last := v.written[len(v.written)-1]; last.State != backup.StateDrilled || last.Drilled != 3 {
		t.Errorf("recorded: %+v", last)
	}
}

// Whoever does not want it tried is asked for each key, and is not offered it again.
func TestDrillAsksForEachKey(t *testing.T) {
	v := drilled(t)
	d := v.openDrill().Type(oldPass).Press("enter").Has("THE OTHERS?").Press("enter").Has("PASSPHRASE OF THE REPOSITORY KEY", "1 of 3 passphrases so far")
	d.Type(oldPass).Press("enter").Has("PASSPHRASE OF THE SNAPSHOT KEY", "2 of 3 passphrases so far").Lacks("THE OTHERS?").Type(otherPass).Press("enter").Has("3 of 3 passphrases")
}

// An offer that stands for long is empty: the passphrase is asked for again.
func TestDrillForgetsWhatItOffers(t *testing.T) {
	v := drilled(t)
	d := v.openDrill().Type(oldPass).Press("enter").Has("THE OTHERS?").Advance(5*time.Minute).Press("2").Has("PASSPHRASE OF THE REPOSITORY KEY").Press("esc", "j")
	d.Has("1 of 3 passphrases so far. Leaving now leaves 2 keys proven, not drilled.").Press("p").Has("PASSPHRASE OF THE SNAPSHOT KEY").Press("esc", "p").Has("PASSPHRASE OF THE REPOSITORY KEY")
}

// A drill that is left, or stopped, opens nothing more, and no passphrase is in a frame or in a
// message, whatever is done with it.
func TestDrillKeepsNoPassphrase(t *testing.T) {
	v := drilled(t)
	for name, do := range map[string]func(d *uitest.Driver){
		"left at the question": func(d *uitest.Driver) { d.Type(oldPass).Press("esc", "esc") },
		"left at the offer": func(d *uitest.Driver) {
			d.Type(oldPass).Press("enter").Has("THE OTHERS?").Press("esc").Has("p asks for the next").Press("esc")
		},
		"stopped while it opens": func(d *uitest.Driver) {
			d.Type(oldPass).Pause().Press("enter", "esc").Resume().Has("Stopped.").Lacks("THE OTHERS?").Press("esc")
		},
		"left while it opens": func(d *uitest.Driver) { d.Type(oldPass).Pause().Press("enter", "esc", "esc").Resume() },
		"tried on the others": func(d *uitest.Driver) { d.Type(oldPass).Press("enter", "2").Press("esc", "esc") },
	} {
		t.Run(name, func(t *testing.T) {
			d := v.openDrill()
			do(d)
			for _, size := range sizes() {
				d.Resize(size[0], size[1]).Fits().Lacks("canary", "PASSPHRASE OF")
			}
			for _, m := range d.Sent {
				if strings.Contains(fmt.Sprintf("%v %+v %#v", m, m, m), "canary") {
					t.Errorf("a message holds a passphrase: %T", m)
				}
			}
			d.Resize(100, 44).Has("1 copy is remembered")
		})
	}
}

// The wizard asks after its proof, too: p reads a copy in a folder for that once more.
func TestBackUpAsksForPassphrases(t *testing.T) {
	v := newVault(t)
	v.create(100, 44, v.stick).Press("n").Paste(v.public).Press("enter").Type(v.end).Press("enter").Press("B").Has("[3 Prove]").Press("p").Has("Nobody at hand can open this copy")
	v = newVault(t)
	d := v.create(100, 44, v.stick).Press("n").Paste(v.public).Press("enter").Type(v.end).Press("enter", "i").Type(v.identity).Press("enter", "B").Has("[3 Prove]", "not every key was opened")
	d.Press("p").Has("PASSPHRASE OF THE ROOT KEY").Type(oldPass).Press("enter").Has("yes, try it on 1 other key").Press("2").Fits().Has("every key opened with its passphrase, and signed").Lacks("canary")
	d.Press("p").Has("Every key was opened with its passphrase, and signed.").Press("enter").Has("[1 Choose]", ": drilled, read from the medium")
	if last := v.written[len(v.written)-1]; last.State != backup.StateDrilled || last.Drilled != 2 {
		t.Errorf("recorded: %+v", last)
	}
}
