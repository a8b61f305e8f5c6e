package backup

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"filippo.io/age"
	"filippo.io/age/plugin"
)

// The test binary is an age plugin where it is called like one; what it does follows from
// its name.
func init() {
	if name, ok := strings.CutPrefix(filepath.Base(os.Args[0]), "age-plugin-"); ok {
		os.Exit(beAPlugin(name))
	}
}

const evil = "\x1b[2Jgone \u202e"

func beAPlugin(name string) int {
	switch name {
	case "mute":
		time.Sleep(time.Minute)
		return 0
	case "dead":
		return 1
	case "deaf", "forking":
		return hang(name == "forking")
	}
	p, err := plugin.New(name)
	if err != nil {
		return 1
	}
	p.RegisterFlags(flag.CommandLine)
	flag.Parse()
	p.HandleRecipient(func(data []byte) (age.Recipient, error) {
		to, err := age.ParseX25519Recipient(string(data))
		return pluginKey{p: p, name: name, to: to}, err
	})
	p.HandleIdentity(func(data []byte) (age.Identity, error) {
		id, err := age.ParseX25519Identity(string(data))
		return pluginKey{p: p, name: name, id: id}, err
	})
	return p.Main()
}

// hang is a plugin that answers nothing and leaves its process IDs in a file: its own, and where
// it forks that of a child, which holds the plugin's pipes. Neither hears what it could.
func hang(forks bool) int {
	signal.Ignore(syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	pids := fmt.Sprint(os.Getpid())
	if forks {
		child := exec.Command("/bin/sh", "-c", "trap '' TERM INT HUP; while :; do sleep 1; done")
		child.Stdin, child.Stdout = os.Stdin, os.Stdout
		if err := child.Start(); err != nil {
			return 1
		}
		pids += fmt.Sprint(" ", child.Process.Pid)
	}
	file := os.Getenv("PLUGIN_PIDS")
	if os.WriteFile(file+".part", []byte(pids), 0o600) != nil || os.Rename(file+".part", file) != nil {
		return 1
	}
	time.Sleep(time.Minute)
	return 0
}

// pluginKey is a key that needs the plugin: its stanzas are of a type of their own.
type pluginKey struct {
	p    *plugin.Plugin
	name string
	to   *age.X25519Recipient
	id   *age.X25519Identity
}

func (k pluginKey) Wrap(key []byte) ([]*age.Stanza, error) {
	switch k.name {
	case "loud":
		_ = k.p.DisplayMessage(evil)
		return nil, errors.New(evil + strings.Repeat("x", 1000))
	case "asking":
		if _, err := k.p.RequestValue("PIN of "+evil, true); err != nil {
			return nil, err
		}
	}
	stanzas, err := k.to.Wrap(key)
	for _, s := range stanzas {
		s.Type = "for-" + k.name
	}
	return stanzas, err
}

func (k pluginKey) Unwrap(stanzas []*age.Stanza) ([]byte, error) {
	var mine []*age.Stanza
	for _, s := range stanzas {
		if s.Type == "for-"+k.name {
			mine = append(mine, &age.Stanza{Type: "X25519", Args: s.Args, Body: s.Body})
		}
	}
	return k.id.Unwrap(mine)
}

// installPlugins puts plugins of these names on the PATH.
func installPlugins(t *testing.T, names ...string) {
	t.Helper()
	self, err := os.Executable()
	check(t, err)
	dir := t.TempDir()
	for _, name := range names {
		check(t, os.Symlink(self, filepath.Join(dir, "age-plugin-"+name)))
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
}

// pluginPair is a recipient of that plugin and the line of its identity.
func pluginPair(t *testing.T, name string) (recipient, identity string) {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	check(t, err)
	return plugin.EncodeRecipient(name, []byte(id.Recipient().String())), plugin.EncodeIdentity(name, []byte(id.String()))
}

func TestPluginClosesAndOpens(t *testing.T) {
	installPlugins(t, "good")
	r, to := newRig(t), Plugins{Allowed: []string{"good"}}
	recipient, identity := pluginPair(t, "good")
	for _, known := range []bool{true, false} {
		readers, err := to.ParseRecipients([]string{recipient})
		check(t, err)
		opt := CreateOptions{Recipients: readers}
		if known {
			opt.Identities, err = to.ParseIdentities([]byte("# of the test\n" + identity + "\n"))
			check(t, err)
		}
		got := r.create(t, opt)
		if want := map[bool]State{true: StateProven, false: StateReadBack}[known]; got.State != want {
			t.Errorf("state %q, want %q", got.State, want)
		}
		ids, err := to.ParseIdentities([]byte(identity))
		check(t, err)
		if v, err := Verify(context.Background(), got.File, ids, VerifyOptions{}); err != nil || !v.OK {
			t.Errorf("%+v, %v", v, err)
		}
		_, other := pluginPair(t, "good")
		ids, err = to.ParseIdentities([]byte(other))
		check(t, err)
		if _, err := Verify(context.Background(), got.File, ids, VerifyOptions{}); !errors.Is(err, ErrIdentity) {
			t.Errorf("another identity of the plugin: %v", err)
		}
	}
}

// A plugin that hangs, dies, writes escapes or asks ends the plan with a sentence, before
// anything is written.
func TestPluginsThatMisbehave(t *testing.T) {
	installPlugins(t, "mute", "dead", "loud", "asking")
	for _, tt := range []struct{ name, want string }{
		{"mute", `"age-plugin-mute" has not answered for 50ms`},
		{"dead", `"age-plugin-dead" failed: `},
		{"loud", `"age-plugin-loud" failed: `},
		{"asking", `"age-plugin-asking" asks "PIN of`},
		{"absent", `"age-plugin-absent" is not on the PATH: install it`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var said []string
			p := Plugins{Allowed: []string{tt.name}, Patience: 5 * time.Second, Tell: func(_, text string) { said = append(said, text) }}
			if tt.name == "mute" {
				p.Patience = 50 * time.Millisecond
			}
			recipient, _ := pluginPair(t, tt.name)
			to, err := p.ParseRecipients([]string{recipient})
			check(t, err)
			dir := t.TempDir()
			_, err = PlanCreate(context.Background(), newRig(t).source(), CreateOptions{Dir: dir, Recipients: to, Now: testTime})
			wantError(t, err, tt.want)
			if text := err.Error() + strings.Join(said, ""); strings.ContainsAny(text, "\x1b\u202e") || len(text) > 900 {
				t.Errorf("what the plugin wrote came through: %q", text)
			}
			if left := tree(t, dir); len(left) != 1 {
				t.Errorf("the plan left %v", left)
			}
			if tt.name == "loud" && len(said) == 0 {
				t.Error("what the plugin had to say was not told")
			}
		})
	}
}

// Where somebody can be asked, the question comes without its escapes, and the time for
// the answer does not count.
func TestPluginAsks(t *testing.T) {
	installPlugins(t, "asking")
	var question string
	p := Plugins{Allowed: []string{"asking"}, Patience: 3 * time.Second, Ask: func(name, asked string, secret bool) (string, error) {
		question = asked
		if !secret || name != "asking" {
			t.Errorf("plugin %q, secret %v", name, secret)
		}
		return "1234", nil
	}}
	recipient, _ := pluginPair(t, "asking")
	to, err := p.ParseRecipients([]string{recipient})
	check(t, err)
	if _, err := proveEach(context.Background(), to, nil); err != nil {
		t.Error(err)
	}
	if want := `PIN of \x1b[2Jgone \u202e`; question != want {
		t.Errorf("asked %q, want %q", question, want)
	}
}

func TestPluginNames(t *testing.T) {
	encode := func(name string) string { return plugin.EncodeRecipient(name, []byte("x")) }
	for _, tt := range []struct {
		name, recipient string
		allowed         []string
		want            string // "" is success
	}{
		{"well known", plugged, nil, ""},
		{"not on the list", plugged, []string{"tpm"}, `needs the program "age-plugin-yubikey", which may not be run here: if you trust it, add "yubikey" to plugins under [backup]`},
		{"an empty list", plugged, []string{}, "may not be run here"},
		{"unknown", encode("batchpass"), nil, `"age-plugin-batchpass", which may not be run here`},
		{"put on the list", encode("batchpass"), []string{"batchpass"}, ""},
		{"a slash", "age1../../tmp/evil1qqqqqqqq", nil, `"../../tmp/evil" is not the name of an age plugin`},
		{"a slash on the list", "age1../evil1qqqqqqqq", []string{"../evil"}, "is not the name of an age plugin"},
		{"a backslash", `age1..\evil1qqqqqqqq`, nil, "is not the name of an age plugin"},
		{"an escape", "age1\x1b[2J1qqqqqqqq", nil, `"\x1b[2J" is not the name`},
		{"a flag", "age1-x1qqqqqqqq", nil, "is not the name of an age plugin"},
		{"damaged", plugged[:len(plugged)-1] + "q", nil, "damaged or cut short"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Plugins{Allowed: tt.allowed}.ParseRecipients([]string{tt.recipient})
			if tt.want != "" {
				wantError(t, err, tt.want)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
	_, err := ParseIdentities([]byte(plugin.EncodeIdentity("batchpass", []byte("x"))))
	wantError(t, err, "line 1 of the identity file", `"age-plugin-batchpass", which may not be run here`)
}
