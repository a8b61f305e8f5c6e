package help

import "keyrite/ui"

// Leaving is the page about leaving content trust without losing what it says.
func Leaving() ui.Page {
	say := func(title string, texts ...string) ui.Section {
		s := ui.Section{Title: title}
		for _, t := range texts {
			s.Facts = append(s.Facts, ui.Fact{Value: t})
		}
		return s
	}
	return ui.Page{Title: "Leaving Docker Content Trust", Sections: []ui.Section{
		say("THE ORDER",
			"1. keyrite archive GUN --to DIR keeps every version of the root, all metadata and a transcript of what verified, while it still does. keyrite backup create keeps the keys.",
			"2. keyrite migrate plan GUN changes nothing: it lists by digest what notation or cosign is to sign (--for), with the command for each; --out DIR writes them as sign.sh, with plan.json and for notation a trust policy to begin with.",
			"3. Decide about tags that have moved: --include GUN:TAG takes what was signed, --leave GUN:TAG does not. What nobody signed is never planned.",
			"4. Sign: run the commands where the new key is. keyrite signs nothing itself. cosign enters each signature in a public log, for ever, unless COSIGN_TLOG_UPLOAD=false is set, from its version 3 on with COSIGN_USE_SIGNING_CONFIG=false.",
			"5. keyrite migrate check --plan DIR/plan.json --archive DIR, as often as you like: exit code 3 until every planned digest carries a signature, no signed tag is unplanned and the archive is as new as the server.",
			"6. Let every client verify the new signatures: level audit first, then permissive, then strict.",
			"7. Only then switch content trust off."),
		say("NEVER BEGIN WITH SWITCHING IT OFF",
			"Disabling content trust on a registry deletes the trust data of every repository in it, for ever: the evidence, and the list of what to sign. Some guides, Microsoft's among them, begin with it."),
		say("WHAT HAS NO EQUAL",
			"Tag binding: notation and cosign sign a digest. Nothing signed says which digest a tag stands for.",
			"Freshness: nothing signed ends soon enough that a client would notice that it is kept from news.",
			"Rollback protection: a signature of an old image stays as good as that of a new one.",
			"Thresholds: one trusted signature is enough. A policy engine has to count."),
		say("WHAT IS CHECKED, AND WHAT IS NOT",
			"keyrite tags GUN --signatures and migrate check say that a signature is present. Whether it verifies, and who made it, notation verify and cosign verify say.",
			"A signature can be in another repository; none found means none found here."),
		say("KEYS",
			"A key of content trust does not become one of notation: its certificate is of a kind that notation refuses. Make new ones; ten years online are enough."),
	}}
}
