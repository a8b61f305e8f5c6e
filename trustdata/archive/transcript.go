package archive

import (
	"fmt"
	"strings"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/remote"
)

// transcript says in words what was verified, for a reader without any program. Names
// from outside are written out visibly.
func transcript(res *remote.Result, m *Manifest) string {
	var b strings.Builder
	col := res.Collection
	fmt.Fprintf(&b, "Archive of %s\n\n", trustdata.Visible(string(m.GUN)))
	fmt.Fprintf(&b, "Fetched from   %s\nVerified at    %s by %s\n", trustdata.Visible(m.Server), stamp(m.VerifiedAt), m.Tool)
	fmt.Fprintf(&b, "\nWhat was verified: every signature and threshold, every hash and length that a parent\nnames, every end date against the time above, and that each root was vouched for by the\none before it, as far back as the server had them.\n\nROLES\n")
	for _, r := range col.Roles {
		fmt.Fprintf(&b, "%-24s version %-5d ends %s  needs %d of:\n", r.Role, r.Version, stamp(r.Expires), r.Threshold)
		for _, k := range r.Keys {
			fmt.Fprintf(&b, "    key %s %s\n", k.KeyID, k.Algorithm)
			if k.CertificateID != "" {
				fmt.Fprintf(&b, "        listed as certificate %s, which ends %s\n", k.CertificateID, stamp(k.CertificateExpires))
			}
		}
		if r.Problem != "" {
			fmt.Fprintf(&b, "    NOT VERIFIED: %s\n", trustdata.Visible(r.Problem))
		}
	}
	fmt.Fprintf(&b, "\nSIGNED TAGS (%d)\n", len(col.Tags))
	for _, t := range col.Tags {
		fmt.Fprintf(&b, "%-24s sha256:%s %d bytes, by %s\n", trustdata.Visible(t.Name), t.Digest, t.Length, strings.Join(t.Signers, ", "))
	}
	if len(m.Missing) > 0 {
		fmt.Fprintf(&b, "\nThe server no longer had these root versions: %v\n", m.Missing)
	}
	return b.String()
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return "unknown"
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}
