package demo

import (
	"bytes"
	"slices"
	"time"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

// plan is what one repository is to be.
type plan struct {
	path    string
	rootKey *keyring.PrivateKey
	// founded is how long ago root.json, its certificate and the first targets were
	// signed; updated is how long ago the targets were signed last.
	founded, updated time.Duration
	localSnapshot    bool
	signers          []signer
	tags             []tag
	// cached leaves docker's copy of the metadata in the trust directory.
	cached bool
}

// signer is a delegation with its one key.
type signer struct {
	name string
	key  *keyring.PrivateKey
}

// tag is one tag's fate. Signed and served are labels of images; "" is not signed, or
// not served. By are the signers who vouch for it, in repositories that have any.
type tag struct {
	name, signed, served string
	by                   []string
}

// plain is a tag that is signed and served alike.
func plain(names ...string) []tag {
	var tags []tag
	for _, n := range names {
		tags = append(tags, tag{name: n, signed: n, served: n})
	}
	return tags
}

// plans are acme's repositories. Lifetimes are those that every client writes, so what
// ends when follows from the days of signing.
func plans(keys map[string]*keyring.PrivateKey) []plan {
	platform, shop := keys["platform"], keys["shop"]
	alice, ci := signer{"alice", keys["alice"]}, signer{"ci-bot", keys["ci-bot"]}
	// Half a day more keeps a whole number of days in sight while the demo is open.
	targets := notary.Lifetime(trustdata.RoleTargets) - day/2
	ended, ending := targets+4*day, targets-20*day
	renewable := notary.Lifetime(trustdata.RoleRoot) - day/2 - 11*day // the certificate lives as long as root.json
	return []plan{
		{path: "pay/web", rootKey: platform, founded: 400 * day, updated: 9 * day, cached: true, signers: []signer{alice, ci}, tags: payWeb()},
		{path: "pay/api", rootKey: platform, founded: 390 * day, updated: 30 * day, cached: true, tags: append(plain("1.9", "1.10", "1.11"), tag{name: "latest", signed: "1.11", served: "1.11"})},
		{path: "infra/base", rootKey: platform, founded: ended, updated: ended, cached: true, tags: plain("bookworm", "bookworm-slim", "trixie")},
		{path: "infra/proxy", rootKey: platform, founded: renewable, updated: 150 * day, cached: true, tags: plain("2.4.1", "2.4.2")},
		{path: "shop/front", rootKey: shop, founded: ending, updated: ending, cached: true, signers: []signer{ci}, tags: shopFront()},
		{path: "shop/cart", rootKey: shop, founded: 120 * day, updated: 14 * day, localSnapshot: true, tags: plain("3.0.0", "3.0.1", "3.1.0")},
	}
}

// payWeb has tags in all four states.
func payWeb() []tag {
	both, bot := []string{"alice", "ci-bot"}, []string{"ci-bot"}
	return []tag{
		{"2026.09.3", "2026.09.3", "2026.09.3", bot},
		{"2026.09.4", "2026.09.4", "2026.09.4", bot},
		{"2026.10.0", "2026.10.0", "2026.10.0", both},
		{"2026.10.1", "2026.10.1", "2026.10.1", both},
		{"2026.10.2", "2026.10.2", "2026.10.2", both},
		{"latest", "2026.10.2", "2026.10.2", bot},
		{"stable", "2026.10.1", "2026.10.2", []string{"alice"}}, // moved by somebody who does not sign
		{"2026.08.0", "2026.08.0", "", []string{"alice"}},       // gone from the registry
		{"2026.11-rc1", "", "2026.11-rc1", nil},
		{"debug", "", "debug", nil},
	}
}

func shopFront() []tag {
	bot := []string{"ci-bot"}
	return []tag{
		{"7", "7.2.0", "7.2.1", bot}, // moved
		{"7.2.0", "7.2.0", "7.2.0", bot},
		{"7.2.1", "", "7.2.1", nil},
	}
}

// withoutHeaders cuts the PEM headers out of a key file.
func withoutHeaders(file []byte) []byte {
	first, rest, _ := bytes.Cut(file, []byte("\n"))
	if _, body, ok := bytes.Cut(rest, []byte("\n\n")); ok {
		return slices.Concat(first, []byte("\n"), body)
	}
	return file
}
