package interop_test

import (
	"os"
	"slices"
	"testing"

	"keyrite/cmd/keyrite/interop"
)

// TestKeyriteFindsRepositoriesOfTheServer: a machine that has heard of nothing finds what a
// real trust server has in its changefeed, on both kinds of storage, and checks it.
func TestKeyriteFindsRepositoriesOfTheServer(t *testing.T) {
	t.Parallel()
	for name, options := range map[string]interop.ServerOptions{"memory": {TLS: true}, "MariaDB": {TLS: true, MariaDB: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := interop.StartServer(t, options)
			n := s.Notary(t)
			for _, gun := range []string{"reg.example/found/one", "reg.example/found/two", "reg.example/found/gone"} {
				n.InitServerSnapshot(gun)
			}
			n.Run("delete", "reg.example/found/gone", "--remote")
			nobody := n.Fresh()
			if err := os.Mkdir(nobody.TrustDir, 0o700); err != nil {
				t.Fatal(err)
			}
			stranger := nobody.Keyrite()
			rows := interop.JSON[[]struct {
				GUN      string   `json:"gun"`
				Verified bool     `json:"verified"`
				FoundIn  []string `json:"found_in"`
			}](stranger, "repos", "--check")
			var found []string
			for _, r := range rows {
				found = append(found, r.GUN)
				if !r.Verified || !slices.Equal(r.FoundIn, []string{"changefeed"}) {
					t.Errorf("%s: verified %v, found in %q", r.GUN, r.Verified, r.FoundIn)
				}
			}
			if want := []string{"reg.example/found/one", "reg.example/found/two"}; !slices.Equal(found, want) {
				t.Errorf("found %q, want %q", found, want)
			}
		})
	}
}
