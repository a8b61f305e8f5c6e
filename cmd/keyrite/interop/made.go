package interop

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

// Made is a repository that the test itself signs, every role of it, and a server of its
// files: what no honest server does can be served by it.
type Made struct {
	t       testing.TB
	GUN     trustdata.GUN
	URL     string
	keys    map[trustdata.Role]*keyring.PrivateKey
	Targets map[trustdata.Role]notary.Targets
	version int64 // of snapshot and timestamp
	root    notary.Root
	rootBy  []notary.Signer

	mu     sync.Mutex
	files  map[string][]byte
	answer func(http.ResponseWriter, *http.Request) bool
}

// NewMade makes a repository whose root needs threshold of so many keys.
func NewMade(t testing.TB, gun string, threshold, rootKeys int) *Made {
	m := &Made{t: t, GUN: trustdata.GUN(gun), keys: map[trustdata.Role]*keyring.PrivateKey{},
		Targets: map[trustdata.Role]notary.Targets{trustdata.RoleTargets: {}}, files: map[string][]byte{}}
	for _, role := range trustdata.BaseRoles[1:] {
		m.keys[role] = m.key()
	}
	root := notary.Root{Version: 1, Expires: time.Now().AddDate(1, 0, 0), Keys: map[trustdata.ListedID]trustdata.PublicKey{},
		Roles: map[trustdata.Role]notary.RoleKeys{}}
	var signers []notary.Signer
	who := notary.RoleKeys{Threshold: threshold}
	for i := range rootKeys {
		key := m.key()
		cert, err := notary.Certificate(key, m.GUN, time.Now().Add(-time.Hour))
		m.must(err)
		root.Keys[cert.ListedID()] = cert
		who.KeyIDs = append(who.KeyIDs, cert.ListedID())
		if i < threshold {
			signers = append(signers, notary.Signer{Key: key, Listed: cert.ListedID()})
		}
	}
	root.Roles[trustdata.RoleRoot] = who
	for role, key := range m.keys {
		id := key.Public().ListedID()
		root.Keys[id] = key.Public()
		root.Roles[role] = notary.RoleKeys{KeyIDs: []trustdata.ListedID{id}, Threshold: 1}
	}
	m.root, m.rootBy = root, signers
	file, err := notary.SignRoot(root, signers)
	m.must(err)
	m.put(trustdata.RoleRoot, file.Raw)
	m.files["1.root.json"] = file.Raw
	server := httptest.NewServer(http.HandlerFunc(m.serve))
	t.Cleanup(server.Close)
	m.URL = server.URL
	return m
}

func (m *Made) must(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatal(err)
	}
}

func (m *Made) key() *keyring.PrivateKey {
	key, err := keyring.Generate(trustdata.KeyECDSA)
	m.must(err)
	return key
}

func (m *Made) serve(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	raw, ok := m.files[strings.TrimPrefix(r.URL.Path, "/v2/"+string(m.GUN)+"/_trust/tuf/")]
	answer := m.answer
	m.mu.Unlock()
	if answer != nil && answer(w, r) {
		return
	}
	if r.URL.Path == "/v2/" {
		return
	}
	if !ok {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"errors":[{"code":"METADATA_NOT_FOUND","message":"none","detail":null}]}`)
		return
	}
	w.Write(raw)
}

func (m *Made) put(role trustdata.Role, raw []byte) notary.Meta {
	meta := notary.MetaOf(raw)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.files[string(role)+".json"] = raw
	m.files[fmt.Sprintf("%s.%x.json", role, sha256.Sum256(raw))] = raw
	return meta
}

// Delegate lists a role in its parent's file, for names that begin with one of paths.
func (m *Made) Delegate(role trustdata.Role, paths ...string) {
	m.keys[role] = m.key()
	public := m.keys[role].Public()
	parent := m.Targets[role.Parent()].Clone()
	if parent.Keys == nil {
		parent.Keys = map[trustdata.ListedID]trustdata.PublicKey{}
	}
	parent.Keys[public.ListedID()] = public
	parent.Delegations = append(parent.Delegations, notary.Delegation{Role: role, Paths: paths,
		RoleKeys: notary.RoleKeys{KeyIDs: []trustdata.ListedID{public.ListedID()}, Threshold: 1}})
	m.Targets[role.Parent()] = parent
	m.Targets[role] = notary.Targets{}
}

// Put signs a tag in a role, when it is published next.
func (m *Made) Put(role trustdata.Role, tag, digest string, length int64) {
	body := m.Targets[role].Clone()
	sum := make([]byte, sha256.Size)
	_, err := fmt.Sscanf(digest, "%x", &sum)
	m.must(err)
	body.Targets.Put(tag, notary.Entry{Hashes: notary.Hashes{SHA256: sum}, Length: length})
	m.Targets[role] = body
}

// Publish signs every role anew, but for those of which files says what is served: an
// older file is a replay. It gives the files of the root and the roles below it.
func (m *Made) Publish(files map[trustdata.Role][]byte) map[trustdata.Role][]byte {
	m.t.Helper()
	now := map[trustdata.Role][]byte{trustdata.RoleRoot: m.files["root.json"]}
	maps.Copy(now, files)
	for _, role := range slices.Sorted(maps.Keys(m.Targets)) {
		if files[role] != nil {
			continue
		}
		body := m.Targets[role]
		body.Version++
		body.Expires = time.Now().AddDate(1, 0, 0)
		m.Targets[role] = body
		file, err := notary.SignTargets(role, body, m.signer(role))
		m.must(err)
		now[role] = file.Raw
	}
	m.version++
	meta := map[trustdata.Role]notary.Meta{}
	for role, raw := range now {
		meta[role] = m.put(role, raw)
	}
	expires := time.Now().AddDate(0, 0, 14)
	sn, err := notary.SignSnapshot(notary.Snapshot{Version: m.version, Expires: expires, Meta: meta}, m.signer(trustdata.RoleSnapshot))
	m.must(err)
	m.PublishSnapshot(sn.Raw)
	return now
}

// PublishSnapshot serves a snapshot's file and a new timestamp that names it.
func (m *Made) PublishSnapshot(raw []byte) {
	m.t.Helper()
	m.version++
	ts, err := notary.SignTimestamp(notary.Timestamp{Version: m.version, Expires: time.Now().AddDate(0, 0, 14),
		Snapshot: m.put(trustdata.RoleSnapshot, raw)}, m.signer(trustdata.RoleTimestamp))
	m.must(err)
	m.put(trustdata.RoleTimestamp, ts.Raw)
}

func (m *Made) signer(role trustdata.Role) []notary.Signer {
	return []notary.Signer{{Key: m.keys[role], Listed: m.keys[role].Public().ListedID()}}
}
