package notary_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

// chain makes root versions from a line such as
//
//	a,b/2 by a,b -> v3 expired b,c/2 by a,b,c
//
// : the keys of the root role and its threshold, who signs it, and where it is not the
// one before plus one, its version. Each name is a key with a certificate of its own;
// "a'" is another certificate of the key a.
type chain struct {
	t       *testing.T
	keys    map[string]ecKey
	certs   map[string]trustdata.PublicKey
	signers map[string]notary.Signer
	rest    map[trustdata.Role]ecKey
}

func newChain(t *testing.T) *chain {
	c := &chain{t: t, keys: map[string]ecKey{}, certs: map[string]trustdata.PublicKey{}, signers: map[string]notary.Signer{}, rest: map[trustdata.Role]ecKey{}}
	for _, role := range trustdata.BaseRoles[1:] {
		c.rest[role] = newEC(t)
	}
	return c
}

func (c *chain) key(name string) (trustdata.PublicKey, notary.Signer) {
	if _, ok := c.certs[name]; !ok {
		bare := strings.TrimRight(name, "'")
		if _, ok := c.keys[bare]; !ok {
			c.keys[bare] = newEC(c.t)
		}
		c.certs[name], c.signers[name] = certify(c.t, c.keys[bare])
	}
	return c.certs[name], c.signers[name]
}

func (c *chain) roots(line string) [][]byte {
	c.t.Helper()
	var files [][]byte
	version := 0
	for link := range strings.SplitSeq(line, " -> ") {
		version++
		expires := now.Add(notary.Lifetime(rRoot))
		who, by, ok := strings.Cut(link, " by ")
		for _, word := range strings.Fields(who) {
			if n, err := strconv.Atoi(strings.TrimPrefix(word, "v")); err == nil {
				version = n
			}
			if word == "expired" {
				expires = now.Add(-time.Hour)
			}
			who = word
		}
		names, number, ok2 := strings.Cut(who, "/")
		threshold, err := strconv.Atoi(number)
		if !ok || !ok2 || err != nil {
			c.t.Fatalf("cannot read %q", link)
		}
		files = append(files, c.root(version, expires, strings.Split(names, ","), threshold, strings.Split(by, ",")))
	}
	return files
}

func (c *chain) root(version int, expires time.Time, names []string, threshold int, by []string) []byte {
	keys, roles := object{}, object{}
	var ids []trustdata.ListedID
	for _, name := range names {
		cert, s := c.key(name)
		keys[string(s.Listed)] = keyObject(cert)
		ids = append(ids, s.Listed)
	}
	roles["root"] = roleObject(threshold, ids...)
	for role, key := range c.rest {
		keys[string(key.Public().ListedID())] = keyObject(key.Public())
		roles[string(role)] = roleObject(1, key.Public().ListedID())
	}
	var signers []notary.Signer
	for _, name := range by {
		_, s := c.key(name)
		signers = append(signers, s)
	}
	body := object{"_type": "Root", "version": version, "expires": date(expires), "consistent_snapshot": false, "keys": keys, "roles": roles}
	return signedFile(c.t, body, signers...)
}

// follow verifies the roots one after the other; the last one is final.
func follow(p notary.Policy, files [][]byte) (root *notary.File[notary.Root], err error) {
	for i, raw := range files {
		if i == 0 {
			if root, err = notary.ParseRoot(raw); err == nil {
				root, err = p.NextRoot(root, raw, len(files) == 1)
			}
		} else {
			root, err = p.NextRoot(root, raw, i == len(files)-1)
		}
		if err != nil {
			return nil, err
		}
	}
	return root, nil
}

func TestRootChains(t *testing.T) {
	tests := []struct {
		name, chain string
		why         trustdata.Reason
		says        string
	}{
		{"one root", "a/1 by a", "", ""},
		{"1-of-1 key rotation", "a/1 by a -> b/1 by a,b", "", ""},
		{"1-of-1 key rotation, unused signatures", "a/1 by a -> b/1 by x,a,y,b", "", ""},
		{"same key, renewed certificate", "a/1 by a -> a'/1 by a,a'", "", ""},
		{"no change of keys", "a/1 by a -> a/1 by a -> a/1 by a", "", ""},
		{"only the one before signs along", "a/1 by a -> b/1 by a,b -> c/1 by b,c", "", ""},
		{"3-of-5, different signers", "a,b,c,d,e/3 by a,b,c -> a,b,c,d,e/3 by c,d,e", "", ""},
		{"3-of-5, one key rotated", "a,b,c,d,e/3 by a,b,c -> b,c,d,e,f/3 by b,c,e", "", ""},
		{"3-of-5, one key rotated, it signs", "a,b,c,d,e/3 by a,b,c -> b,c,d,e,f/3 by a,b,c,f", "", ""},
		{"3-of-5, all rotated", "a,b,c,d,e/3 by a,b,c -> f,g,h,i,j/3 by a,c,e,f,h,j", "", ""},
		{"3-of-5, all rotated in two steps", "a,b,c,d,e/3 by a,b,c -> a,b,c,f,g/3 by a,b,c -> c,f,g,h,i/3 by c,f,g", "", ""},
		{"1-of-3 to 2-of-3", "a,b,c/1 by a -> a,b,c/2 by a,c", "", ""},
		{"2-of-3 to 1-of-3", "a,b,c/2 by a,b -> a,b,c/1 by b,c", "", ""},
		{"1-of-2 to 2-of-2", "a,b/1 by a -> a,b/2 by a,b", "", ""},
		{"expired in the middle", "a/1 by a -> expired a/1 by a -> a/1 by a", "", ""},
		{"expired at the start", "expired a/1 by a -> a/1 by a", "", ""},

		{"not signed by the old key", "a/1 by a -> b/1 by b", trustdata.ReasonChain, "root keys of version 1"},
		{"not signed by the new key", "a/1 by a -> b/1 by a", trustdata.ReasonSignature, "its own root keys"},
		{"signed by nobody known", "a/1 by a -> b/1 by c", trustdata.ReasonChain, "root keys of version 1"},
		{"old key under its new certificate", "a/1 by a -> a'/1 by a'", trustdata.ReasonChain, "root keys of version 1"},
		{"a key that was rotated out", "a/1 by a -> b/1 by a,b -> c/1 by a,c", trustdata.ReasonChain, "root keys of version 2"},
		{"3-of-5, not three new", "a,b,c,d,e/3 by a,b,c -> f,g,h,i,j/3 by a,b,c,f,g", trustdata.ReasonSignature, "2 of 3"},
		{"3-of-5, not three old", "a,b,c,d,e/3 by a,b,c -> f,g,h,i,j/3 by a,b,f,g,h", trustdata.ReasonChain, "2 of 3"},
		{"3-of-5, one signs three times", "a,b,c,d,e/3 by a,b,c -> a,b,c,d,e/3 by a,a,a", trustdata.ReasonChain, "1 of 3"},
		{"raised threshold not reached", "a,b/1 by a -> a,b/2 by a", trustdata.ReasonSignature, "1 of 2"},
		{"old threshold not reached", "a,b,c/3 by a,b,c -> a,b,c/2 by a,b", trustdata.ReasonChain, "2 of 3"},
		{"first root not signed by itself", "a/1 by b", trustdata.ReasonSignature, "its own root keys"},
		{"a version left out", "a/1 by a -> v3 a/1 by a", trustdata.ReasonChain, "version 3 does not follow version 1"},
		{"a version back", "v5 a/1 by a -> v4 a/1 by a", trustdata.ReasonRollback, "version 4 is older than version 5"},
		{"same version, other content", "v5 a/1 by a -> v5 a,b/1 by a", trustdata.ReasonChain, "version 5 has other content"},
		{"same version, signed again", "v5 a/1 by a -> v5 a/1 by a", trustdata.ReasonChain, "version 5 has other content"},
		{"expired at the end", "a/1 by a -> expired a/1 by a", trustdata.ReasonExpired, "expired at 2026-11-22 09:00 UTC"},
		{"expired and alone", "expired a/1 by a", trustdata.ReasonExpired, "expired at"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			files := newChain(t).roots(tt.chain)
			root, err := follow(policy, files)
			if tt.why == "" {
				if err != nil {
					t.Fatal(err)
				}
				if root.Body.Version != int64(len(files)) {
					t.Errorf("ended at version %d", root.Body.Version)
				}
				return
			}
			expectRefusal(t, err, rRoot, tt.why)
			if !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%q does not say %q", err, tt.says)
			}
		})
	}
}

func TestNextRootTakesTheSameBytes(t *testing.T) {
	files := newChain(t).roots("v5 a/1 by a")
	prev, err := notary.ParseRoot(files[0])
	if err != nil {
		t.Fatal(err)
	}
	if _, err := policy.NextRoot(prev, files[0], true); err != nil {
		t.Error(err)
	}
	later := notary.Policy{GUN: gun, Now: now.Add(notary.Lifetime(rRoot) + time.Hour)}
	_, err = later.NextRoot(prev, files[0], true)
	expectRefusal(t, err, rRoot, trustdata.ReasonCertificate)
	if _, err := later.NextRoot(prev, files[0], false); err != nil {
		t.Errorf("the dates of a root that is not final count: %v", err)
	}
}

func TestFirstRoot(t *testing.T) {
	files := newChain(t).roots("v7 a/1 by a")
	root, err := policy.FirstRoot(files[0])
	if err != nil || root.Body.Version != 7 {
		t.Fatalf("first root: %v, %v", root, err)
	}
	_, err = notary.Policy{GUN: gun, Now: now, Least: map[trustdata.Role]int64{rRoot: 8}}.FirstRoot(files[0])
	expectRefusal(t, err, rRoot, trustdata.ReasonRollback)
	files = newChain(t).roots("a,b/2 by a")
	_, err = policy.FirstRoot(files[0])
	expectRefusal(t, err, rRoot, trustdata.ReasonSignature)
}

// TestLongChain: verification does not slow down along a chain.
func TestLongChain(t *testing.T) {
	c := newChain(t)
	line := "a/1 by a"
	for i := range 300 {
		line += fmt.Sprintf(" -> %c/1 by a,b", 'a'+rune(i%2))
	}
	root, err := follow(policy, c.roots(line))
	if err != nil || root.Body.Version != 301 {
		t.Fatalf("chain of 301: %v", err)
	}
}
