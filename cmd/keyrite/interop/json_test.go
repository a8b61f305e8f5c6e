package interop_test

import "time"

// The JSON that keyrite promises, written down here once more: a test that used the
// product's own types could not see a renamed field.

type keyJSON struct {
	KeyID         string `json:"key_id"`
	Role          string `json:"role"`
	GUN           string `json:"gun"`
	Algorithm     string `json:"algorithm"`
	Encrypted     bool   `json:"encrypted"`
	KDFIterations int    `json:"kdf_iterations"`
	Path          string `json:"path"`
	Problem       string `json:"problem"`
}

type tagsJSON struct {
	GUN      string     `json:"gun"`
	Server   string     `json:"server"`
	Source   string     `json:"source"`
	Verified bool       `json:"verified"`
	Expires  *time.Time `json:"expires"`
	Tags     []tagJSON  `json:"tags"`
}

type tagJSON struct {
	Name           string   `json:"name"`
	Digest         string   `json:"digest"`
	Length         int64    `json:"length"`
	Roles          []string `json:"roles"`
	Signers        []string `json:"signers"`
	Pulled         bool     `json:"pulled"`
	RegistryDigest string   `json:"registry_digest"`
	State          string   `json:"state"`
}

type inspectJSON struct {
	GUN   string     `json:"gun"`
	Roles []roleJSON `json:"roles"`
}

type roleJSON struct {
	Role      string     `json:"role"`
	Version   int64      `json:"version"`
	Expires   *time.Time `json:"expires"`
	Threshold int        `json:"threshold"`
	Keys      []struct {
		KeyID              string     `json:"key_id"`
		CertificateID      string     `json:"certificate_id"`
		Algorithm          string     `json:"algorithm"`
		Held               bool       `json:"held"`
		CertificateExpires *time.Time `json:"certificate_expires"`
	} `json:"keys"`
	ManagedBy string `json:"managed_by"`
}

type verifyJSON struct {
	GUN       string   `json:"gun"`
	Tag       string   `json:"tag"`
	Digest    string   `json:"digest"`
	Reference string   `json:"reference"`
	Signers   []string `json:"signers"`
	Verified  bool     `json:"verified"`
}

type rotateJSON struct {
	GUN         string   `json:"gun"`
	Role        string   `json:"role"`
	OldKeys     []string `json:"old_keys"`
	NewKeys     []string `json:"new_keys"`
	Published   *bool    `json:"published"`
	RootVersion int64    `json:"root_version"`
	Verified    bool     `json:"verified"`
	Waived      []string `json:"waived"`
}

type backupJSON struct {
	File     string    `json:"file"`
	SHA256   string    `json:"sha256"`
	Keys     []keyJSON `json:"keys"`
	Metadata []string  `json:"metadata"`
	State    string    `json:"state"`
	Waived   []string  `json:"waived"`
}

type restoreJSON struct {
	Restored []string `json:"restored"`
	Same     []string `json:"same"`
	Lost     []struct {
		Path string `json:"path"`
	} `json:"lost"`
	OK bool `json:"ok"`
}

type changeJSON struct {
	GUN       string           `json:"gun"`
	Changed   []string         `json:"changed"`
	Versions  map[string]int64 `json:"versions"`
	Published bool             `json:"published"`
	Verified  bool             `json:"verified"`
	Waived    []string         `json:"waived"`
}

type planJSON struct {
	Plan struct {
		Kind          string   `json:"kind"`
		Changes       []string `json:"changes"`
		WillNotFollow []string `json:"will_not_follow"`
	} `json:"plan"`
}

type archiveJSON struct {
	GUN      string  `json:"gun"`
	Path     string  `json:"path"`
	Roots    int     `json:"roots"`
	Tags     int     `json:"tags"`
	Missing  []int64 `json:"missing_roots"`
	Verified bool    `json:"verified"`
}
