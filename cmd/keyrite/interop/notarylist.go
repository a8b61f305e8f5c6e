package interop

import (
	"strconv"
	"strings"
)

// SignedTag is one row of "notary list".
type SignedTag struct {
	Name   string
	Digest string // 64 hex digits, "" if the target has no sha256
	Length int64
	Role   string
}

// LocalKey is one row of "notary key list".
type LocalKey struct {
	Role, GUN string // GUN is cut to its last 22 characters, after "...", if longer than 25
	ID        string
}

// Delegation is one row of "notary delegation list".
type Delegation struct {
	Role      string
	KeyIDs    []string
	Threshold string
}

// List is what "notary list GUN" prints.
func (n *Notary) List(gun string) []SignedTag {
	n.t.Helper()
	var tags []SignedTag
	for _, row := range table(n.Run("list", gun).Stdout) {
		length, err := strconv.ParseInt(row["SIZE (BYTES)"], 10, 64)
		if err != nil {
			n.t.Fatalf("notary list: %v in %q", err, row)
		}
		tags = append(tags, SignedTag{row["NAME"], row["DIGEST"], length, row["ROLE"]})
	}
	return tags
}

// Keys is what "notary key list" prints.
func (n *Notary) Keys() []LocalKey {
	n.t.Helper()
	var keys []LocalKey
	for _, row := range table(n.Run("key", "list").Stdout) {
		keys = append(keys, LocalKey{row["ROLE"], row["GUN"], row["KEY ID"]})
	}
	return keys
}

// KeyID is the ID of the only key of a role that the client has for a repository; gun is
// "" for roles whose key files name none. It fails the test if there is not exactly one.
func (n *Notary) KeyID(role, gun string) string {
	n.t.Helper()
	var ids []string
	for _, k := range n.Keys() {
		if k.Role == role && k.GUN == gun {
			ids = append(ids, k.ID)
		}
	}
	if len(ids) != 1 {
		n.t.Fatalf("%d keys of role %q for %q, want one: %q", len(ids), role, gun, ids)
	}
	return ids[0]
}

// Delegations is what "notary delegation list GUN" prints. A role with several keys has
// them in several lines.
func (n *Notary) Delegations(gun string) []Delegation {
	n.t.Helper()
	var list []Delegation
	for _, row := range table(n.Run("delegation", "list", gun).Stdout) {
		if row["ROLE"] != "" {
			list = append(list, Delegation{row["ROLE"], nil, row["THRESHOLD"]})
		}
		if id := row["KEY IDS"]; id != "" && len(list) > 0 {
			list[len(list)-1].KeyIDs = append(list[len(list)-1].KeyIDs, id)
		}
	}
	return list
}

// table reads notary's tables: a line of column names, a line of dashes, then the rows,
// every column left-aligned below its name. Cells may be empty.
func table(out string) []map[string]string {
	lines := strings.Split(out, "\n")
	for i, line := range lines {
		if !strings.HasPrefix(line, "---") || i == 0 {
			continue
		}
		var rows []map[string]string
		for _, row := range lines[i+1:] {
			if strings.TrimSpace(row) != "" {
				rows = append(rows, cells(lines[i-1], line, row))
			}
		}
		return rows
	}
	return nil
}

// cells cuts one row at the columns where the runs of dashes begin.
func cells(names, dashes, row string) map[string]string {
	cut := func(s string, from, to int) string {
		from, to = min(from, len(s)), min(to, len(s))
		return strings.TrimSpace(s[from:to])
	}
	var starts []int
	for i, c := range dashes {
		if c == '-' && (i == 0 || dashes[i-1] == ' ') {
			starts = append(starts, i)
		}
	}
	cell := make(map[string]string)
	for i, from := range starts {
		to := max(len(names), len(row))
		if i+1 < len(starts) {
			to = starts[i+1]
		}
		cell[cut(names, from, to)] = cut(row, from, to)
	}
	return cell
}
