package main

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/access"
	"keyrite/trustdata/audit"
	"keyrite/ui/doctor"
	"keyrite/ui/keys"
)

func (c *cli) doctorCommand() *cobra.Command {
	return &cobra.Command{
		Use: "doctor [GUN]", Short: "Look at this machine's set-up, and at the logins of a repository's two servers",
		Long: "doctor looks at this machine's set-up. With a repository it asks its trust server and its registry, shows\n" +
			"where each login comes from, what kind it is, which token service gives tokens for it, and which scopes\n" +
			"were asked for and granted, and says what to ask for. It changes nothing; a token for publishing is asked\n" +
			"for and thrown away. Tokens are read without verifying them. Exit code 3 means findings at warning or worse.\n\n" +
			"--json prints {\"findings\":[{\"severity\",\"code\",\"gun\",\"role\",\"key_id\",\"path\",\"message\",\"remedy\"}],\n" +
			"\"checked\":{\"keys\",\"repositories\",\"servers\"},\"servers\":[{\"kind\",\"url\",\"login\":{...},\"scheme\",\"realm\",\"service\",\n" +
			"\"asks\":[{\"for\",\"scope\",\"granted\",\"token_expires\",\"status\",\"problem\"}]}]}; granted is null where the token does not say.",
		Args: usageArgs(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error { return c.doctor(cmd.Context(), args) },
	}
}

type doctorJSON struct {
	Findings []audit.Finding `json:"findings"`
	Checked  checkedJSON     `json:"checked"`
	Servers  []serverJSON    `json:"servers"`
}

type checkedJSON struct {
	Keys         int `json:"keys"`
	Repositories int `json:"repositories"`
	Servers      int `json:"servers"`
}

type serverJSON struct {
	Kind    audit.Kind `json:"kind"`
	URL     string     `json:"url"`
	Login   loginJSON  `json:"login"`
	Scheme  string     `json:"scheme"`
	Realm   string     `json:"realm"`
	Service string     `json:"service"`
	Asks    []askJSON  `json:"asks"`
}

type loginJSON struct {
	Kind     access.LoginKind `json:"kind"`
	User     string           `json:"user"`
	Source   string           `json:"source"`
	Key      string           `json:"key"`
	Helper   string           `json:"helper"`
	Shadowed []string         `json:"shadowed"`
	Expires  *time.Time       `json:"expires"`
	Problem  string           `json:"problem"`
}

// askJSON is one request for a scope. Granted is null where the token does not say.
type askJSON struct {
	For          string     `json:"for"`
	Scope        []string   `json:"scope"`
	Granted      []string   `json:"granted"`
	TokenExpires *time.Time `json:"token_expires"`
	Status       int        `json:"status"`
	Problem      string     `json:"problem"`
}

func (c *cli) doctor(ctx context.Context, args []string) error {
	ctx, cancel := c.context(ctx)
	defer cancel()
	s, err := c.openKeys()
	if err != nil {
		return err
	}
	var gun trustdata.GUN
	if len(args) > 0 {
		if gun, err = s.resolve(ctx, args[0]); err != nil {
			return err
		}
	}
	d, checked, err := s.examined(ctx, gun)
	if err != nil {
		return err
	}
	findings := d.Findings()
	out := doctorJSON{Findings: list(findings), Checked: checked, Servers: []serverJSON{}}
	for _, server := range d.Servers {
		out.Servers = append(out.Servers, newServerJSON(server))
	}
	if err := c.emit(out, doctor.Page(d, findings)); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if audit.AtLeast(findings, audit.Warning) {
		return errFindings
	}
	return nil
}

// examined is all that doctor looks at; with gun "" this machine alone.
func (s *session) examined(ctx context.Context, gun trustdata.GUN) (d audit.Doctor, checked checkedJSON, err error) {
	d.Now, d.GUN = s.cli.now(), gun
	uses, err := s.uses(ctx)
	if err != nil {
		return d, checked, err
	}
	listed, err := s.keys.ListEach(ctx)
	if err != nil {
		return d, checked, err
	}
	d.Machine, checked = s.machine(listed, uses)
	if d.Machine.Docker = s.cli.dockerVersion(ctx); gun == "" {
		return d, checked, nil
	}
	checked.Repositories = 1
	if !s.cli.flags.offline {
		d.Servers, err = s.serversOf(ctx, gun)
		checked.Servers = len(d.Servers)
	}
	return d, checked, err
}

func newServerJSON(s audit.Server) serverJSON {
	l := s.Login
	out := serverJSON{Kind: s.Kind, URL: s.URL, Asks: []askJSON{}, Login: loginJSON{Kind: l.Kind, User: l.User, Source: l.Source, Key: l.Key,
		Helper: l.Helper, Shadowed: list(l.Shadowed), Expires: stamp(l.Token.Expires)}}
	if s.LoginErr != nil {
		out.Login.Problem = trustdata.VisibleError(s.LoginErr)
	}
	for _, ask := range []struct {
		what string
		v    *access.Visit
	}{{"read", s.Read}, {"write", s.Write}} {
		if ask.v == nil {
			continue
		}
		ch := ask.v.Challenge
		out.Scheme, out.Realm, out.Service = ch.Scheme, ch.Realm, ch.Service
		a := askJSON{For: ask.what, Scope: list(ask.v.Asked), TokenExpires: stamp(ask.v.Token.Expires), Status: ask.v.Status, Problem: trustdata.Visible(ask.v.Message)}
		if ask.v.Token.Readable {
			a.Granted = list(ask.v.Token.Granted)
		}
		if ask.v.Err != nil {
			a.Problem = trustdata.VisibleError(ask.v.Err)
		}
		out.Asks = append(out.Asks, a)
	}
	return out
}

// serversOf visits both servers of a repository, each once to read and once as a change
// would. The token of the second is thrown away unused but for a read.
func (s *session) serversOf(ctx context.Context, gun trustdata.GUN) ([]audit.Server, error) {
	var out []audit.Server
	for _, side := range []struct {
		kind   audit.Kind
		path   string
		chosen string
		open   func(trustdata.GUN) (access.Endpoint, error)
	}{
		{audit.TrustServer, rootPath(gun), s.access.Server, s.access.TrustServer},
		{audit.Registry, "/v2/" + trustdata.ExpandGUN(gun).Path() + "/tags/list", s.access.Registry, s.access.RegistryOf},
	} {
		ep, err := side.open(gun)
		if err != nil {
			return nil, err
		}
		server := audit.Server{Kind: side.kind, URL: ep.URL.String(), Resource: ep.Resource, Chosen: side.chosen != ""}
		read := ep.Visit(ctx, side.path, access.Pull)
		server.Read = &read
		server.Login, server.LoginErr = ep.Login(ctx)
		if read.Err == nil && read.Challenge.Scheme == "Bearer" {
			again, err := side.open(gun) // with no token yet
			if err != nil {
				return nil, err
			}
			write := again.Visit(ctx, side.path, access.Push, access.Pull)
			server.Write = &write
		}
		out = append(out, server)
	}
	return out, ctx.Err()
}

// rootPath is where a trust server has a repository's root.json, below its URL.
func rootPath(gun trustdata.GUN) string { return "/v2/" + string(gun) + "/_trust/tuf/root.json" }

// machine looks at what is set and lies about here; the version of docker is left out, since
// it takes a program to say it. Listed are the key files of each trust directory, and uses
// what the root keys sign.
func (s *session) machine(listed [][]keyring.Info, uses keys.Uses) (audit.Machine, checkedJSON) {
	m := audit.Machine{ContentTrust: s.cli.getenv("DOCKER_CONTENT_TRUST"),
		Modes: runtime.GOOS != "windows", InsecureRegistries: s.cli.insecureRegistries()}
	var checked checkedJSON
	for i, dir := range s.dirs {
		infos := listed[i]
		checked.Keys += len(infos)
		seen := audit.TrustDir{Path: filepath.Join(dir.Path(), "private")}
		if info, err := os.Stat(seen.Path); err == nil {
			seen.Mode = info.Mode()
		}
		for _, info := range infos {
			seen.Keys = append(seen.Keys, audit.KeyFile{KeyID: info.KeyID, Role: info.Role, Path: info.Path, Mode: info.Mode})
			if info.Role == string(trustdata.RoleRoot) && info.KeyID != "" {
				root := audit.RootKey{KeyID: info.KeyID, Path: info.Path}
				for _, use := range uses[info.KeyID] {
					root.Signs = append(root.Signs, use.GUN)
				}
				m.Roots = append(m.Roots, root)
			}
		}
		m.Dirs = append(m.Dirs, seen)
		m.OldCertificates = append(m.OldCertificates, oldCertificates(dir)...)
	}
	return m, checked
}

// oldCertificates are the folders in which clients before 0.2 kept certificates.
func oldCertificates(dir *keyring.Dir) []string {
	var found []string
	for _, name := range []string{"trusted_certificates", filepath.Join("private", "trusted_certificates")} {
		if path := filepath.Join(dir.Path(), name); isDir(path) {
			found = append(found, path)
		}
	}
	return found
}

// dockerTimeout bounds a look at the docker client, which is no more than its version.
const dockerTimeout = 5 * time.Second

var dockerVersionLine = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?m)^Docker version (\d+(?:\.\d+)*)`)
})

// dockerVersion is what the docker client says of itself, "" if there is none.
func (c *cli) dockerVersion(ctx context.Context) string {
	program, err := c.findProgram("docker")
	if err != nil {
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, dockerTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, "--version")
	cmd.Env = append([]string{}, c.helperEnv()...)
	cmd.WaitDelay = time.Second
	out, err := cmd.Output()
	found := dockerVersionLine().FindSubmatch(out)
	if err != nil || found == nil {
		return ""
	}
	return string(found[1])
}

// insecureRegistries are those of docker's daemon on this machine, as its usual files say.
func (c *cli) insecureRegistries() []string {
	files := []string{"/etc/docker/daemon.json"}
	if home := c.home(); home != "" {
		files = append(files, filepath.Join(home, ".config", "docker", "daemon.json"), filepath.Join(home, ".docker", "daemon.json"))
	}
	var all []string
	for _, path := range files {
		data, err := readBounded(path, maxConfig)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		var daemon struct {
			Insecure []string `json:"insecure-registries"`
		}
		if err != nil || json.Unmarshal(data, &daemon) != nil {
			continue // its own programs say what is wrong with it
		}
		for _, host := range daemon.Insecure {
			all = append(all, strings.TrimPrefix(strings.TrimPrefix(host, "http://"), "https://"))
		}
	}
	return all
}
