package audit

import (
	"fmt"
	"slices"

	"keyrite/keyring"
	"keyrite/trustdata"
)

// fewRounds is below what stands for some time against guessing; docker and notary write
// 2,048, keyrite 600,000.
const fewRounds = 100_000

// keys judges the key files.
func (l Look) keys() []Finding {
	out, all := make([]Finding, 0, len(l.Keys)), l.allRead()
	for _, k := range l.Keys {
		if k.Problem != "" {
			out = append(out, l.damaged(k))
			continue
		}
		if f, ok := locked(k); ok {
			out = append(out, f)
		}
		if f, ok := l.use(k, l.listed[k.KeyID], all); ok && (!l.Partial || f.Code == "root_online") {
			out = append(out, f)
		}
	}
	return out
}

func ofKey(k keyring.Info, severity Severity, code, message, remedy string) Finding {
	f := Finding{Severity: severity, Code: code, GUN: k.GUN, KeyID: k.KeyID, Path: k.Path, Message: message, Remedy: remedy}
	if role, err := trustdata.ParseRole(k.Role); err == nil {
		f.Role = role
	}
	return f
}

// graver is the severity of something that is worse in a root key.
func graver(k keyring.Info, root, other Severity) Severity {
	if k.Role == string(trustdata.RoleRoot) {
		return root
	}
	return other
}

func (l Look) damaged(k keyring.Info) Finding {
	remedy := "keyrite keys import FILE"
	if c := l.proven[k.KeyID]; c != nil {
		remedy = "keyrite backup restore " + quoteShell(c.File) + " -i IDENTITY --to DIR"
	}
	return ofKey(k, Warning, "key_damaged", "the key file is of no use: "+k.Problem, remedy)
}

// locked judges what protects the file.
func locked(k keyring.Info) (Finding, bool) {
	change := "keyrite keys passwd " + string(k.KeyID)
	switch {
	case !k.Encrypted:
		return ofKey(k, graver(k, Error, Warning), "no_passphrase", "whoever reads this key file has the key: it has no passphrase", change), true
	case k.KDFIterations < fewRounds:
		return ofKey(k, graver(k, Warning, Info), "weak_kdf",
			fmt.Sprintf("guessing the passphrase of this key file is cheap: each try costs %d rounds", k.KDFIterations), change), true
	}
	return Finding{}, false
}

// use judges what a key is for.
func (l Look) use(k keyring.Info, listed []trustdata.GUN, all bool) (Finding, bool) {
	root := k.Role == string(trustdata.RoleRoot)
	switch {
	case root && len(listed) > 0 && l.Online:
		return ofKey(k, Info, "root_online", "this root key is on the disk of a machine that speaks with servers",
			"keyrite ceremony prepare "+quoteShell(string(listed[0]))+" --to DIR lets another machine sign. Move the key there with a backup, and then keyrite keys remove "+string(k.KeyID)+"."), true
	case root && len(listed) == 0 && all && len(l.Machine.Roots) == 1 && !l.Machine.Roots[0].Replaced:
		return ofKey(k, Info, "root_signs_nothing", "no repository known here lists this root key", "keyrite repos --check"), true
	case root || len(listed) > 0:
		return Finding{}, false
	case k.Role == "":
		return ofKey(k, Info, "key_without_role", "the key file does not say what the key is for, and no repository known here lists it", "keyrite keys show "+string(k.KeyID)), true
	case all || l.read(k.GUN):
		return ofKey(k, Info, "key_unlisted", "no repository known here lists this key", "keyrite keys show "+string(k.KeyID)), true
	}
	return Finding{}, false
}

// allRead reports whether every repository known here could be read, so that what none of
// them lists is listed nowhere that is known.
func (l Look) allRead() bool {
	return !slices.ContainsFunc(l.Repositories, func(r Repository) bool { return r.Err != nil })
}

func (l Look) read(gun trustdata.GUN) bool {
	return slices.ContainsFunc(l.Repositories, func(r Repository) bool { return r.GUN == gun && r.Err == nil })
}
