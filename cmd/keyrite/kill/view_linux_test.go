package kill

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"keyrite/trustdata"
)

// view is what changes are about: who holds each role, its version and its end, and what is
// signed by whom. The server's own files are left out, since a server makes them as it likes.
type view map[trustdata.GUN][]string

const day = 24 * time.Hour

func (w *world) view() view {
	w.t.Helper()
	v := view{}
	for _, g := range []trustdata.GUN{web, api, jobs, fresh} {
		if w.timestamp(g) == "" {
			continue
		}
		f, err := w.fetcher("")
		w.ok(err)
		f.Late = true // what has ended is seen, too
		res, err := f.Fetch(w.t.Context(), g)
		if err != nil {
			w.t.Fatal(err)
		}
		for _, role := range res.Collection.Roles {
			for _, k := range role.Keys {
				v[g] = append(v[g], fmt.Sprintf("key of %s: %s", role.Role, k.KeyID), fmt.Sprintf("certificate of %s: %s", role.Role, k.CertificateID))
			}
			if role.Role != trustdata.RoleSnapshot && role.Role != trustdata.RoleTimestamp {
				v[g] = append(v[g], fmt.Sprintf("%s version %d, for %d days", role.Role, role.Version, time.Until(role.Expires).Round(day)/day))
			}
		}
		for _, tag := range res.Collection.Tags {
			v[g] = append(v[g], fmt.Sprintf("tag %s for %s by %v", tag.Name, tag.Digest, tag.Roles))
		}
		slices.Sort(v[g])
	}
	return v
}

// since is a view in which keys and certificates are new or as they were: each run makes
// others, and each world has its own.
func (v view) since(was view) view {
	out := view{}
	for g, lines := range v {
		for _, line := range lines {
			what, _, named := strings.Cut(line, ": ")
			switch {
			case named && slices.Contains(was[g], line):
				line = what + ": as it was"
			case named:
				line = what + ": new"
			}
			out[g] = append(out[g], line)
		}
		slices.Sort(out[g])
	}
	return out
}

// timestamp is what a server has of a repository: its timestamp names everything else by
// hash. It is "" for none.
func (w *world) timestamp(g trustdata.GUN) string {
	w.t.Helper()
	resp, err := http.Get(w.url + "/v2/" + string(g) + "/_trust/tuf/timestamp.json")
	w.ok(err)
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	w.ok(err)
	switch resp.StatusCode {
	case http.StatusOK:
		return string(data)
	case http.StatusNotFound:
		return ""
	}
	w.t.Fatalf("%s: %s", g, resp.Status)
	return ""
}
