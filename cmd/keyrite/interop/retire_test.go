package interop_test

import (
	"slices"
	"strings"
	"testing"

	"keyrite/cmd/keyrite/interop"
)

// The stock client founds a repository on the root key of lowest ID that it finds, however
// old that is. Once keyrite has retired it, it takes the one that is left.
func TestStockClientDoesNotFindARetiredRoot(t *testing.T) {
	t.Parallel()
	n := interop.StartServer(t, interop.ServerOptions{TLS: true}).Notary(t)
	n.Init(app)
	old := n.KeyID("root", "")
	k := n.Keyrite()
	newest := ""
	for newest < old {
		r := interop.JSON[rotateJSON](k, "rotate", app, "root", "--yes", "--kdf-iterations", "2048")
		newest = r.NewKeys[0]
		if last := r.OldKeys[0]; last != old {
			k.Run("retire", last, "--yes") // one that is not the lowest would not show anything
		}
	}
	k.Run("retire", old, "--yes", "--dry-run")
	type retired struct {
		KeyID   string   `json:"key_id"`
		Path    string   `json:"path"`
		Checked int      `json:"guns_checked"`
		Waived  []string `json:"waived"`
	}
	got := interop.JSON[retired](k, "retire", old, "--yes")
	if got.KeyID != old || got.Checked != 1 || !slices.Equal(got.Waived, []string{"backup"}) || !strings.HasSuffix(got.Path, "/retired/"+old+".key") {
		t.Errorf("%+v", got)
	}
	if n.HasKey(old) {
		t.Error("the retired key is in private/ still")
	}
	const second = "example.com/second"
	n.Init(second)
	roles := interop.JSON[inspectJSON](k, "inspect", second).Roles
	if at := slices.IndexFunc(roles, func(r roleJSON) bool { return r.Role == "root" }); roles[at].Keys[0].KeyID != newest {
		t.Errorf("the stock client founded on %s, want %s", roles[at].Keys[0].KeyID, newest)
	}
	n.Sign(app, "v1", digest1, 1)
	if tags := n.Fresh().List(app); len(tags) != 1 {
		t.Errorf("the repository that was on the retired key has %v", tags)
	}
}

// What a stolen repository key has signed is found on the real servers version by version,
// and what is dropped is gone for the stock client.
func TestStockClientAfterACompromise(t *testing.T) {
	eachServer(t, func(t *testing.T, n *interop.Notary) {
		n.Init(app)
		n.Sign(app, "v1", digest1, 1)
		n.Sign(app, "v2", digest1, 1)
		n.Sign(app, "v2", digest2, 2)
		type result struct {
			Compromised bool `json:"compromised"`
			Verified    bool `json:"verified"`
			Vouched     struct {
				From  int64 `json:"from_version"`
				To    int64 `json:"to_version"`
				Whole bool  `json:"whole"`
				Tags  []struct {
					Name string `json:"name"`
					Now  bool   `json:"now"`
				} `json:"tags"`
			} `json:"vouched"`
		}
		got := interop.JSON[result](n.Keyrite(), "rotate", app, "targets", "--compromised", "--keep", "v1", "--drop", "v2", "--yes", "--kdf-iterations", "2048")
		// The stock client's first upload is version 2, and nobody has the one before.
		if v := got.Vouched; !got.Compromised || !got.Verified || v.From != 2 || v.To != 5 || v.Whole || len(v.Tags) != 3 {
			t.Errorf("%+v", got)
		}
		if tags := n.Fresh().List(app); len(tags) != 1 || tags[0].Name != "v1" {
			t.Errorf("the stock client lists %v", tags)
		}
	})
}
