package rotate

import (
	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/ui"
)

// A root key that gets a new certificate stays the same: no key is made, and none has to be
// backed up that was not there before. This file has the words.

// renewal is the kind of rotation that does it.
var renewal = kind{name: "renew the root certificate", role: trustdata.RoleRoot, sameKey: true,
	follows: "the same root key, for ten more years; no client notices but those that pin the old certificate"}

const renewed = "the same key, by a new certificate"

// renewalResult says under which certificate the key is listed now.
func renewalResult(r *rotation.Result) []ui.Fact {
	id := trustdata.KeyID(r.RootCertificateID)
	return append([]ui.Fact{{Value: renewed}}, wholeID("Certificate", id, ui.MarkNone)...)
}

// renewalQuestion asks for the repository's name: nothing new is to be compared.
func renewalQuestion(q ui.Question, gun string) ui.Question {
	q.Type = gun
	q.Facts = append(q.Facts, ui.Fact{Label: "Way back", Value: "none is needed: the key stays"})
	return q
}
