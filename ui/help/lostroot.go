package help

import "keyrite/ui"

// LostRoot is the page about a root key that cannot be found or opened any more.
func LostRoot() ui.Page {
	say := func(title string, texts ...string) ui.Section {
		s := ui.Section{Title: title}
		for _, t := range texts {
			s.Facts = append(s.Facts, ui.Fact{Value: t})
		}
		return s
	}
	return ui.Page{Title: "When a root key is lost", Sections: []ui.Section{
		say("LOOK EVERYWHERE FIRST",
			"keyrite inspect GUN names the root key. Its file is private/<that ID>.key in some trust directory: ~/.docker/trust or ~/.notary of whoever founded the repository, an old laptop, a build machine's home, a backup. keyrite keys list --trust-dir DIR looks into any folder.",
			"A root key whose passphrase nobody knows is lost as well. Nothing can find a passphrase."),
		say("WHAT STILL WORKS WITHOUT IT",
			"Signed tags go on verifying, and whoever has the repository key or a delegation's key goes on signing, until the earliest end date that keyrite inspect GUN shows.",
			"What ends: rotating any key. And in the last six months before root.json ends, docker and notary publish nothing at all without the root key, since they want to renew it by the way."),
		say("WHY THERE IS NO WAY AROUND",
			"A trust server takes a new root only if the old root key has signed it, and so does every client. The only way on is to have the server forget the repository and to found it anew. No tool can do better; be wary of one that says so."),
		say("ARCHIVE FIRST",
			"keyrite archive GUN --to DIR keeps every version of the root, all metadata and a transcript of what verified, while it still does. keyrite tags GUN --from-archive DIR reads that later, without any server: it is your list of what to sign again, and the proof of what was signed."),
		say("WHAT IS WIPED FOR EVER",
			"On the server: every signature of the repository, by every signer, and its whole history. Images and tags in the registry stay.",
			"For clients: each one that has seen the old repository refuses the new one, also if the same root key were used again, because its certificate is another. On each of them somebody deletes tuf/<GUN> in the trust directory. Pins of the old certificate ID have to be changed."),
		{Title: "WHAT EACH KIND OF SERVER NEEDS", Facts: []ui.Fact{
			{Label: "notary-server", Value: "Somebody with the right to everything of the repository (the scope *) runs: notary delete GUN --remote. Other repositories on the server are not touched."},
			{Label: "Harbor <= 2.8", Value: "A project administrator does the same with the notary client, against the port of Harbor's own notary. From 2.9 on Harbor has no trust server; its signatures are gone already."},
			{Label: "MSR 2.9", Value: "An administrator of the repository does the same, against MSR's own notary. 2.10 keeps it only for those who come from 2.9."},
			{Label: "Azure (ACR)", Value: "One repository cannot be reset: only switching content trust off removes trust data, and that of EVERY repository in the registry. Since 2026-05-31 it may not be possible to switch it on again. Archive all of them before you think about it; ask Azure's support first."},
			{Label: "Docker Hub", Value: "notary.docker.io ends on 2026-12-08. Founding anew is not worth it: archive, and sign what you need with another system."},
		}},
		say("THEN",
			"1. keyrite archive GUN --to DIR, and keep the folder.",
			"2. Have the server forget the repository, as above.",
			"3. keyrite init GUN --anew on a root key that is backed up (with --new-root, if none is). --anew says that this machine is to forget the old root.",
			"4. Sign what still holds: keyrite sign GUN:TAG --digest D --length N takes both from the archive. Do not sign what nobody checked.",
			"5. keyrite backup create --to DIR -r RECIPIENT, twice, on two media. Try one: keyrite backup verify FILE -i IDENTITY.",
			"6. Tell everybody who pulls: delete tuf/<GUN>, or change the pin."),
	}}
}
