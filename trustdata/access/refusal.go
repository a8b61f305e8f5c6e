package access

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"oras.land/oras-go/v2/registry/remote/auth"
	"oras.land/oras-go/v2/registry/remote/errcode"
)

// loginError turns the failures of the challenge into what they mean here. Those of this
// package lose what was put around them, which names the stand-in for a token service.
func loginError(host string, err error) error {
	var refused *errcode.ErrorResponse
	var helper *HelperError
	var realm *RealmError
	var token *TokenError
	switch {
	case errors.As(err, &refused):
		said := make([]string, len(refused.Errors))
		codes := make([]string, len(refused.Errors))
		for i, e := range refused.Errors {
			codes[i], said[i] = e.Code, e.Code+": "+e.Message
		}
		return &StatusError{Status: refused.StatusCode, Codes: codes, Message: strings.Join(said, "; "), URL: bare(refused.URL)}
	case errors.Is(err, auth.ErrBasicCredentialNotFound):
		return fmt.Errorf("%q asks for a login, and %w: %w", host, errStranger, ErrUnauthorized)
	case errors.Is(err, errNoPassword):
		return fmt.Errorf("%q asks for a password, and the login is an identity token, which it cannot take: %w", host, ErrUnauthorized)
	case errors.As(err, &helper):
		return fmt.Errorf("%q asks for a login: %w", host, helper)
	case errors.As(err, &realm):
		return realm
	case errors.As(err, &token):
		return token
	}
	return err
}

// errStranger is a login that is wanted and not there.
var errStranger = errors.New("docker's configuration has none for it")

// errNoPassword is an identity token where a server wants a password.
var errNoPassword = errors.New("no password")

// want keeps the actions of a request, and keep a token that was given, for Explain.
func (a *account) want(actions []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.wanted = slices.Clone(actions)
}

func (a *account) keep(t Token) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.token = t
}

// ungranted names what was wanted of the last request and is not in the token, "" if all is.
func (e Endpoint) ungranted(t Token) string {
	if e.catalog {
		if slices.Contains(t.Granted, auth.ScopeRegistryCatalog) {
			return ""
		}
		return "the list of repositories"
	}
	var missing []string
	for _, action := range e.account.wanted {
		if !t.Grants(e.Resource, action) {
			missing = append(missing, action)
		}
	}
	if len(missing) == 0 {
		return ""
	}
	return fmt.Sprintf("%s on %q", strings.Join(missing, ", "), e.Resource)
}

// Explain adds to a refusal what is known of its cause: why no login was sent, or that
// the token service granted less than was asked for.
func (e Endpoint) Explain(err error) error {
	if !errors.Is(err, ErrUnauthorized) || e.account == nil {
		return err
	}
	e.account.mu.Lock()
	defer e.account.mu.Unlock()
	why := slices.Clone(e.account.problems)
	if e.account.stranger && !errors.Is(err, errStranger) {
		why = append(why, "no login was found for it")
	}
	if t := e.account.token; t.Readable {
		if missing := e.ungranted(t); missing != "" {
			why = append(why, "the token service did not grant "+missing)
		}
		if now := e.account.now; now != nil && !t.Expires.IsZero() && t.Expires.Before(now()) {
			why = append(why, fmt.Sprintf("the token that it gave ended at %s by this machine's clock", t.Expires.Format(time.RFC3339)))
		}
	}
	if len(why) == 0 {
		return err
	}
	return fmt.Errorf("%w; %s", err, strings.Join(why, "; "))
}
