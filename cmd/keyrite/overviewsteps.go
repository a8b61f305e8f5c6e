package main

import (
	"context"
	"path/filepath"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/audit"
	"keyrite/trustdata/rotation"
	"keyrite/ui"
	backupui "keyrite/ui/backup"
	"keyrite/ui/doctor"
	"keyrite/ui/help"
	"keyrite/ui/keys"
	"keyrite/ui/overview"
	"keyrite/ui/rotate"
	"keyrite/ui/tags"
)

// overviewScreen is the screen that the console opens on.
func (d *desk) overviewScreen() ui.Screen {
	d.over = &overlook{desk: d}
	return overview.New(overview.Options{Context: d.ctx, Styles: d.styles, Clock: d.clock, Source: d.over, Offline: d.session.cli.flags.offline, Fixed: d.fixedReason(),
		Note: d.session.cli.overview, Start: d.start, BackUp: d.backUpFirst, OpenRepository: d.tagsScreen,
		Doctor: func() ui.Screen { return d.doctorScreen("") }, Drill: d.backupsScreen, Map: d.mapOfKeys})
}

// start makes the screen of the step that mends an item, with what it is about chosen, or
// says why there is none. What has no screen is a page with the lines to type.
func (d *desk) start(i audit.Item) (ui.Screen, string) {
	f := i.Findings[0]
	switch i.Step {
	case audit.StepStop, audit.StepSign:
		return d.tagsAt(f), ""
	case audit.StepRepair:
		return d.repair(f.GUN)
	case audit.StepRefresh:
		return d.refresh(i.GUNs)
	case audit.StepRenew:
		return d.renew(i)
	case audit.StepLostRoot:
		return help.NewTopic(d.styles, "lost root", help.LostRoot()), ""
	case audit.StepGoOn:
		return d.unfinished()
	case audit.StepArchive:
		return d.archiveScreen(i.GUNs)
	case audit.StepBackUp:
		return d.backupScreen(), ""
	case audit.StepVerify, audit.StepDrill:
		return d.backupNamed(f), ""
	case audit.StepRestore:
		return d.restoreKey(f)
	case audit.StepMove:
		return d.ceremonyOf(f.KeyID)
	case audit.StepRetire:
		return d.retireKey(d.keyFile(f))
	case audit.StepDoctor:
		return d.doctorScreen(f.GUN), ""
	case audit.StepLook:
		return d.lookAt(i), ""
	}
	return d.byHand(i), ""
}

// renew is the wizard for a root key's certificate: of one repository, or of all that list it.
func (d *desk) renew(i audit.Item) (ui.Screen, string) {
	key := i.Findings[0].KeyID
	switch reason := d.readOnlyReason(); {
	case reason != "":
		return nil, reason
	case len(i.GUNs) == 1 || key == "":
		return d.renewScreen(i.GUNs[0])
	}
	req := rotation.Request{Role: trustdata.RoleRoot, SameKey: true}
	return rotate.NewOperation(d.severalOptions(rotate.SeveralOptions{Role: req.Role, SameKey: true, GUNs: i.GUNs, Elsewhere: d.elsewhere(i.GUNs...),
		Operation: &severalService{desk: d, req: req, rootKey: key}})), ""
}

// renewScreen is the wizard that renews one repository's root certificate.
func (d *desk) renewScreen(gun trustdata.GUN) (ui.Screen, string) {
	if d.session.isTUF(gun) {
		return d.rotateTUF(trustdata.RoleRoot)
	}
	return rotate.New(rotate.Options{Profile: d.session.cli.profileLabel(), Context: d.ctx, Styles: d.styles, Clock: d.clock, GUN: gun, Role: trustdata.RoleRoot, SameKey: true,
		Service: &rotateService{desk: d}, Elsewhere: d.elsewhere(gun), Readers: d.readers}), ""
}

// backUpFirst is the wizard that backs the keys up which an item is about.
func (d *desk) backUpFirst(audit.Item) (ui.Screen, string) { return d.backupScreen(), "" }

// backupNamed are the backups, the one that a finding is about selected.
func (d *desk) backupNamed(f audit.Finding) ui.Screen {
	s := d.backupsScreen()
	file := f.Path
	if f.KeyID != "" { // a key, whose newest copy is meant
		file = ""
		if c := d.over.copyOf(f.KeyID); c != nil {
			file = c.File
		}
	}
	if list, ok := s.(*backupui.Model); ok && file != "" {
		list.Filter(filepath.Base(file))
	}
	return s
}

// restoreKey is the wizard that takes a damaged key out of a backup, where one has it.
func (d *desk) restoreKey(f audit.Finding) (ui.Screen, string) {
	if reason := d.fixedReason(); reason != "" {
		return nil, reason
	}
	file := ""
	if c := d.over.copyOf(f.KeyID); c != nil && f.KeyID != "" {
		file = c.File
	}
	return d.restoreScreen(file), ""
}

// keyFile is the key file that a finding is about, as it was listed last.
func (d *desk) keyFile(f audit.Finding) keyring.Info {
	for _, k := range d.over.keyFiles() {
		if k.Path == f.Path {
			return k
		}
	}
	return keyring.Info{KeyID: f.KeyID, Role: string(f.Role), Path: f.Path}
}

// lookAt is the screen of what an item is about: a key, a repository, or the page about it.
func (d *desk) lookAt(i audit.Item) ui.Screen {
	f := i.Findings[0]
	switch {
	case f.KeyID != "" && f.Path != "":
		list := d.keysScreen().(*keys.Model)
		list.Filter(f.KeyID.Short())
		return list
	case f.GUN != "" && f.Path == "":
		return d.tagsAt(f)
	}
	return d.byHand(i)
}

// tagsAt is the list of a repository's tags, with the cursor on the first that a finding is about.
func (d *desk) tagsAt(f audit.Finding) ui.Screen {
	s := d.tagsScreen(f.GUN)
	if list, ok := s.(*tags.Model); ok {
		list.Begin(f.Tags)
	}
	return s
}

// byHand is the page about an item whose step is done elsewhere, with the lines to type.
func (d *desk) byHand(i audit.Item) ui.Screen {
	say := func(title string, texts ...string) ui.Section {
		s := ui.Section{Title: title}
		for _, text := range texts {
			if text != "" {
				s.Facts = append(s.Facts, ui.Fact{Value: text})
			}
		}
		return s
	}
	page := ui.Page{Title: i.Title, Sections: []ui.Section{say(i.Where, i.Says...), say("WHAT IT MEANS", i.Means), say("WHAT FIXES IT", i.Fix, i.First), say("BY HAND", i.By...)},
		Notes: []string{"y copies a line. Nothing is changed by reading this."}}
	for _, by := range i.By {
		page.Copy = append(page.Copy, ui.Copyable{What: by, Text: by})
	}
	return help.NewTopic(d.styles, string(i.Step), page)
}

// mapOfKeys is the page about the list that belongs beside every backup.
func (d *desk) mapOfKeys() ui.Screen {
	const line = "keyrite keys list --plain"
	return help.NewTopic(d.styles, "map of the keys", ui.Page{Title: "The map of the keys",
		Sections: []ui.Section{{Title: "TO PRINT", Facts: []ui.Fact{{Value: line},
			{Value: "Which key signs for what, until when, and where its file lies. It has no secrets; keep it with the sheet of the backup."}}}},
		Copy:  []ui.Copyable{{What: line, Text: line}},
		Notes: []string{"2 shows the same here. y copies the line."}})
}

// doctorScreen looks at this machine and, where there is one, at the servers of a repository.
func (d *desk) doctorScreen(gun trustdata.GUN) ui.Screen {
	return doctor.New(doctor.Options{Context: d.ctx, Styles: d.styles, Clock: d.clock, GUN: gun,
		Look: func(ctx context.Context) (audit.Doctor, error) {
			look, _, err := d.session.examined(ctx, gun)
			return look, err
		}})
}
