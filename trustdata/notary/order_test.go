package notary_test

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

// TestSortTagsByComparing sorts names at random, of few characters so that they meet, and
// holds the outcome against a plain comparison of two names.
func TestSortTagsByComparing(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	pieces := []string{"0", "1", "9", "00", "10", "123456789", "0123456789", "12345678", "/", ":", "a", "-", ".", "\x00", "\xff", "v"}
	for range 500 {
		rows := make([]trustdata.Tag, random.IntN(30))
		prefix := pieces[random.IntN(len(pieces))]
		for i := range rows {
			rows[i].Name = prefix
			for range random.IntN(6) {
				rows[i].Name += pieces[random.IntN(len(pieces))]
			}
			rows[i].Digest, rows[i].Pulled = pieces[random.IntN(3)], random.IntN(2) == 0
		}
		want := slices.Clone(rows)
		slices.SortFunc(want, compareTags)
		notary.SortTags(rows)
		if diff := gocmp.Diff(want, rows); diff != "" {
			t.Fatalf("order differs (-want +got):\n%s", diff)
		}
	}
}

// compareTags is docker's order as it is described: runs of digits by their number.
func compareTags(a, b trustdata.Tag) int {
	pulled := map[bool]int{true: 0, false: 1}
	return cmp.Or(compareNames(a.Name, b.Name), strings.Compare(a.Name, b.Name),
		cmp.Compare(pulled[a.Pulled], pulled[b.Pulled]), strings.Compare(a.Digest, b.Digest))
}

func compareNames(a, b string) int {
	for a != "" && b != "" {
		m, n := digits(a), digits(b)
		if m == 0 || n == 0 {
			if a[0] != b[0] {
				return cmp.Compare(a[0], b[0])
			}
			a, b = a[1:], b[1:]
			continue
		}
		x, y := strings.TrimLeft(a[:m], "0"), strings.TrimLeft(b[:n], "0")
		if c := cmp.Or(cmp.Compare(len(x), len(y)), strings.Compare(x, y)); c != 0 {
			return c
		}
		a, b = a[m:], b[n:]
	}
	return cmp.Compare(len(a), len(b))
}

func digits(s string) int { return len(s) - len(strings.TrimLeft(s, "0123456789")) }
