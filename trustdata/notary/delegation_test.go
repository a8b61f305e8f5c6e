package notary_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

// TestDelegationNames: none of these may ever become a part of a path.
func TestDelegationNames(t *testing.T) {
	names := []any{
		"root", "snapshot", "timestamp", "targets", "alice", "targets/", "targets//x", "targets/x/", "targets/.", "targets/..",
		"targets/../root", "targets/a/../../x", "targets/%2e%2e", "targets/a\x00b", "targets/a\nb", "targets/A", "targets/a b",
		"targets/é", "targets/alice/other", "targets/" + strings.Repeat("a", 10_000), "/targets/a", "Targets/a", "", nil, 7,
	}
	for _, name := range names {
		t.Run(fmt.Sprintf("%.30q", name), func(t *testing.T) {
			w := newWorld(t)
			w.listing(rReleases)["name"] = name
			delete(w.bodies, rReleases)
			_, err := w.verify(policy)
			expectRefusal(t, err, rTargets, trustdata.ReasonFormat)
		})
	}
	t.Run("twice", func(t *testing.T) {
		w := newWorld(t)
		w.listing(rReleases)["name"] = rAlice
		delete(w.bodies, rReleases)
		_, err := w.verify(policy)
		expectRefusal(t, err, rTargets, trustdata.ReasonFormat)
	})
	for _, role := range []trustdata.Role{rRoot, rSnapshot, rTimestamp, "", "targets/..", "other"} {
		_, err := notary.ParseTargets(role, []byte(vectorFile))
		expectRefusal(t, err, role, trustdata.ReasonFormat)
	}
}

func TestDelegationThresholds(t *testing.T) {
	for _, n := range []any{0, -1, nil, "1", json.RawMessage("1.5")} {
		w := newWorld(t)
		w.listing(rAlice)["threshold"] = n
		w.build()
		_, err := notary.ParseTargets(rTargets, w.files[rTargets])
		expectRefusal(t, err, rTargets, trustdata.ReasonFormat)
	}
	for name, change := range map[string]func(object){
		"threshold above its keys": func(d object) { d["threshold"] = 2 },
		"threshold beyond an int":  func(d object) { d["threshold"] = int64(1)<<32 + 1 },
		"last key removed":         func(d object) { d["keyids"] = nil },
		"a key that is nowhere":    func(d object) { d["keyids"] = []string{strings.Repeat("0", 64)} },
		"without keys":             func(d object) { delete(d, "keyids") },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			change(w.listing(rAlice))
			_, err := w.verify(policy)
			expectRefusal(t, err, rAlice, trustdata.ReasonSignature)
		})
	}
}

func TestDelegationNotInSnapshot(t *testing.T) {
	w := newWorld(t)
	w.build()
	w.freeze()
	delete(w.bodies[rSnapshot]["meta"].(object), string(rAlice))
	_, err := w.verify(policy)
	expectRefusal(t, err, rAlice, trustdata.ReasonMissing)
}

func TestDelegationNamedByUnknownHash(t *testing.T) {
	w := newWorld(t)
	w.keep[rAlice] = object{"hashes": object{"md5": make([]byte, 16)}, "length": 1}
	_, err := w.verify(policy)
	expectRefusal(t, err, rAlice, trustdata.ReasonFormat)
}
