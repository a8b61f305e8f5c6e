package access

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// ErrToken is what a TokenError Is.
var ErrToken = errors.New("the token service gave no token")

// TokenError is a token service whose answer holds no token that could be used.
type TokenError struct {
	// URL is the service's, without its query; Why is one clause.
	URL, Why string
}

func (e *TokenError) Error() string {
	return fmt.Sprintf("the token service %q gave no token: %s", e.URL, e.Why)
}

// Is makes errors.Is(err, ErrToken) true.
func (e *TokenError) Is(target error) bool { return target == ErrToken }

// Token is what a JWT says of itself. Its signature is for the server to verify and not
// looked at here, so all of this is only what somebody claims.
type Token struct {
	// Readable reports whether it is a JWT at all. Others are known to their makers only.
	Readable bool
	Issuer   string
	Subject  string
	// Expires and Issued are zero where the token does not say.
	Expires, Issued time.Time
	// Granted are the scopes that it is good for, "repository:NAME:pull,push"; only tokens
	// of token services have them.
	Granted []string
}

// maxClaims bounds what is decoded of a token.
const maxClaims = 64 << 10

// ReadToken reads the claims of a JWT without verifying them.
func ReadToken(s string) Token {
	parts := strings.Split(s, ".")
	if len(parts) != 3 || len(parts[1]) > maxClaims {
		return Token{}
	}
	claims, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil {
		return Token{}
	}
	var c struct {
		Iss, Sub string
		Exp, Iat float64
		Access   []struct {
			Type, Name string
			Actions    []string
		}
	}
	if json.Unmarshal(claims, &c) != nil {
		return Token{}
	}
	t := Token{Readable: true, Issuer: c.Iss, Subject: c.Sub, Expires: unixTime(c.Exp), Issued: unixTime(c.Iat)}
	for _, a := range c.Access {
		t.Granted = append(t.Granted, fmt.Sprintf("%s:%s:%s", a.Type, a.Name, strings.Join(a.Actions, ",")))
	}
	return t
}

// unixTime reads seconds since 1970; what is no sensible date is none.
func unixTime(seconds float64) time.Time {
	if seconds <= 0 || seconds > 1e11 {
		return time.Time{}
	}
	return time.Unix(int64(seconds), 0).UTC()
}

// Grants reports whether the token says that it is good for an action on a repository.
func (t Token) Grants(name, action string) bool {
	for _, g := range t.Granted {
		rest, ok := strings.CutPrefix(g, "repository:"+name+":")
		if !ok {
			continue
		}
		for a := range strings.SplitSeq(rest, ",") {
			if a == action || a == Admin {
				return true
			}
		}
	}
	return false
}
