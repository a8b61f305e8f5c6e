package main

import (
	"testing"

	"keyrite/backup"
	"keyrite/trustdata"
	"keyrite/ui/keys"
)

// A key counts as unlisted only by metadata that is here, of a repository that listed it.
func TestUnlisted(t *testing.T) {
	key := func(id trustdata.KeyID, gun trustdata.GUN, then ...trustdata.GUN) backup.RestoreRow {
		f := backup.File{Kind: backup.KindKey, KeyID: id, Role: "targets", GUN: gun}
		for _, g := range then {
			f.SignsFor = append(f.SignsFor, backup.Use{GUN: g, Role: "root"})
		}
		return backup.RestoreRow{File: f}
	}
	uses := keys.Uses{"new": {{GUN: "a/b", Role: "targets"}}, "shared": {{GUN: "a/b", Role: "root"}, {GUN: "c/d", Role: "root"}}}
	old := unlisted(&backup.RestorePlan{Rows: []backup.RestoreRow{
		key("new", "a/b"), key("old", "a/b"), key("elsewhere", "x/y"), key("bare", ""), key("shared", "", "a/b", "c/d", "x/y"), key("gone", "", "x/y", "c/d"), {File: backup.File{Kind: backup.KindMetadata, GUN: "a/b", Role: "root"}},
	}}, uses)
	if len(old) != 2 || old["old"] != "a/b does not list it any more" || old["gone"] != "c/d does not list it any more" {
		t.Errorf("unlisted: %v", old)
	}
}
