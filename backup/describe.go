package backup

import (
	"cmp"
	"path"
	"strings"

	"keyrite/keyring"
	"keyrite/trustdata"
)

// describe says what a key file is, by its path and its bytes. Writing and reading a
// backup both use it, so a manifest cannot lie about a key's role or repository.
func describe(name string, kind Kind, data []byte) File {
	f := describePath(name, kind)
	info := keyring.Inspect(data)
	f.Role, f.GUN = cmp.Or(info.Role, f.Role), cmp.Or(info.GUN, f.GUN)
	f.Problem = cmp.Or(info.Problem, f.misnamed(info, data))
	f.Size, f.SHA256, f.locked = int64(len(data)), info.SHA256, info.Encrypted
	return f
}

// misnamed says what is wrong with a sound key file's name. What an encrypted file holds is
// not known here.
func (f File) misnamed(info keyring.Info, data []byte) string {
	if f.KeyID == "" {
		return "the file's name is no key ID"
	}
	if info.Encrypted {
		return ""
	}
	k, _, err := keyring.Decode(data, keyring.NewPassphrase(nil))
	if err != nil {
		return err.Error()
	}
	defer k.Wipe()
	if k.KeyID() != f.KeyID {
		return keyring.ErrMismatch.Error()
	}
	return ""
}

// describePath says what the path alone tells. The old layouts have a key's role and
// repository there: root_keys/<id>[_<role>].key, tuf_keys/<GUN>/<id>[_<role>].key.
func describePath(name string, kind Kind) File {
	f := File{Path: name, Kind: kind}
	_, rest, _ := strings.Cut(name, "/")
	switch kind {
	case KindMetadata:
		gun, role, _ := splitMetadata(rest, "metadata/")
		f.GUN, f.Role = gun, string(role)
	case KindArchive:
		is, _ := splitArchive(rest)
		f.GUN, f.Role = is.gun, string(is.role)
	case KindKey, KindRetired:
		f.KeyID, f.Role, f.GUN = keyByPath(rest, kind)
	}
	return f
}

func keyByPath(rest string, kind Kind) (id trustdata.KeyID, role string, gun trustdata.GUN) {
	stem := strings.TrimSuffix(path.Base(rest), keySuffix)
	folder, below, _ := strings.Cut(path.Dir(rest), "/")
	if folder == "root_keys" || folder == "tuf_keys" {
		var tail string
		stem, tail, _ = strings.Cut(stem, "_")
		role, _, _ = strings.Cut(tail, "_")
		if folder == "root_keys" {
			role = cmp.Or(role, string(trustdata.RoleRoot))
		}
		gun, _ = trustdata.ParseGUN(below)
	}
	if kind == KindRetired { // it may carry a number or a date behind its ID
		stem, _, _ = strings.Cut(stem, ".")
	}
	id, _ = trustdata.ParseKeyID(stem)
	return id, role, gun
}
