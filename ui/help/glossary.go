package help

import "keyrite/ui"

// Glossary explains the words of the field, the old ones too, for searching.
func Glossary() ui.Page {
	keysSection := ui.Section{Title: "KEYS AND ROLES", Facts: []ui.Fact{
		{Label: "root key", Value: "decides which keys count for a repository. It signs rarely and belongs offline, with two backups"},
		{Label: "repository key", Value: "docker's name for the targets key: signs the list of tags, and who else may sign them"},
		{Label: "signer key", Value: "a delegation, targets/NAME: lets somebody sign tags without the repository key"},
		{Label: "snapshot key", Value: "signs which versions of the files belong together; often kept by the trust server"},
		{Label: "timestamp key", Value: "signs every few days that this is still the latest; always kept by the trust server"},
		{Label: "key ID", Value: "the hash of a public key, and the name of its file"},
		{Label: "certificate ID", Value: "the hash of a root key's certificate, one for each repository; never the same as its key ID"},
		{Label: "threshold", Value: "how many keys of a role must sign"},
	}}
	states := ui.Section{Title: "WHAT IS SIGNED", Facts: []ui.Fact{
		{Label: "GUN", Value: "globally unique name, a repository's whole name with its host: docker.io/library/alpine"},
		{Label: "tag", Value: "a name for an image. What is signed is the tag with a digest and a length"},
		{Label: "digest", Value: "the hash of what is served: it names exactly one content"},
		{Label: "signed", Value: "there is a signature for exactly what is served"},
		{Label: "moved", Value: "signed, but the tag now serves something else"},
		{Label: "gone", Value: "signed, but the tag is no longer served"},
		{Label: "unsigned", Value: "served without a signature"},
		{Label: "trust server", Value: "keeps and serves the signed metadata: notary-server, or a registry that speaks its language"},
		{Label: "metadata", Value: "the signed files of a repository: root, targets, snapshot, timestamp, and one for each signer"},
		{Label: "expired", Value: "past the date that its signer gave it; clients that check refuse it"},
		{Label: "rollback", Value: "an older version served after a newer one was seen: a mistake, or an attack"},
	}}
	acts := ui.Section{Title: "WHAT IS DONE", Facts: []ui.Fact{
		{Label: "rotate", Value: "put a new key in the place of an old one"},
		{Label: "refresh", Value: "sign the same content again, with a later end"},
		{Label: "repair", Value: "the same after it has expired, which docker and notary cannot do"},
		{Label: "unsign", Value: "take the signature of a tag away; the image stays"},
		{Label: "archive", Value: "keep a repository's raw metadata in a folder, with a transcript of its verification"},
		{Label: "ceremony", Value: "a change that is signed on a machine which is never online"},
		{Label: "trash", Value: "a removed key file, kept and dated; it is never emptied by keyrite"},
		{Label: "retired", Value: "a root key taken out of use on purpose, kept for ever"},
		{Label: "drill", Value: "a backup opened and its keys used, without restoring anything"},
	}}
	return ui.Page{Title: "Glossary", Sections: []ui.Section{keysSection, states, acts}}
}

// Why is all that a page knows of one of its rows.
func Why(of ui.Page, r ui.Row) ui.Page {
	mark := ui.Section{Title: "THE MARK", Facts: []ui.Fact{{Label: string(r.Mark), Value: meaning(r.Mark)}}}
	line := ui.Section{Title: "THE LINE"}
	for c, col := range of.Columns {
		if c < len(r.Cells) && r.Cells[c] != "" {
			line.Facts = append(line.Facts, ui.Fact{Label: col.Label(), Value: r.Cells[c]})
		}
	}
	about := ui.Section{Title: "WHAT IS KNOWN OF IT"}
	for _, d := range r.Detail {
		if d != "" {
			about.Facts = append(about.Facts, ui.Fact{Value: d})
		}
	}
	p := ui.Page{Title: "Why", Sections: []ui.Section{mark, line}, Copy: r.Copy, Freshness: of.Freshness}
	if len(about.Facts) > 0 {
		p.Sections = append(p.Sections, about)
	}
	return p
}
