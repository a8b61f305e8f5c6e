package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"

	"golang.org/x/net/http/httpproxy"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/access"
	"keyrite/trustdata/notary"
	"keyrite/trustdata/registry"
	"keyrite/trustdata/remote"
	"keyrite/trustdata/rotation"
	"keyrite/trustdata/state"
)

// session is what verbs and console work with: the paths opened, the way to servers
// settled. Opening one asks no server and writes nothing.
type session struct {
	cli    *cli
	paths  paths
	dirs   []*keyring.Dir
	keys   keyring.Set
	state  *state.Store
	cache  *remote.Cache
	access access.Config
	realms *realmBook
	// pins are those of the settings.
	pins notary.Pins
	// clients are those of the settings that pin roots.
	clients []rotation.Client
	// ahead is remote.Fetcher's, for changes.
	ahead bool
	// note takes a sentence that does not change a result, such as a login that could not
	// be used. The console has no place for it on stderr and shows it with the problem.
	note func(string)
}

// open makes a session without key stores.
func (c *cli) open() (*session, error) {
	p, err := c.findPaths()
	if err != nil {
		return nil, err
	}
	s := &session{cli: c, paths: p, note: func(text string) { c.say("%s", trustdata.Visible(text)) }}
	if s.state, err = state.OpenStore(p.state, c.now); err != nil {
		return nil, fmt.Errorf("state folder %q: %w", p.state, err)
	}
	s.cache = remote.NewCache(p.cache)
	if c.config != nil {
		if s.pins, err = c.config.Pins.read(); err != nil {
			return nil, err
		}
		if s.clients, err = c.config.clients(); err != nil {
			return nil, err
		}
	}
	s.access = access.Config{
		DockerDir: p.docker,
		Server:    c.flags.server,
		Registry:  c.flags.registry,
		TLSCA:     c.flags.tlsCA,
		Insecure:  c.flags.insecure,
		Timeout:   c.flags.timeout,
		UserAgent: "keyrite/" + version(),
		Proxy:     c.proxy(),
	}
	if err := s.logIn(); err != nil {
		return nil, err
	}
	if s.access.Server == "" {
		s.access.Server = c.getenv("DOCKER_CONTENT_TRUST_SERVER")
	}
	return s, nil
}

// openKeys opens a session with its key stores, for verbs that read keys: a trust
// directory that was named must be there.
func (c *cli) openKeys() (*session, error) {
	s, err := c.openView()
	if err != nil {
		return nil, err
	}
	for _, path := range s.paths.trust {
		if c.flags.trustDirGiven && missing(path) {
			return nil, fmt.Errorf("trust directory %q: %w", path, fs.ErrNotExist)
		}
	}
	return s, nil
}

// openView opens a session for verbs that look at repositories: they need no key, and a
// trust directory that is not there is an empty one.
func (c *cli) openView() (*session, error) {
	s, err := c.open()
	if err != nil {
		return nil, err
	}
	for _, path := range s.paths.trust {
		dir, err := keyring.OpenDir(path, keyring.DirOptions{ReadOnly: c.flags.readOnly})
		if err != nil {
			return nil, err
		}
		s.dirs = append(s.dirs, dir)
		s.keys = append(s.keys, dir)
	}
	return s, nil
}

// proxy follows the usual variables, as handed in rather than as the process has them.
func (c *cli) proxy() func(*http.Request) (*url.URL, error) {
	first := func(names ...string) string {
		for _, n := range names {
			if v := c.getenv(n); v != "" {
				return v
			}
		}
		return ""
	}
	cfg := httpproxy.Config{
		HTTPProxy:  first("HTTP_PROXY", "http_proxy"),
		HTTPSProxy: first("HTTPS_PROXY", "https_proxy"),
		NoProxy:    first("NO_PROXY", "no_proxy"),
	}
	choose := cfg.ProxyFunc()
	return func(r *http.Request) (*url.URL, error) { return choose(r.URL) }
}

// fetcher reads GUNs with everything remembered.
func (s *session) fetcher() *remote.Fetcher {
	return &remote.Fetcher{Config: s.access.Shared(), Cache: s.cache, State: s.state, Now: s.cli.now, Offline: s.cli.flags.offline, Local: s.local, Pins: s.pins}
}

// exact is fetcher, for changes: the state that a plan is made for and the one that is read
// back are the server's own, not a copy's on the way.
func (s *session) exact() *remote.Fetcher {
	f := s.fetcher()
	f.PastCaches, f.Ahead = true, s.ahead
	return f
}

// late is exact, for repositories that may have expired and are to be signed again.
func (s *session) late() *remote.Fetcher {
	f := s.exact()
	f.Late = true
	return f
}

// knownBefore verifies what a fresh client has read as one that knew the repository before.
// Its root may have a certificate that was just made here, and that no pin of the settings
// can name yet.
func (s *session) knownBefore(ctx context.Context, read *remote.Result, made trustdata.ListedID) (*remote.Result, error) {
	f := s.exact()
	f.Pins.Made = made
	return f.Reread(ctx, read)
}

// fresh reads GUNs as a client that has nothing cached, remembers nothing and pins nothing:
// it reads back what was just published, which may be a new root that no pin names yet.
func (s *session) fresh() *remote.Fetcher {
	return &remote.Fetcher{Config: s.access, Now: s.cli.now, Ahead: s.ahead}
}

// local is what docker and notary cached of a GUN in the trust directories: their memory
// of whom they trust. A file of theirs that cannot be read is an error, for without it
// another root could take its place unseen.
func (s *session) local(gun trustdata.GUN) ([]remote.Local, error) {
	var all []remote.Local
	for _, dir := range s.dirs {
		cached, err := dir.LocalMetadataOf(context.Background(), gun)
		if err != nil {
			return nil, err
		}
		if len(cached) == 0 {
			continue
		}
		local := remote.Local{Path: filepath.Join(dir.Path(), "tuf"), Files: map[trustdata.Role][]byte{}}
		for _, c := range cached {
			raw, info, err := dir.ReadLocal(c)
			if err != nil {
				return nil, err
			}
			local.Files[c.Role] = raw
			if c.Role == trustdata.RoleTimestamp {
				local.ReadAt = info.ModTime()
			}
		}
		all = append(all, local)
	}
	return all, nil
}

// trustServer is the client of a GUN's trust server, past caches on the way.
func (s *session) trustServer(gun trustdata.GUN) (*remote.Client, error) {
	ep, err := s.access.TrustServer(gun)
	if err != nil {
		return nil, err
	}
	return remote.New(ep, gun).NoCache(), nil
}

// registryOf is the client of a GUN's registry.
func (s *session) registryOf(gun trustdata.GUN) (*registry.Client, error) {
	ep, err := s.access.RegistryOf(gun)
	if err != nil {
		return nil, err
	}
	return registry.New(ep, gun), nil
}

// collection is the verified view of a GUN, from the server or, with --offline, from the
// cache; with --tuf it is that of the repository named there.
func (s *session) collection(ctx context.Context, gun trustdata.GUN) (*trustdata.Collection, error) {
	if s.isTUF(gun) {
		return s.tufCollection(ctx, s.cli.flags.offline)
	}
	res, err := s.fetcher().Fetch(ctx, gun)
	if err != nil {
		return nil, err
	}
	for _, note := range res.Notes {
		s.note(note)
	}
	return res.Collection, nil
}

// held maps the keys on this machine by ID.
func (s *session) held(ctx context.Context) (map[trustdata.KeyID]keyring.Info, error) {
	infos, err := s.keys.List(ctx)
	if err != nil {
		return nil, err
	}
	return usable(infos), nil
}

// usable maps the keys whose files are in order by ID.
func usable(infos []keyring.Info) map[trustdata.KeyID]keyring.Info {
	held := map[trustdata.KeyID]keyring.Info{}
	for _, info := range infos {
		if info.Problem == "" {
			held[info.KeyID] = info
		}
	}
	return held
}

// explain adds to the lack of a key that its file is here and of no use.
func (s *session) explain(ctx context.Context, err error) error {
	var missing *rotation.MissingKeyError
	if !errors.As(err, &missing) {
		return err
	}
	infos, listing := s.keys.List(ctx)
	if listing != nil {
		return err
	}
	for _, info := range infos {
		if info.Problem != "" && slices.Contains(missing.Listed, info.KeyID) {
			err = fmt.Errorf("%w; the file of key %q is of no use: %s", err, info.KeyID.Short(), info.Problem)
		}
	}
	trashed, listing := s.keys.Trashed(ctx)
	for _, id := range missing.Listed {
		is := func(info keyring.Info) bool { return info.KeyID == id }
		if at := slices.IndexFunc(trashed, is); listing == nil && at >= 0 && !slices.ContainsFunc(infos, is) {
			err = fmt.Errorf("%w; key %q is in the trash: keyrite keys import %q puts it back", err, id.Short(), trashed[at].Path)
		}
	}
	return err
}
