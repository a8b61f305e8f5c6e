package bench

import (
	"fmt"
	"os/exec"
	"strings"
	"time"

	"keyrite/keyring"
	"keyrite/trustdata"
)

const triedRotate = "Tried and kept: 64 at once over kept connections; keys and past operations read once; one reading back for both kinds of " +
	"clients; each signature checked once, however often it is looked at; small files asked for before it is their turn; lines of " +
	"the journal that wait together written with one sync; the new key brought in once for all. What remains is thirteen requests " +
	"for each repository, six of them to read back what was published, the two derivations that lock the new key and prove it, " +
	"the creation of ten files and folders for each repository, and server and proxy, which run on the same cores."

// rotations gives so many repositories under one root key a new one, behind a slow line.
// Each way has repositories of its own, since a rotation cannot be done twice.
func (s stand) rotations(t *table) {
	const count, tags, delay = 300, 10, 20 * time.Millisecond
	slow := delayed(s.b, s.server, delay)
	root := generate(s.b)
	var size int64
	publishAll := func(team, dir string) (guns []string) {
		for i := range count {
			gun := fmt.Sprintf("registry.example/%s/app%03d", team, i)
			size = publishUnder(s.b, root, s.server, dir, trustdata.GUN(gun), tags)
			guns = append(guns, gun)
		}
		return guns
	}
	trust := s.b.TempDir()
	store(s.b, trust, root, keyring.Header{Role: "root"})
	publishAll("ours", trust)
	ours := func() *exec.Cmd {
		cmd := s.ours(false, slow, trust, "rotate", "--root-key", string(root.KeyID()), "--yes")()
		cmd.Env = append(cmd.Env, "NOTARY_ROOT_PASSPHRASE=passphrase")
		return cmd
	}
	a := once(s.b, ours())
	least := s.rates.metadata(0, int64(count)*size, 4*count, 8, delay)
	one := many(s.b, 1, s.stockRotations(root, slow, publishAll("loop", "")))
	t.add("300 repositories under one root key, 20 ms each way: a new root key; one stock client after another", "20", a, one, least, triedRotate)
	sixteen := many(s.b, 16, s.stockRotations(root, slow, publishAll("many", "")))
	t.add("the same; sixteen stock clients at once", "1", a, sixteen, least, triedRotate)
}

// stockRotations are one command for each repository, each with a trust directory of its
// own that has the root key.
func (s stand) stockRotations(root *keyring.PrivateKey, server string, guns []string) (all []Command) {
	for _, gun := range guns {
		dir := s.b.TempDir()
		store(s.b, dir, root, keyring.Header{Role: "root"})
		rotate := s.stock(false, server, dir, "key", "rotate", gun, "root")
		all = append(all, func() *exec.Cmd {
			cmd := rotate()
			cmd.Env = append(cmd.Env, "NOTARY_ROOT_PASSPHRASE=passphrase")
			cmd.Stdin = strings.NewReader("yes\n")
			return cmd
		})
	}
	return all
}
