package audit

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"keyrite/backup"
	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/registry"
	"keyrite/trustdata/remote"
	"keyrite/trustdata/rotation"
)

const (
	oneDay               = 24 * time.Hour
	app    trustdata.GUN = "reg.example/app"
)

func id(digit string) trustdata.KeyID { return trustdata.KeyID(strings.Repeat(digit, 64)) }

// key is a key file that nothing is wrong with, and that no network machine has.
func key(digit, role string) keyring.Info {
	return keyring.Info{KeyID: id(digit), Role: role, Encrypted: true, KDFIterations: 600_000, Path: "/trust/private/" + digit + ".key", Mode: 0o600, ModTime: today.Add(-40 * oneDay)}
}

// whole is a repository with its root, targets and snapshot keys 1, 2 and 3, and years to go.
func whole() Repository {
	role := func(r trustdata.Role, digit string, end time.Duration) trustdata.RoleView {
		return trustdata.RoleView{Role: r, Version: 2, Threshold: 1, Expires: today.Add(end), Keys: []trustdata.RoleKey{{KeyID: id(digit)}}}
	}
	root := role(trustdata.RoleRoot, "1", 3000*oneDay)
	root.Keys[0].CertificateExpires = today.Add(3000 * oneDay)
	return Repository{GUN: app, Source: trustdata.SourceLive, Roles: []trustdata.RoleView{
		root, role(trustdata.RoleTargets, "2", 1000*oneDay), role(trustdata.RoleSnapshot, "3", 1000*oneDay), role(trustdata.RoleTimestamp, "4", 10*oneDay)}}
}

// copyOf is a copy of keys that was proven some time ago.
func copyOf(age time.Duration, digits ...string) backup.Copy {
	c := backup.Copy{File: "/stick/set.age", State: backup.StateProven, Written: today.Add(-age), ProvenAt: today.Add(-age), Clock: backup.ClockOK}
	for _, d := range digits {
		c.Keys = append(c.Keys, id(d))
	}
	return c
}

// calm is a look in which there is nothing to find.
func calm() Look {
	return Look{Now: today, Within: 90 * oneDay, Keys: []keyring.Info{key("1", "root"), key("2", "targets"), key("3", "snapshot")},
		Repositories: []Repository{whole()}, Copies: []backup.Copy{copyOf(oneDay, "1", "2", "3")}}
}

func TestLook(t *testing.T) {
	ends := func(i int, in time.Duration) func(*Look) {
		return func(l *Look) { l.Repositories[0].Roles[i].Expires = today.Add(in) }
	}
	fails := func(err error) func(*Look) {
		return func(l *Look) { l.Repositories[0] = Repository{GUN: app, Err: err} }
	}
	drifts := func(d Drift) func(*Look) { return func(l *Look) { l.Repositories[0].Drift = &d } }
	operation := func(state rotation.State) []*rotation.Operation {
		return []*rotation.Operation{{ID: "op1", Kind: "rotate root", Units: []*rotation.Unit{{Request: rotation.Request{GUN: app}, State: state, OldKeys: []trustdata.KeyID{id("0")}}}}}
	}
	for _, tt := range []struct {
		name   string
		change func(*Look)
		want   string // severity:code of each, in order
		text   string // in the first
	}{
		{name: "all is well", change: func(*Look) {}},
		{name: "targets ended", change: ends(1, -oneDay), want: "error:expired", text: "keyrite repair reg.example/app"},
		{name: "targets end soon", change: ends(1, 20*oneDay), want: "warning:expires", text: "expires on 2026-12-12, in 20 days"},
		{name: "one day is not days", change: ends(1, oneDay), want: "warning:expires", text: "in 1 day keyrite refresh reg.example/app targets"},
		{name: "targets end later", change: ends(1, 100*oneDay), want: "info:expires"},
		{name: "further than asked", change: func(l *Look) { ends(1, 300*oneDay)(l); l.Within = 400 * oneDay }, want: "warning:expires"},
		{name: "the server renews the timestamp", change: ends(3, oneDay)},
		{name: "and has not", change: ends(3, -oneDay), want: "error:expired"},
		{name: "which a cache cannot tell", change: func(l *Look) { ends(3, -oneDay)(l); l.Repositories[0].Source = trustdata.SourceCache }, want: "info:cache_old", text: "good until 2026-11-21"},
		{name: "a snapshot of the server's", change: func(l *Look) { ends(2, oneDay)(l); l.Keys = l.Keys[:2] }},
		{name: "a snapshot of ours", change: ends(2, oneDay), want: "warning:expires"},
		{name: "the certificate ends", change: func(l *Look) { l.Repositories[0].Roles[0].Keys[0].CertificateExpires = today.Add(11 * oneDay) }, want: "warning:certificate_ends", text: "root --same-key"},
		{name: "the certificate ended", change: func(l *Look) { l.Repositories[0].Roles[0].Keys[0].CertificateExpires = today.Add(-oneDay) }, want: "error:certificate_ended", text: "lost-root"},
		{name: "a delegation that does not count", change: func(l *Look) {
			l.Repositories[0].Roles = append(l.Repositories[0].Roles, trustdata.RoleView{Role: "targets/eve", Problem: "0 of 1 signatures"})
		}, want: "error:role_refused", text: "0 of 1 signatures"},
		{name: "an old state served", change: fails(&remote.Conflict{Refused: trustdata.Refuse("snapshot", trustdata.ReasonRollback, "version 1 is older")}), want: "error:contradiction", text: "version 1 is older"},
		{name: "bad signatures", change: fails(trustdata.Refuse("targets", trustdata.ReasonSignature, "none holds")), want: "error:unverified"},
		{name: "refused certificate", change: fails(trustdata.Refuse("root", trustdata.ReasonCertificate, "ended")), want: "error:certificate_ended"},
		{name: "no answer", change: fails(errors.New("refused\x1b[2J")), want: "warning:unreachable", text: `refused\x1b[2J`},
		{name: "not there", change: fails(remote.ErrNotFound), want: "warning:not_on_server"},
		{name: "not cached", change: fails(fmt.Errorf("x: %w", remote.ErrNotCached)), want: "info:not_cached"},
		{name: "an odd version", change: func(l *Look) {
			l.Repositories[0].Problems = []trustdata.Problem{{Role: "targets", Reason: trustdata.ReasonUnusual, Detail: "an unusual jump"}, {Reason: trustdata.ReasonExpired}, {Reason: trustdata.ReasonNotKept}}
		}, want: "warning:not_remembered warning:unusual"},
		{name: "not published", change: func(l *Look) {
			l.Repositories[0].Staged = []keyring.Changelist{{Path: "/trust/tuf", Changes: 2}, {Path: "/other/tuf"}}
		}, want: "warning:unpublished", text: "published: 2; whoever"},
		{name: "who knows whether published", change: func(l *Look) { l.Repositories[0].StagedErr = errors.New("not a folder") }, want: "warning:unpublished", text: "not a folder"},
		{name: "the root key is nowhere", change: func(l *Look) { l.Keys, l.Copies[0].Keys = l.Keys[1:], l.Copies[0].Keys[1:] }, want: "warning:root_elsewhere", text: "0 of the 1 root keys"},
		{name: "the root key is in a backup", change: func(l *Look) { l.Keys = l.Keys[1:] }},
		{name: "a signer need not have it", change: func(l *Look) { l.Keys = nil; l.Copies = nil }},
		{name: "Hub closes", change: func(l *Look) { l.Repositories[0].GUN = "docker.io/library/alpine" }, want: "warning:server_closes", text: "closes on 2026-12-08, in 15 days"},
		{name: "Hub has closed", change: func(l *Look) {
			l.Repositories[0].GUN = "docker.io/library/alpine"
			l.Repositories[0].Source, l.Now = trustdata.SourceCache, services().Hub.Closes.begins
		}, want: "error:server_closes info:cache_old", text: "closed on 2026-12-08"},
		{name: "a server of one's own", change: func(l *Look) {
			l.Repositories[0].GUN, l.Repositories[0].Chosen = "docker.io/library/alpine", true
		}},
		{name: "Azure ends", change: func(l *Look) { l.Repositories[0].GUN = "acme.azurecr.io/app" }, want: "info:server_closes", text: "2028-03-31"},

		{name: "a damaged key", change: func(l *Look) { l.Keys[2].Problem = "the file is empty" }, want: "warning:key_damaged", text: "keyrite backup restore /stick/set.age -i IDENTITY"},
		{name: "a root key without a passphrase", change: func(l *Look) { l.Keys[0].Encrypted = false }, want: "error:no_passphrase"},
		{name: "a signer's key without a passphrase", change: func(l *Look) { l.Keys[2].Encrypted = false }, want: "warning:no_passphrase"},
		{name: "few rounds", change: func(l *Look) { l.Keys[0].KDFIterations, l.Keys[2].KDFIterations = 2048, 1 }, want: "warning:weak_kdf info:weak_kdf"},
		{name: "online", change: func(l *Look) { l.Online = true }, want: "info:root_online"},
		{name: "a key for nothing", change: func(l *Look) { l.Keys[1].KeyID = id("9"); l.Copies[0] = copyOf(oneDay, "1", "3", "9") }, want: "info:key_unlisted"},
		{name: "which nobody can tell", change: func(l *Look) {
			l.Keys[1].KeyID = id("9")
			l.Copies[0] = copyOf(oneDay, "1", "3", "9")
			l.Repositories = append(l.Repositories, Repository{GUN: "reg.example/other", Err: remote.ErrNotCached})
		}, want: "info:not_cached"},
		{name: "a key that says nothing", change: func(l *Look) {
			l.Keys = append(l.Keys, key("9", ""))
			l.Copies[0] = copyOf(oneDay, "1", "2", "3", "9")
		}, want: "info:key_without_role"},
		{name: "and not while some are unread", change: func(l *Look) {
			l.Keys = append(l.Keys, key("5", "root"), key("6", "targets"), key("7", ""))
			l.Keys[4].GUN = app
			l.Copies[0], l.Partial = copyOf(oneDay, "1", "2", "3", "5", "6", "7"), true
		}},
		{name: "a root for nothing", change: func(l *Look) { l.Repositories = nil; l.Keys = l.Keys[:1] }, want: "info:root_signs_nothing"},
		{name: "a second root", change: func(l *Look) {
			l.Keys = append(l.Keys, key("5", "root"))
			l.Copies[0] = copyOf(oneDay, "1", "2", "3", "5")
		}, want: "warning:second_root"},
		{name: "a root that was replaced", change: func(l *Look) {
			l.Keys = append(l.Keys, key("0", "root"))
			l.Copies[0] = copyOf(oneDay, "1", "2", "3", "0")
			l.Past = operation(rotation.StateDone)
		}, want: "warning:root_replaced", text: "its ID is the lowest keyrite retire " + string(id("0"))},
		{name: "not yet replaced", change: func(l *Look) {
			l.Keys = append(l.Keys, key("0", "root"))
			l.Copies[0] = copyOf(oneDay, "1", "2", "3", "0")
			l.Past = operation(rotation.StateAbandoned)
		}, want: "warning:second_root"},
		{name: "a new key that waits", change: func(l *Look) {
			l.Pending = []keyring.Staged{{Op: "op1", KeyID: id("7"), GUN: app, Role: "targets", Path: "/p"}}
		}, want: "warning:key_pending"},
		{name: "as it should", change: func(l *Look) {
			l.Pending = []keyring.Staged{{Op: "op1", KeyID: id("7"), GUN: app}}
			l.Unfinished = operation(rotation.StatePlanned)
		}, want: "warning:unfinished"},

		{name: "no backup", change: func(l *Look) { l.Copies = nil }, want: "warning:no_backup warning:no_backup info:no_backup"},
		{name: "never decrypted", change: func(l *Look) { l.Copies[0].ProvenAt, l.Copies[0].Clock = time.Time{}, backup.ClockNever }, want: "warning:backup_unproven warning:backup_unproven warning:drill_never info:backup_unproven"},
		{name: "older than the key", change: func(l *Look) { l.Keys[0].ModTime = today }, want: "warning:backup_old"},
		{name: "a drill is due", change: func(l *Look) { l.Copies[0].Clock = backup.ClockDue }, want: "info:drill_due"},
		{name: "a drill is late", change: func(l *Look) {
			l.Copies[0].Clock = backup.ClockLate
			l.Copies[0].Medium = &backup.Medium{Label: "ACME\x1b"}
		}, want: "warning:drill_late", text: `"ACME\x1b"`},
		{name: "late, and another copy is fine", change: func(l *Look) {
			l.Copies = append(l.Copies, copyOf(oneDay, "1", "2", "3"))
			l.Copies[0].Clock = backup.ClockLate
		}, want: "info:drill_late"},
		{name: "damaged", change: func(l *Look) {
			l.Copies = append([]backup.Copy{copyOf(oneDay, "1", "2", "3", "5")}, l.Copies...)
			l.Copies[0].Problem, l.Copies[0].Clock = "cut short", backup.ClockBad
		}, want: "error:backup_damaged", text: "cut short"},

		{name: "one of two copies", change: func(l *Look) { l.Copies[0].Operation, l.Copies[0].Of, l.Copies[0].Missing = "the set", 2, 1 },
			want: "warning:set_incomplete", text: `"the set" has 1 of 2 copies: what destroys a medium may destroy the backup keyrite backup create --operation 'the set' --to DIR`},
		{name: "the second copy waived", change: func(l *Look) {
			l.Copies[0].Operation, l.Copies[0].Of, l.Copies[0].Missing, l.Copies[0].Waived = "op", 2, 1, []string{backup.WaiverCopies}
		}},
		{name: "two of three copies, said once", change: func(l *Look) {
			l.Copies = append(l.Copies, l.Copies[0])
			for i := range l.Copies {
				l.Copies[i].Operation, l.Copies[i].Of, l.Copies[i].Missing = "op", 3, 1
			}
		}, want: "warning:set_incomplete", text: "2 of 3 copies"},
		{name: "one of two copies, and a later set is whole", change: func(l *Look) {
			l.Copies = append([]backup.Copy{copyOf(oneDay, "1", "2", "3")}, l.Copies...)
			l.Copies[0].Operation, l.Copies[1].Operation, l.Copies[1].Of, l.Copies[1].Missing = "new", "old", 2, 1
		}, want: "info:set_incomplete"},
		{name: "one of two copies, and it is damaged", change: func(l *Look) {
			l.Copies = append([]backup.Copy{copyOf(oneDay, "1", "2", "3")}, l.Copies...)
			l.Copies[1].Operation, l.Copies[1].Of, l.Copies[1].Missing = "op", 2, 2
			l.Copies[1].Problem, l.Copies[1].Clock = "cut short", backup.ClockBad
		}, want: "info:backup_damaged"},

		{name: "unfinished", change: func(l *Look) { l.Unfinished = operation(rotation.StatePlanned) }, want: "warning:unfinished", text: "keyrite rotate --resume op1"},
		{name: "unfinished, and perhaps there", change: func(l *Look) { l.Unfinished = operation(rotation.StateSubmitting) }, want: "error:unfinished"},

		{name: "tags", change: drifts(Drift{Moved: []string{"a", "b", "c", "d"}, Gone: []string{"e"}, Unsigned: []string{"f"}, OnePlatform: []string{"g"}, Err: errors.New("x")}),
			want: "warning:not_compared warning:one_platform warning:tag_moved warning:tag_unsigned info:tag_gone"},
		{name: "some tags", change: drifts(Drift{Moved: []string{"a", "b", "c", "d"}}), want: "warning:tag_moved", text: `"a", "b", "c" and 1 more`},
		{name: "the worst first", change: func(l *Look) {
			l.Keys[0].Encrypted = false
			ends(1, -oneDay)(l)
			l.Repositories = append([]Repository{{GUN: "reg.example/z", Err: &remote.Conflict{Refused: trustdata.ErrVerify}}}, l.Repositories...)
		}, want: "error:contradiction error:expired error:no_passphrase"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := calm()
			tt.change(&l)
			found := l.Findings()
			var got []string
			for _, f := range found {
				got = append(got, string(f.Severity)+":"+f.Code)
				if f.Message == "" || f.Remedy == "" {
					t.Errorf("%s has no sentence or no next step", f.Code)
				}
			}
			if got := strings.Join(got, " "); got != tt.want {
				t.Fatalf("got %q, want %q", got, tt.want)
			}
			if tt.text != "" && !strings.Contains(found[0].Message+" "+found[0].Remedy, tt.text) {
				t.Errorf("%q is not in %q, %q", tt.text, found[0].Message, found[0].Remedy)
			}
		})
	}
}

func TestAbout(t *testing.T) {
	l := calm()
	l.Keys[0].Encrypted, l.Keys[1].Encrypted = false, false
	other := whole()
	other.GUN, other.Roles = "reg.example/other", other.Roles[:1]
	other.Roles[0].Expires = today.Add(-oneDay)
	third := whole()
	third.GUN, third.Roles = "reg.example/third", third.Roles[:1]
	third.Roles[0].Keys[0].CertificateExpires = today.Add(oneDay)
	l.Repositories = append(l.Repositories, other, third)
	var got []string
	for _, f := range l.About(l.Findings(), []trustdata.GUN{other.GUN}) {
		got = append(got, f.Code+" "+string(f.GUN)+f.KeyID.Short())
	}
	if diff := cmp.Diff([]string{"expired reg.example/other", "no_passphrase 1111111"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestNewDrift(t *testing.T) {
	row := func(name string, pulled bool, state registry.State) registry.Compared {
		return registry.Compared{Tag: trustdata.Tag{Name: name, Pulled: pulled, Digest: name}, State: state, RegistryDigest: "served"}
	}
	rows := []registry.Compared{row("a", true, registry.Signed), row("b", true, registry.Moved), row("b", false, registry.Moved), row("c", true, registry.Gone),
		row("d", false, registry.Unsigned), row("d", false, registry.Unsigned), row("e", true, registry.Moved), row("f", true, registry.Unknown),
		row("sha256-"+strings.Repeat("a", 64)+".sig", false, registry.Unsigned)}
	got := NewDrift(rows, func(served, signed string) bool { return served == "served" && signed == "e" }, nil)
	want := &Drift{Moved: []string{"b"}, Gone: []string{"c"}, Unsigned: []string{"d"}, OnePlatform: []string{"e"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
