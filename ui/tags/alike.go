package tags

import (
	"keyrite/trustdata"
	"keyrite/trustdata/registry"
)

// lookAlikes tells which tag another one can be taken for.
func lookAlikes(rows []registry.Compared) map[string]string {
	return trustdata.LookAlikes(func(yield func(string) bool) {
		for _, r := range rows {
			if !yield(r.Name) {
				return
			}
		}
	})
}

// signedAlikes is lookAlikes for what is signed.
func signedAlikes(col *trustdata.Collection) map[string]string {
	return trustdata.LookAlikes(func(yield func(string) bool) {
		for _, t := range col.Tags {
			if !yield(t.Name) {
				return
			}
		}
	})
}

// signerAlikes is lookAlikes for a collection's signers.
func signerAlikes(col *trustdata.Collection) map[string]string {
	return trustdata.LookAlikes(func(yield func(string) bool) {
		for _, r := range col.Roles {
			if !yield(r.Role.Signer()) {
				return
			}
		}
	})
}
