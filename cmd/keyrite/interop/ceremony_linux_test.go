package interop_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"keyrite/cmd/keyrite/interop"
	"keyrite/trustdata/rotation/ceremony"
)

// airGap runs keyrite in a network of its own, which has not even loopback: whatever it
// would ask fails.
func airGap(t *testing.T, k *interop.Keyrite, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	cmd := exec.Command(interop.Binary(t), append(slices.Clone(k.Args), args...)...)
	cmd.Dir, cmd.Env = k.Home, k.Environ()
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	if uid := os.Getuid(); uid != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: uid, Size: 1}}
	}
	var out, errout bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errout
	err := cmd.Run()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return out.String(), errout.String(), cmd.ProcessState.ExitCode()
}

// A root key that never touches an online machine: one repository, then three at once. The
// stock client sees every change, with the cache of before and with none.
func TestKeyriteCeremony(t *testing.T) {
	t.Parallel()
	s := interop.StartServer(t, interop.ServerOptions{TLS: true})
	n := s.Notary(t)
	guns := []string{app, app + "-two", app + "-three"}
	for _, gun := range guns {
		n.InitServerSnapshot(gun)
		n.Sign(gun, "v0", digest1, 1)
	}
	k := n.Keyrite()
	root := n.KeyID("root", "")
	away := interop.NewKeyrite(t)
	trust := filepath.Join(away.Home, "trust")
	away.Env, away.Args = k.Env, []string{"--trust-dir", trust, "--server", n.Server, "--tls-ca", n.CA}
	if err := os.MkdirAll(filepath.Join(trust, "private"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(n.KeyFile(root), filepath.Join(trust, "private", root+".key")); err != nil {
		t.Fatal(err)
	}
	if out, errout, code := airGap(t, away, "inspect", app); code == 0 {
		t.Fatalf("there is a network where there should be none:\n%s%s", out, errout)
	}
	stick := t.TempDir()

	// round is a ceremony from end to end, and gives the new root keys.
	round := func(guns []string, prepare []string, more ...string) []string {
		t.Helper()
		old := n.Clone()
		type prepared struct{ File, SHA256, Kind string }
		p := interop.JSON[prepared](k, append(append([]string{"ceremony", "prepare"}, prepare...), "--to", stick, "--kdf-iterations", "2048")...)
		args := append([]string{"--json", "ceremony", "sign", p.File, "--to", stick, "--yes", "--sha256", p.SHA256, "--kdf-iterations", "2048"}, more...)
		out, errout, code := airGap(t, away, args...)
		var signed struct {
			File    string
			NewKeys []string `json:"new_root_keys"`
			Waived  []string
		}
		if err := json.Unmarshal([]byte(out), &signed); err != nil || code != 0 {
			t.Fatalf("sign: exit %d, %v\n%s%s", code, err, out, errout)
		}
		rows := interop.JSON[[]struct {
			GUN, State string
			Verified   bool
		}](k, "ceremony", "publish", signed.File, "--yes")
		if len(rows) != len(guns) {
			t.Errorf("%d rows, want %d", len(rows), len(guns))
		}
		for _, row := range rows {
			if row.State != "done" || !row.Verified || !slices.Contains(guns, row.GUN) {
				t.Errorf("%+v", row)
			}
			for who, client := range map[string]*interop.Notary{"fresh": n.Fresh(), "old cache": old} {
				if tags := client.List(row.GUN); len(tags) == 0 {
					t.Errorf("notary, %s, lists no tags of %s", who, row.GUN)
				}
			}
		}
		if r := k.Try("ceremony", "publish", signed.File, "--yes"); r.Code != 1 || !strings.Contains(r.Stderr, "published already") {
			t.Errorf("published twice: exit %d\n%s", r.Code, r.Output())
		}
		return signed.NewKeys
	}
	speak := func(gun string) string { // somebody names the root that the server has
		t.Helper()
		raw, err := os.ReadFile(filepath.Join(n.TrustDir, "tuf", gun, "metadata", "root.json"))
		if err != nil {
			t.Fatal(err)
		}
		return gun + "=" + ceremony.Sum(raw)
	}
	made := round([]string{app}, []string{app}, "--root-sha256", speak(app))
	round([]string{app}, []string{app, "--same-key"})
	if len(made) != 1 || made[0] == root || n.HasKey(made[0]) {
		t.Errorf("new root keys %q: on the online machine: %v", made, n.HasKey(made[0]))
	}
	round(guns[1:], []string{"--root-key", root}, "--root-sha256", speak(guns[1]), "--root-sha256", speak(guns[2]))
	round(guns, []string{guns[0], guns[1], guns[2], "--role", "targets"})
	for _, gun := range guns {
		n.Sign(gun, "v1", digest2, 2) // with the new targets key, and the root key elsewhere
		if tags := n.Fresh().List(gun); len(tags) != 2 {
			t.Errorf("%s: %v", gun, tags)
		}
		s.DockerTrustInspect(t, gun)
	}
}
