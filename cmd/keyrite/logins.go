package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"

	"keyrite/trustdata"
	"keyrite/trustdata/access"
	"keyrite/trustdata/state"
)

// logIn settles where the session's logins come from and which token services may see
// them. No helper runs and nothing is asked yet.
func (s *session) logIn() error {
	c := s.cli
	if c.getenv("DOCKER_AUTH_CONFIG") != "" {
		s.access.AuthConfig = func() string { return c.getenv("DOCKER_AUTH_CONFIG") }
	}
	s.access.Helpers = access.Helpers{Find: c.findProgram, Env: c.helperEnv()}
	s.access.Logins = &access.Logins{Now: c.now}
	s.access.Peers = new(access.Peers)
	if err := c.configure(&s.access); err != nil {
		return err
	}
	s.realms = &realmBook{cli: c, path: filepath.Join(s.paths.state, "realms.jsonl")}
	s.access.Confirm = s.realms.confirm
	return nil
}

// findProgram looks for a program in PATH, whose relative folders do not count.
func (c *cli) findProgram(name string) (string, error) {
	for _, dir := range filepath.SplitList(c.getenv("PATH")) {
		if !filepath.IsAbs(dir) {
			continue
		}
		if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			return path, nil
		}
	}
	return "", exec.ErrNotFound
}

// helperEnv is the environment of credential helpers: ours without passphrases and logins,
// and without the terminal's name, since a helper must not draw on it.
func (c *cli) helperEnv() []string {
	if c.environ == nil {
		return nil
	}
	var env []string
	for _, v := range c.environ() {
		name, _, _ := strings.Cut(v, "=")
		if strings.HasSuffix(name, "_PASSPHRASE") || name == "DOCKER_AUTH_CONFIG" || name == "NOTARY_AUTH" || name == "GPG_TTY" {
			continue
		}
		env = append(env, v)
	}
	return env
}

// realmBook remembers which servers may send their login to which token services. A
// person is asked once about each pair.
type realmBook struct {
	cli   *cli
	path  string
	quiet bool // nobody is asked; what was confirmed before holds

	mu sync.Mutex
}

// realmRecord is one confirmed pair: a server's host and a token service's origin.
type realmRecord struct {
	Server string `json:"server"`
	Realm  string `json:"realm"`
}

// confirm is access.Config's.
func (b *realmBook) confirm(ctx context.Context, server, realm string) (bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	known, err := b.list()
	if err != nil {
		return false, fmt.Errorf("confirmed token services: %w", err)
	}
	for _, k := range known {
		if k == (realmRecord{server, realm}) {
			return true, nil
		}
	}
	if b.quiet || !b.cli.canPrompt() {
		return false, nil
	}
	fmt.Fprintf(b.cli.err, "%s wants its login sent to %s, which is another host.\n  Say yes only if whoever runs %s says that this is its token service.\n",
		trustdata.Visible(server), trustdata.Visible(realm), trustdata.Visible(server))
	typed, err := b.cli.ask(ctx, bufio.NewReader(b.cli.in), "Type yes to send it, now and from now on: ")
	if err != nil || typed != "yes" {
		return false, err
	}
	if err := b.remember(realmRecord{server, realm}); err != nil {
		b.cli.say("the answer is not remembered: %s", trustdata.VisibleError(err))
	}
	return true, nil
}

func (b *realmBook) list() ([]realmRecord, error) {
	log, err := state.OpenLog(b.path, b.cli.now)
	if err != nil {
		return nil, err
	}
	var out []realmRecord
	for _, rec := range log.Records() {
		var r realmRecord
		if err := json.Unmarshal(rec.Data, &r); err != nil {
			return nil, fmt.Errorf("%q, line %d: %w", b.path, rec.Seq, state.ErrBroken)
		}
		out = append(out, r)
	}
	return out, nil
}

func (b *realmBook) remember(r realmRecord) error {
	log, err := state.OpenLog(b.path, b.cli.now)
	if err != nil {
		return err
	}
	defer log.Close()
	return log.Append("realm", r)
}
