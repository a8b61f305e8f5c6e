package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/access"
	"keyrite/trustdata/notary"
	"keyrite/trustdata/remote"
)

// hostileName acts on a terminal that shows it raw: it sets the window's title, clears the
// screen, writes backwards and begins new lines. It has no slash, so it can name a file.
const hostileName = "\x1b]0;owned\x07\x1b[2J\u202egnp\u200b\r\nkeyrite says all is well\u009b31m"

// hostileTag is as much of it as can be signed: the dialect has no escapes for controls.
const hostileTag = "owned\u202egnp\u200b"

// hostile sets $HOSTILE and $HOSTILE_DIR, and puts names of that kind into the headers of
// the world's key files, into a key file's name, and into that of cached metadata.
func (s *stage) hostile(ts *testscript.TestScript, _ []string) error {
	dir := filepath.Join(s.root, hostileName)
	ts.Setenv("HOSTILE", hostileName)
	ts.Setenv("HOSTILE_DIR", dir)
	trust := ts.Getenv("TRUST_DIR")
	for _, d := range []string{filepath.Join(dir, "private"), filepath.Join(trust, "tuf", hostileName, "metadata")} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			return err
		}
	}
	inHeader := strings.NewReplacer("\r", "", "\n", "").Replace(hostileName)
	for header, role := range map[string]string{"role: ci-bot\n": "role: " + inHeader + "\n", "gun: registry.acme.example/pay/api\n": "gun: " + inHeader + "\n"} {
		if err := rewrite(filepath.Join(trust, "private"), header, role); err != nil {
			return err
		}
	}
	for _, file := range []string{
		filepath.Join(trust, "private", hostileName+".key"), filepath.Join(dir, "private", hostileName+".key"),
		filepath.Join(trust, "tuf", hostileName, "metadata", "root.json"),
	} {
		if err := os.WriteFile(file, []byte(hostileName), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// rewrite replaces a text in the one file of dir that has it.
func rewrite(dir, old, new string) error {
	files, err := filepath.Glob(filepath.Join(dir, "*.key"))
	if err != nil {
		return err
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if strings.Contains(string(data), old) {
			return os.WriteFile(file, []byte(strings.Replace(string(data), old, new, 1)), 0o600)
		}
	}
	return fmt.Errorf("no file in %q has %q", dir, old)
}

// publishHostile signs a tag of that name with the repository key of $GUN, and sends it.
func (s *stage) publishHostile(ts *testscript.TestScript, _ []string) error {
	ctx, gun := context.Background(), trustdata.GUN(ts.Getenv("GUN"))
	ep, err := access.Config{Server: ts.Getenv("TRUST_SERVER"), Timeout: patience}.TrustServer(gun)
	if err != nil {
		return err
	}
	server := remote.New(ep, gun)
	raw, err := server.Get(ctx, trustdata.RoleTargets, notary.Limit(trustdata.RoleTargets))
	if err != nil {
		return err
	}
	now, err := notary.ParseTargets(trustdata.RoleTargets, raw)
	if err != nil {
		return err
	}
	body := now.Body.Clone()
	body.Version++
	body.Targets.Put(hostileTag, notary.Entry{Hashes: notary.Hashes{SHA256: make([]byte, 32)}, Length: 1})
	key, err := repositoryKey(ctx, ts, gun)
	if err != nil {
		return err
	}
	defer key.Wipe()
	signed, err := notary.SignTargets(trustdata.RoleTargets, body, []notary.Signer{{Key: key, Listed: key.Public().ListedID()}})
	if err != nil {
		return err
	}
	return server.Publish(ctx, map[trustdata.Role][]byte{trustdata.RoleTargets: signed.Raw})
}

func repositoryKey(ctx context.Context, ts *testscript.TestScript, gun trustdata.GUN) (*keyring.PrivateKey, error) {
	dir, err := keyring.OpenDir(ts.Getenv("TRUST_DIR"), keyring.DirOptions{ReadOnly: true})
	if err != nil {
		return nil, err
	}
	infos, err := dir.List(ctx)
	if err != nil {
		return nil, err
	}
	for _, info := range infos {
		if info.GUN == gun && info.Role == "targets" {
			return dir.Open(ctx, info.KeyID, keyring.NewPassphrase([]byte(ts.Getenv("TARGETS_PASSPHRASE"))))
		}
	}
	return nil, fmt.Errorf("no repository key of %q is here", gun)
}
