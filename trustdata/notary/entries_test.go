package notary_test

import (
	"maps"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"keyrite/trustdata/notary"
)

// TestEntriesAreAMap does the same at random to entries and to a map.
func TestEntriesAreAMap(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	var got notary.Entries
	want := map[string]notary.Entry{}
	for i := range 2000 {
		name := strconv.Itoa(random.IntN(40))
		if random.IntN(3) == 0 {
			got.Delete(name)
			delete(want, name)
		} else {
			got.Put(name, notary.Entry{Length: int64(i)})
			want[name] = notary.Entry{Length: int64(i)}
		}
		e, there := got.Get(name)
		if w, ok := want[name]; ok != there || e.Length != w.Length {
			t.Fatalf("%q is %v, %t and should be %v, %t", name, e, there, w, ok)
		}
		if diff := cmp.Diff(notary.EntriesOf(maps.Clone(want)), append(notary.Entries{}, got...)); diff != "" {
			t.Fatalf("after %d steps (-want +got):\n%s", i+1, diff)
		}
	}
}

// TestUnorderedTargets: a file whose names stand in another order is read into order, and
// one that has a name twice is refused, however far apart.
func TestUnorderedTargets(t *testing.T) {
	const one = `{"hashes":{"sha256":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="},"length":1}`
	read := func(targets string) (*notary.File[notary.Targets], error) {
		return notary.ParseTargets(rTargets, []byte(`{"signed":{"_type":"Targets","delegations":{"keys":{},"roles":[]},"expires":"2030-01-01T00:00:00Z","targets":`+
			targets+`,"version":1},"signatures":null}`))
	}
	f, err := read(`{"b":` + one + `,"c":` + one + `,"a":` + one + `}`)
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range []string{"a", "b", "c"} {
		if f.Body.Targets[i].Name != name {
			t.Errorf("entry %d is %q, not %q", i, f.Body.Targets[i].Name, name)
		}
	}
	for _, targets := range []string{`{"a":` + one + `,"a":` + one + `}`, `{"b":` + one + `,"c":` + one + `,"b":` + one + `}`} {
		if _, err := read(targets); err == nil {
			t.Errorf("a name that stands twice is read: %s", targets)
		}
	}
}

// TestSignRefusesUnorderedEntries: what EntriesOf and Put did not make must not be signed.
func TestSignRefusesUnorderedEntries(t *testing.T) {
	for _, names := range [][]string{{"b", "a"}, {"a", "a"}} {
		b := sample(t)
		e := b.Targets[0].Entry
		b.Targets = notary.Entries{{Name: names[0], Entry: e}, {Name: names[1], Entry: e}}
		if _, err := notary.SignTargets(rTargets, b, []notary.Signer{signer(newEC(t))}); err == nil {
			t.Errorf("%q were signed", names)
		}
	}
}
