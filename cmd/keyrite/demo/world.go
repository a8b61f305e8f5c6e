// Package demo is a made-up company, acme, for trying keyrite out: a trust directory
// with its keys, a trust server and a registry on this machine with its repositories,
// and the problems that such things have.
//
// It lives in one folder that the caller names, and in two listeners on 127.0.0.1. It
// reads and writes nothing else: no home directory, no docker configuration, no
// settings, no keychain.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"filippo.io/age"
	"github.com/google/go-containerregistry/pkg/registry"

	"keyrite/trustdata"
	"keyrite/trustdata/trustserver"
)

// World is the demo's company, with its servers running.
type World struct {
	// TrustDir is a docker trust directory, and DockerDir the configuration folder
	// around it. StateDir, CacheDir and ConfigDir stand for the XDG folders, in which
	// keyrite makes its own, and HomeDir for the home folder; all of these are empty.
	TrustDir, DockerDir, StateDir, CacheDir, ConfigDir, HomeDir string
	// BackupDir is an empty folder for backups, and RestoreDir a name that is not there
	// yet for a trust directory that comes out of one.
	BackupDir, RestoreDir string
	// EvidenceDir is a name that is not there yet, for what a server is convicted of.
	EvidenceDir string
	// TrustServerURL and RegistryURL serve all GUNs, whose host does not exist.
	TrustServerURL, RegistryURL string
	// GUNs are the signed repositories. The first one has delegations and tags in all
	// four states.
	GUNs []trustdata.GUN
	// Unsigned is a repository that the registry has and the trust server does not.
	Unsigned trustdata.GUN
	// Passphrases open the keys: by role root, targets, snapshot and delegation. They are
	// made up and no secret. PassphraseFiles hold each one in a file.
	Passphrases, PassphraseFiles map[string]string
	// Recipient is whom backups are encrypted to, and IdentityFile what opens them.
	Recipient, IdentityFile string

	sticksDir string
	servers   []*http.Server
	gateway   *losing
	trust     *tampering
	images    pusher
	lying     atomic.Bool // the stick that can lie does
}

// New builds the company in the folder dir, which is made if it is absent and must not
// hold another one, and starts its servers. Now is the clock of everything in it; the age of its files and
// what has expired are measured from the moment of the call. Close stops the servers;
// the folder remains and is the caller's.
func New(ctx context.Context, dir string, now func() time.Time) (*World, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	docker := filepath.Join(dir, "docker")
	w := &World{
		DockerDir: docker, TrustDir: filepath.Join(docker, "trust"),
		HomeDir:  filepath.Join(dir, "home"),
		StateDir: filepath.Join(dir, "state"), CacheDir: filepath.Join(dir, "cache"), ConfigDir: filepath.Join(dir, "config"),
		BackupDir: filepath.Join(dir, "backups"), RestoreDir: filepath.Join(dir, "restored"),
		EvidenceDir: filepath.Join(dir, "evidence"), sticksDir: filepath.Join(dir, "sticks"),
	}
	for _, d := range []string{w.TrustDir, w.HomeDir, w.StateDir, w.CacheDir, w.ConfigDir, w.BackupDir, w.stick(honest), w.stick(bargain)} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			return nil, err
		}
	}
	if err := w.build(ctx, dir, now); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	return w, nil
}

func (w *World) build(ctx context.Context, dir string, now func() time.Time) error {
	if err := w.writeSecrets(filepath.Join(dir, "secrets")); err != nil {
		return err
	}
	past := &pastClock{now: now}
	trust := trustserver.New(trustserver.Options{Now: past.Now})
	images := registry.New(registry.Logger(log.New(io.Discard, "", 0)), registry.WithReferrersSupport(true))
	var err error
	w.trust = &tampering{Server: trust}
	w.gateway = &losing{Handler: w.trust}
	if w.TrustServerURL, err = w.listen(w.gateway); err != nil {
		return err
	}
	if w.RegistryURL, err = w.listen(images); err != nil {
		return err
	}
	w.images = pusher{w.RegistryURL, &http.Transport{DisableKeepAlives: true}}
	return w.found(ctx, trust, past)
}

// listen serves handler on a free port of the loopback address.
func (w *World) listen(handler http.Handler) (url string, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	s := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(io.Discard, "", 0)}
	w.servers = append(w.servers, s)
	// It returns when Close is called, and a failure before that shows in every request.
	go trustdata.Guarded(func() { _ = s.Serve(l) })()
	return "http://" + l.Addr().String(), nil
}

// Getenv is the environment of a program that lives in this world: its folders and its
// trust server, and nothing of the real one. No variable names a registry.
func (w *World) Getenv(name string) string {
	switch name {
	case "HOME", "USERPROFILE":
		return w.HomeDir
	case "DOCKER_CONFIG":
		return w.DockerDir
	case "XDG_STATE_HOME":
		return w.StateDir
	case "XDG_CACHE_HOME":
		return w.CacheDir
	case "XDG_CONFIG_HOME":
		return w.ConfigDir
	case "DOCKER_CONTENT_TRUST_SERVER":
		return w.TrustServerURL
	}
	return ""
}

// Close stops the servers.
func (w *World) Close() error {
	var errs []error
	for _, s := range w.servers {
		errs = append(errs, s.Close())
	}
	w.servers = nil
	return errors.Join(errs...)
}

// writeSecrets makes the passphrases and the identity that opens backups.
func (w *World) writeSecrets(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	w.Passphrases = map[string]string{
		"root":       "granite under the lake",
		"targets":    "seven quiet lighthouses",
		"snapshot":   "a ladder of salt",
		"delegation": "paper boats at noon",
	}
	w.PassphraseFiles = map[string]string{}
	for role, phrase := range w.Passphrases {
		file := filepath.Join(dir, role+".txt")
		if err := os.WriteFile(file, []byte(phrase+"\n"), 0o600); err != nil {
			return err
		}
		w.PassphraseFiles[role] = file
	}
	id, err := age.GenerateX25519Identity()
	if err != nil {
		return err
	}
	w.Recipient, w.IdentityFile = id.Recipient().String(), filepath.Join(dir, "backup-identity.txt")
	return os.WriteFile(w.IdentityFile, []byte("# public key: "+w.Recipient+"\n"+id.String()+"\n"), 0o600)
}

// pastClock runs behind another clock by what is set, so that the company's history can
// be signed and published in its own time.
type pastClock struct {
	now  func() time.Time
	back atomic.Int64
}

func (c *pastClock) Now() time.Time { return c.now().Add(-time.Duration(c.back.Load())) }

// set moves the clock to age before the present.
func (c *pastClock) set(age time.Duration) { c.back.Store(int64(age)) }

// Banner says what the demo is and where, with the passphrases.
func (w *World) Banner(out io.Writer) error {
	_, err := fmt.Fprintf(out, `This is acme, a made-up company: its keys, its trust server and its registry.
Everything is on 127.0.0.1 and in
  %s
Your own keys, settings and logins are not touched. All of this is gone when
the demo ends.

Passphrases   root keys        %s
              repository keys  %s
              snapshot keys    %s
              signers' keys    %s
Backups       for age          %s
              opened with      %s
Problems      in the console : break begins one while you look, and : mend ends it
`, filepath.Dir(w.StateDir), w.Passphrases["root"], w.Passphrases["targets"], w.Passphrases["snapshot"], w.Passphrases["delegation"],
		w.Recipient, w.IdentityFile)
	return err
}
