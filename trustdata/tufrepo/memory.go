package tufrepo

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/theupdateframework/go-tuf/v2/metadata"
	"github.com/theupdateframework/go-tuf/v2/metadata/trustedmetadata"

	"keyrite/trustdata"
	"keyrite/trustdata/state"
)

// memory is what was seen of one base before. Roots are remembered under the base's name;
// versions under that and the timestamp and snapshot keys, for these two can push versions
// so high that nothing honest comes after. When root replaces either, memory begins anew,
// as section 5.3.11 of the specification recovers from that.
type memory struct {
	store    *state.Store
	base     string
	name     trustdata.GUN // of the roots
	epoch    trustdata.GUN // of the versions
	root     state.RootSeen
	versions map[trustdata.Role]int64
}

// recall reads which root of base was seen.
func recall(store *state.Store, base string) (*memory, error) {
	m := &memory{store: store, base: base, name: trustdata.GUN("tuf/" + hexSum([]byte(base)))}
	seen, err := m.seen(m.name)
	m.root = seen.Root
	return m, err
}

// recallVersions reads which versions were seen under the timestamp and snapshot keys that
// root names.
func (m *memory) recallVersions(root *metadata.Metadata[metadata.RootType]) error {
	m.epoch = m.name + "/" + trustdata.GUN(hexSum([]byte(onlineKeys(&root.Signed))))
	seen, err := m.seen(m.epoch)
	m.versions = seen.Versions
	return err
}

func (m *memory) seen(name trustdata.GUN) (state.Seen, error) {
	if m.store == nil {
		return state.Seen{}, nil
	}
	seen, _, err := m.store.Seen(name)
	if err != nil {
		return seen, fmt.Errorf("what was seen of %q before cannot be read: %w", m.base, err)
	}
	return seen, nil
}

// onlineKeys names the keys of timestamp and snapshot, whatever their order.
func onlineKeys(root *metadata.RootType) string {
	var b strings.Builder
	for _, role := range []string{metadata.TIMESTAMP, metadata.SNAPSHOT} {
		ids := slices.Sorted(slices.Values(root.Roles[role].KeyIDs))
		fmt.Fprintf(&b, "%s %d %q\n", role, root.Roles[role].Threshold, ids)
	}
	return b.String()
}

// check refuses base roles below root that went back.
func (m *memory) check(set *trustedmetadata.TrustedMetadata) error {
	for _, r := range []struct {
		role    trustdata.Role
		version int64
	}{
		{trustdata.RoleTimestamp, set.Timestamp.Signed.Version},
		{trustdata.RoleSnapshot, set.Snapshot.Signed.Version},
		{trustdata.RoleTargets, set.Targets[metadata.TARGETS].Signed.Version},
	} {
		if err := m.least(r.role, r.version); err != nil {
			return err
		}
	}
	return nil
}

func (m *memory) least(role trustdata.Role, version int64) error {
	if seen := m.versions[role]; version < seen {
		return trustdata.Refuse(role, trustdata.ReasonRollback, "version %d is older than version %d, which was seen before", version, seen)
	}
	return nil
}

// jumps name versions of targets and of delegations that grew as nobody signs by hand: the
// role is blocked when its versions end. Timestamp and snapshot are signed by the clock.
func (t *tree) jumps() []trustdata.Problem {
	var all []trustdata.Problem
	for _, role := range slices.Sorted(maps.Keys(t.top.Targets)) {
		now, before := t.top.Targets[role].Signed.Version, t.mem.versions[trustdata.Role(role)]
		if before > 0 && now-before >= trustdata.UnusualJump {
			all = append(all, trustdata.Problem{Role: trustdata.Role(role), Reason: trustdata.ReasonUnusual,
				Detail: fmt.Sprintf("an unusual jump from version %d, which was seen last, to %d", before, now)})
		}
	}
	return all
}

// checkRoot holds the chain against the root that was seen before. A chain that begins
// after it cannot be compared: then the root that was given is the operator's word.
func (m *memory) checkRoot(src *source, newest *metadata.Metadata[metadata.RootType]) error {
	if newest.Signed.Version < m.root.Version {
		return trustdata.Refuse(trustdata.RoleRoot, trustdata.ReasonRollback,
			"version %d is older than version %d, which was seen before", newest.Signed.Version, m.root.Version)
	}
	at := newest
	if m.root.Version == 0 {
		return nil
	}
	if m.root.Version != newest.Signed.Version {
		raw, ok := src.roots[m.root.Version]
		if !ok {
			return nil
		}
		var err error
		if at, err = metadata.Root().FromBytes(raw); err != nil {
			return src.refusal(trustdata.RoleRoot, err)
		}
	}
	if rootSum(at) != m.root.SHA256 {
		return trustdata.Refuse(trustdata.RoleRoot, trustdata.ReasonChain, "version %d is not the one that was seen before", m.root.Version)
	}
	return nil
}

// rootSum names what a root says. White space and more signatures do not change it: the
// file that the operator gives need not be, byte for byte, the one that is served.
func rootSum(root *metadata.Metadata[metadata.RootType]) string {
	signed, err := json.Marshal(root.Signed)
	if err != nil {
		return "" // decoded from JSON, it encodes; "" never equals a sum
	}
	return hexSum(signed)
}

// keep remembers a verified set.
func (m *memory) keep(set *tree) error {
	if m.store == nil {
		return nil
	}
	root := state.RootSeen{Version: set.top.Root.Signed.Version, SHA256: rootSum(set.top.Root)}
	versions := map[trustdata.Role]int64{
		trustdata.RoleTimestamp: set.top.Timestamp.Signed.Version,
		trustdata.RoleSnapshot:  set.top.Snapshot.Signed.Version,
	}
	for role, file := range set.top.Targets {
		versions[trustdata.Role(role)] = file.Signed.Version
	}
	if err := m.store.Remember(state.Seen{GUN: m.name, Server: m.base, Root: root}); err != nil {
		return err
	}
	return m.store.Remember(state.Seen{GUN: m.epoch, Server: m.base, Root: root, Versions: versions})
}

func hexSum(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
