package access

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"oras.land/oras-go/v2/registry/remote/auth"
)

// LoginKind is what a login consists of.
type LoginKind string

// The kinds of logins.
const (
	// Anonymous is no login at all.
	Anonymous LoginKind = "anonymous"
	// Password is a user name with a password, or with a token in a password's place.
	Password LoginKind = "password"
	// IdentityToken is exchanged at the token service for tokens that last minutes.
	IdentityToken LoginKind = "identity token"
	// RegistryToken is sent to the server as it stands.
	RegistryToken LoginKind = "registry token"
)

// Login describes a login without its secret.
type Login struct {
	Kind LoginKind
	// Source says in words where it came from, "" for none.
	Source string
	// Key is the server's name under which it is kept there, Helper the credential helper
	// that gave it, or "".
	Key, Helper string
	// User is the user name, "" where there is none.
	User string
	// Shadowed are entries of docker's auths with a login for the same server that is not
	// used, since what is asked first has one or keeps all.
	Shadowed []string
	// Token is what the secret says of itself where it is a JWT. Nothing in it is verified.
	Token Token
	// Problems are sentences on what could not be used.
	Problems []string
}

// LoginSource says where a server's login comes from. The zero value is docker's order
// under docker's key.
type LoginSource struct {
	// Name says in words where this was settled.
	Name string
	// None sends no login at all.
	None bool
	// Key is the server's name to look under, in place of docker's.
	Key string
	// Helper asks this credential helper and nothing else.
	Helper string
	// Basic gives base64 of "user:password", as $NOTARY_AUTH has it.
	Basic func() (string, error)
}

// Logins remembers for a short while what helpers answered, so that reading many
// repositories does not start a program for each. One Config and its copies share it.
type Logins struct {
	// Now is the clock.
	Now func() time.Time

	mu    sync.Mutex
	known map[string]*answer
}

type answer struct {
	mu    sync.Mutex
	until time.Time
	found
	err error
}

// How long a helper's answer holds. A failure is forgotten soon: it is being mended.
const (
	answerHolds  = 5 * time.Minute
	failureHolds = 10 * time.Second
)

// found is a login with its secret.
type found struct {
	Login
	secret func() auth.Credential
}

func noLogin(problems ...string) found {
	return found{Login{Kind: Anonymous, Problems: problems}, func() auth.Credential { return auth.EmptyCredential }}
}

func newFound(login Login, c auth.Credential) found {
	login.User = c.Username
	switch {
	case c == auth.EmptyCredential:
		login.Kind = Anonymous
	case c.AccessToken != "":
		login.Kind, login.Token = RegistryToken, ReadToken(c.AccessToken)
	case c.RefreshToken != "":
		login.Kind, login.Token = IdentityToken, ReadToken(c.RefreshToken)
	default:
		login.Kind, login.Token = Password, ReadToken(c.Password)
	}
	return found{login, func() auth.Credential { return c }}
}

// once gives what ask gives, or what it gave under this name a short while ago.
func (l *Logins) once(name string, ask func() (found, error)) (found, error) {
	if l == nil {
		return ask()
	}
	l.mu.Lock()
	if l.known == nil {
		l.known = map[string]*answer{}
	}
	a := l.known[name]
	if a == nil {
		a = new(answer)
		l.known[name] = a
	}
	l.mu.Unlock()
	a.mu.Lock()
	defer a.mu.Unlock()
	if l.Now().Before(a.until) {
		return a.found, a.err
	}
	a.found, a.err = ask()
	switch {
	case a.err == nil:
		a.until = l.Now().Add(answerHolds)
	case errors.Is(a.err, ErrHelper):
		a.until = l.Now().Add(failureHolds)
	}
	return a.found, a.err
}

// findLogin finds the login of the first of keys that there is one for.
func (c Config) findLogin(ctx context.Context, keys []string, from LoginSource) (found, error) {
	switch {
	case from.None:
		f := noLogin()
		f.Source = from.Name
		return f, nil
	case from.Basic != nil:
		return basicLogin(from)
	case from.Key != "":
		keys = []string{from.Key}
	}
	if from.Helper != "" {
		return c.firstOf(keys, func(key string) (found, error) { return c.askHelper(ctx, from.Helper, key, from.Name) })
	}
	config, err := readDockerConfig(c.DockerDir)
	var problems []string
	if err != nil {
		problems = []string{err.Error()}
	}
	f, err := c.firstOf(keys, func(key string) (found, error) { return c.dockerLogin(ctx, config, key) })
	f.Problems = append(problems, f.Problems...)
	return f, err
}

// firstOf is the first login that is one. What could not be used before it is kept.
func (c Config) firstOf(keys []string, look func(key string) (found, error)) (found, error) {
	last := noLogin()
	for _, key := range keys {
		f, err := look(key)
		if err != nil {
			return noLogin(), err
		}
		f.Problems = append(last.Problems, f.Problems...)
		if f.Kind != Anonymous {
			return f, nil
		}
		last = f
	}
	return last, nil
}

func basicLogin(from LoginSource) (found, error) {
	value, err := from.Basic()
	if err != nil {
		return noLogin(), fmt.Errorf("login from %s: %w", from.Name, err)
	}
	user, password, err := decodeAuth(value)
	if err != nil {
		return noLogin(), fmt.Errorf("login from %s: %w", from.Name, err)
	}
	return newFound(Login{Source: from.Name}, auth.Credential{Username: user, Password: password}), nil
}

// dockerLogin looks in docker's order: DOCKER_AUTH_CONFIG for the servers that it names,
// a helper named for the server, the store for all, the file's own entries. Where a helper
// is set, the file's entries are not looked at, even if the helper has nothing.
func (c Config) dockerLogin(ctx context.Context, config dockerConfig, key string) (found, error) {
	name, entry, inFile := config.entry(key)
	helper := config.helper(key)
	shadowed := []string{}
	if inFile && entry != (dockerAuth{}) {
		shadowed = append(shadowed, name)
	}
	if c.AuthConfig != nil {
		auths, err := parseAuthConfig(c.AuthConfig())
		if err != nil {
			return noLogin(), fmt.Errorf("DOCKER_AUTH_CONFIG cannot be used: %w", err)
		}
		if a, ok := auths[key]; ok {
			login, err := a.credential()
			if err != nil {
				return noLogin(), fmt.Errorf("DOCKER_AUTH_CONFIG cannot be used for %q: %w", key, err)
			}
			return newFound(Login{Source: "DOCKER_AUTH_CONFIG", Key: key, Shadowed: shadowed}, login), nil
		}
	}
	if helper != "" {
		source := "credsStore in docker's config.json"
		if _, ok := config.CredHelpers[key]; ok {
			source = "credHelpers in docker's config.json"
		}
		f, err := c.askHelper(ctx, helper, key, source)
		f.Shadowed = shadowed
		return f, err
	}
	if !inFile {
		return noLogin(), nil
	}
	login, err := entry.credential()
	if err != nil {
		return noLogin(fmt.Sprintf("the login of %q in docker's config.json: %v", key, err)), nil
	}
	return newFound(Login{Source: "auths in docker's config.json", Key: name}, login), nil
}

func (c Config) askHelper(ctx context.Context, helper, key, source string) (found, error) {
	f, err := c.Logins.once(helper+"\n"+key, func() (found, error) {
		login, err := c.Helpers.ask(ctx, helper, key)
		return newFound(Login{Key: key, Helper: helper}, login), err
	})
	f.Source = source
	return f, err
}

// account is one endpoint's login. It is looked for when a server first asks for one.
type account struct {
	find func(context.Context) (found, error)
	now  func() time.Time // nil: it is not known whether a token has ended

	mu       sync.Mutex
	scheme   string // of the last challenge
	stranger bool   // a login was looked for, and there is none
	problems []string
	token    Token    // the last one that a token service gave
	wanted   []string // the actions of the last request
}

func (a *account) get(ctx context.Context) (found, error) {
	f, err := a.find(ctx)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.problems, a.stranger = f.Problems, err == nil && f.Kind == Anonymous
	return f, err
}

// credential is the auth client's question.
func (a *account) credential(ctx context.Context, _ string) (auth.Credential, error) {
	f, err := a.get(ctx)
	if err != nil {
		return auth.EmptyCredential, err
	}
	login := f.secret()
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.scheme == "Basic" && login.RefreshToken != "" && login.Password == "" {
		return auth.EmptyCredential, errNoPassword
	}
	return login, nil
}

func (a *account) challenged(scheme string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.scheme = scheme
}

// Login finds the login of this endpoint as if its server had asked for one, and describes
// it. It may run a credential helper.
func (e Endpoint) Login(ctx context.Context) (Login, error) {
	if e.account == nil {
		return Login{Kind: Anonymous}, nil
	}
	f, err := e.account.get(ctx)
	return f.Login, err
}

// Problems are sentences on what could not be used for a login. There are none before a
// server has asked for one.
func (e Endpoint) Problems() []string {
	if e.account == nil {
		return nil
	}
	e.account.mu.Lock()
	defer e.account.mu.Unlock()
	return slices.Clone(e.account.problems)
}

// String makes no secret of what there is, and shows none.
func (l Login) String() string {
	parts := []string{string(l.Kind)}
	if l.User != "" {
		parts = append(parts, fmt.Sprintf("of %q", l.User))
	}
	if l.Source != "" {
		parts = append(parts, "from "+l.Source)
	}
	return strings.Join(parts, " ")
}
