package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"keyrite/trustdata"
	saving "keyrite/trustdata/archive"
	"keyrite/trustdata/rotation"
	"keyrite/ui"
	"keyrite/ui/archive"
	"keyrite/ui/change"
)

// signTags and unsignTags are the screens of what is done every day, or why there is none.
func (d *desk) signTags(gun trustdata.GUN, tags, hidden []string) (ui.Screen, string) {
	return d.signScreen(gun, tags, hidden, false)
}

func (d *desk) unsignTags(gun trustdata.GUN, tags, hidden []string) (ui.Screen, string) {
	return d.signScreen(gun, tags, hidden, true)
}

func (d *desk) signScreen(gun trustdata.GUN, tags, hidden []string, unsign bool) (ui.Screen, string) {
	if reason := d.readOnlyReason(); reason != "" {
		return nil, reason
	}
	if d.session.isTUF(gun) {
		return nil, tufNotSigned
	}
	return change.New(change.Options{Setting: d.changing(), GUN: gun, Tags: tags, Hidden: hidden,
		Unsign: unsign, Service: &signService{editService{desk: d}, unsign}}), ""
}

// changing is what every wizard of a change is given.
func (d *desk) changing() change.Setting {
	return change.Setting{Context: d.ctx, Styles: d.styles, Clock: d.clock, Profile: d.session.cli.profileLabel()}
}

// signService is editService for tags.
type signService struct {
	editService
	unsign bool
}

var _ change.Service = (*signService)(nil)

// Plan implements change.Service.
func (s *signService) Plan(ctx context.Context, gun trustdata.GUN, tags []string) (*rotation.Edit, error) {
	if s.unsign {
		return s.planned(ctx, func(r *rotation.Rotator) (*rotation.Edit, error) { return r.PlanRevoke(ctx, gun, tags) })
	}
	targets := make([]rotation.TagTarget, len(tags))
	for i, tag := range tags {
		target, err := s.desk.session.served(ctx, gun, tag)
		if err != nil {
			return nil, fmt.Errorf("tag %q: %w", tag, err)
		}
		targets[i] = rotation.TagTarget{Tag: tag, Target: target}
	}
	return s.planned(ctx, func(r *rotation.Rotator) (*rotation.Edit, error) { return r.PlanSign(ctx, gun, targets) })
}

// archiveScreen keeps the evidence of repositories in a folder, or says why there is none.
func (d *desk) archiveScreen(guns []trustdata.GUN) (ui.Screen, string) {
	if reason := d.archivable(guns); reason != "" {
		return nil, reason
	}
	return archive.New(archive.Options{Context: d.ctx, Styles: d.styles, Clock: d.clock, GUNs: guns, Service: archiveService{d}}), ""
}

// archiveService is what the archiving screen needs of the layers below.
type archiveService struct{ desk *desk }

var _ archive.Service = archiveService{}

// Archive implements archive.Service.
func (s archiveService) Archive(ctx context.Context, gun trustdata.GUN, folder string) (*saving.Saved, error) {
	if s.desk.session.cli.flags.offline {
		return nil, usagef("archiving asks the server, and this session is offline")
	}
	return s.desk.session.archive(ctx, gun, s.desk.session.cli.typedPath(folder))
}

// typedPath is a path as a person types it where no shell has seen it: "~/" is the home
// folder.
func (c *cli) typedPath(typed string) string {
	if rest, ok := strings.CutPrefix(typed, "~/"); ok && c.home() != "" {
		return filepath.Join(c.home(), rest)
	}
	return absolute(typed)
}
