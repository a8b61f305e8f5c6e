package audit

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"keyrite/trustdata"
	"keyrite/trustdata/registry"
	"keyrite/trustdata/remote"
)

func TestParseReference(t *testing.T) {
	hash := strings.Repeat("ab", 32)
	known := func(gun trustdata.GUN) bool { return gun == "app" }
	for _, tt := range []struct {
		text  string
		want  Reference
		fails string
	}{
		{text: "alpine", want: Reference{GUN: "docker.io/library/alpine", Tag: "latest"}},
		{text: "app", want: Reference{GUN: "app", Tag: "latest"}},
		{text: "acme/app:1.4", want: Reference{GUN: "docker.io/acme/app", Tag: "1.4"}},
		{text: "reg.example:5000/app/web", want: Reference{GUN: "reg.example:5000/app/web", Tag: "latest"}},
		{text: "reg.example:5000/app:v1@sha256:" + hash, want: Reference{GUN: "reg.example:5000/app", Tag: "v1", Digest: hash}},
		{text: "reg.example/app@sha256:" + hash, want: Reference{GUN: "reg.example/app", Digest: hash}},
		{text: "reg.example/app@sha256:12", fails: "64 lower-case hex digits"},
		{text: "reg.example/app@sha512:" + hash, fails: "after @ comes sha256:"},
		{text: "sha256:" + hash + "@", fails: "after @"},
		{text: "reg.example/app:", fails: `"" cannot be a tag`},
		{text: "reg.example/app:a b", fails: `"a b" cannot be a tag`},
		{text: "reg.example/../app:v1", fails: `segment ".."`},
		{text: "https://reg.example/app:v1", fails: "is no reference of an image"},
		{text: "", fails: "empty"},
		{text: "reg.example/\x1b[2J", fails: `\x1b`},
	} {
		got, err := ParseReference(tt.text, known)
		if tt.fails != "" {
			if err == nil || !strings.Contains(err.Error(), tt.fails) {
				t.Errorf("%q: error %v, want %q", tt.text, err, tt.fails)
			}
			continue
		}
		tt.want.Text = tt.text
		if err != nil || got != tt.want {
			t.Errorf("%q is %+v, %v; want %+v", tt.text, got, err, tt.want)
		}
	}
}

func TestJudge(t *testing.T) {
	a, b := strings.Repeat("a", 64), strings.Repeat("b", 64)
	col := &trustdata.Collection{Tags: []trustdata.Tag{
		{Name: "v1", Digest: a, Roles: []trustdata.Role{"targets"}, Pulled: true},
		{Name: "own", Digest: b, Roles: []trustdata.Role{"targets/alice"}}}}
	doubtful := &trustdata.Collection{Tags: col.Tags, Roles: []trustdata.RoleView{{Role: trustdata.RoleReleases, Problem: "expired", Paths: []string{""}}}}
	late := func(role trustdata.Role) *trustdata.Collection {
		return &trustdata.Collection{Tags: col.Tags, Problems: []trustdata.Problem{{Role: role, Reason: trustdata.ReasonExpired, Detail: "expired"}}}
	}
	for _, tt := range []struct {
		name, tag, digest string
		col               *trustdata.Collection
		err               error
		served            string
		notServed         error
		want              string // state, and what the reason has in it
	}{
		{name: "as signed", tag: "v1", col: col, served: a, want: "signed"},
		{name: "moved", tag: "v1", col: col, served: b, want: "moved"},
		{name: "gone", tag: "v1", col: col, notServed: registry.ErrNotFound, want: "gone"},
		{name: "unsigned", tag: "v2", col: col, served: b, want: "unsigned"},
		{name: "signed where docker does not look", tag: "own", col: col, served: b, want: "unsigned signed only in"},
		{name: "neither", tag: "v2", col: col, notServed: registry.ErrNotFound, want: "unknown neither signed nor served"},
		{name: "no answer", tag: "v1", col: col, notServed: errors.New("refused"), want: "unknown refused"},
		{name: "pinned", tag: "v1", digest: a, col: col, served: a, want: "signed"},
		{name: "pinned to another", tag: "v1", digest: b, col: col, served: b, want: "moved"},
		{name: "digest alone", digest: a, col: col, served: a, want: "signed"},
		{name: "another digest alone", digest: b, col: col, served: b, want: "unsigned"},
		{name: "no trust data", tag: "v1", err: fmt.Errorf("x: %w", remote.ErrNotFound), served: a, want: "unsigned has no trust data"},
		{name: "not read", tag: "v1", err: errors.New("timeout"), served: a, want: "unknown timeout"},
		{name: "not cached", tag: "v1", err: remote.ErrNotCached, served: a, want: "unknown not"},
		{name: "expired", tag: "v1", col: late("targets"), served: a, want: "unknown targets: expired"},
		{name: "expired releases", tag: "v1", col: late("targets/releases"), served: a, want: "unknown targets/releases: expired"},
		{name: "an expired signer", tag: "v1", col: late("targets/alice"), served: a, want: "signed"},
		{name: "releases refused", tag: "v1", col: doubtful, served: a, want: "unknown may say otherwise"},
		{name: "unsigned, or hidden", tag: "v2", col: doubtful, served: b, want: "unknown may sign it"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := Reference{Text: "x", GUN: app, Tag: tt.tag, Digest: tt.digest}.Judge(tt.col, tt.err, tt.served, tt.notServed)
			state, reason, _ := strings.Cut(tt.want, " ")
			if string(got.State) != state || !strings.Contains(got.Reason, reason) || reason == "" && got.Reason != "" {
				t.Errorf("%s: %q, want %q", got.State, got.Reason, tt.want)
			}
		})
	}
}

func TestImages(t *testing.T) {
	at := func(text string, state registry.State, age time.Duration) Image {
		return Image{Reference: Reference{Text: text, GUN: app, Tag: text}, State: state, Served: "aa", Created: today.Add(-age)}
	}
	failed, mute := at("e", registry.Signed, 0), at("f", registry.Signed, 0)
	failed.Created, failed.CreatedErr, mute.Created = time.Time{}, errors.New("refused"), time.Time{}
	images := []Image{at("a", registry.Signed, oneDay), at("b", registry.Moved, oneDay), at("c", registry.Signed, 31*oneDay), at("d", registry.Gone, 30*oneDay), failed, mute}
	for olderThan, want := range map[time.Duration][]string{
		0:           {"warning image_gone d", "warning image_moved b"},
		30 * oneDay: {"warning image_age_unknown e", "warning image_gone d", "warning image_moved b", "warning image_old c", "info image_age_unknown f"},
	} {
		var got []string
		for _, f := range Images(today, images, olderThan) {
			got = append(got, fmt.Sprintf("%s %s %s", f.Severity, f.Code, f.Tags[0]))
			if f.GUN != app || f.Message == "" || f.Remedy == "" {
				t.Errorf("%+v", f)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("older than %s: %s", olderThan, diff)
		}
	}
}
