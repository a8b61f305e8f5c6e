package access

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"time"
	"unicode"

	"oras.land/oras-go/v2/registry/remote/auth"
)

// Helpers is how credential helpers are found and run.
type Helpers struct {
	// Find gives the path of a program by its name, as a search of PATH does; nil finds
	// none.
	Find func(program string) (string, error)
	// Env is the helper's whole environment.
	Env []string
	// Timeout ends a helper that does not answer. Zero is DefaultHelperTimeout.
	Timeout time.Duration
}

// DefaultHelperTimeout is how long a credential helper may take.
const DefaultHelperTimeout = 10 * time.Second

// Bounds of what a helper may say: an answer, and what of its complaint is kept.
const (
	maxHelperAnswer    = 256 << 10
	maxHelperComplaint = 200
)

// helperPrefix begins the name of every credential helper's program.
const helperPrefix = "docker-credential-"

// helperNotFound is what a helper says, and exits with an error, where it has no login.
const helperNotFound = "credentials not found in native keychain"

// tokenUser is the user name by which a helper says that the secret is an identity token.
const tokenUser = "<token>"

var helperName = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)
})

// ErrHelper is what a HelperError Is.
var ErrHelper = errors.New("the credential helper failed")

// HelperError is a credential helper that gave no answer. Then no login is sent, and no
// request is made without one either: who set a helper does not want to be a stranger.
type HelperError struct {
	// Helper is its name in docker's configuration, Key the server it was asked about.
	Helper, Key string
	// Why is one clause. It quotes what the helper complained of, if that is safe.
	Why string
}

func (e *HelperError) Error() string {
	return fmt.Sprintf("the credential helper %q gave no login for %q: %s", e.Helper, e.Key, e.Why)
}

// Is makes errors.Is(err, ErrHelper) true.
func (e *HelperError) Is(target error) bool { return target == ErrHelper }

// ask runs the helper and gives the login that it has for key, which is empty if it has
// none. The protocol is docker's: the one argument "get", the key on standard input, the
// answer as JSON on standard output. Standard error is caught, never passed on.
func (h Helpers) ask(ctx context.Context, name, key string) (auth.Credential, error) {
	fail := func(format string, args ...any) (auth.Credential, error) {
		return auth.EmptyCredential, &HelperError{Helper: name, Key: key, Why: fmt.Sprintf(format, args...)}
	}
	switch {
	case !helperName().MatchString(name):
		return fail("that is no name of a program")
	case strings.ContainsFunc(key, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }):
		return fail("the server's name has a control character or a space")
	case h.Find == nil:
		return fail("helpers are not run here")
	}
	program, err := h.Find(helperPrefix + name)
	if err != nil {
		return fail("the program %q is not in PATH", helperPrefix+name)
	}
	out, errout, err := h.run(ctx, program, key)
	switch {
	case ctx.Err() != nil:
		return auth.EmptyCredential, ctx.Err()
	case errors.Is(err, context.DeadlineExceeded):
		return fail("it did not answer within %s", h.timeout())
	case err != nil && strings.TrimSpace(string(out.kept)) == helperNotFound:
		return auth.EmptyCredential, nil
	case err != nil:
		return fail("%v%s", err, complaint(out, errout))
	case out.over:
		return fail("its answer is larger than %d bytes", maxHelperAnswer)
	}
	login, err := parseHelperAnswer(out.kept)
	clear(out.kept)
	if err != nil {
		return fail("%v", err)
	}
	return login, nil
}

func (h Helpers) timeout() time.Duration {
	if h.Timeout > 0 {
		return h.Timeout
	}
	return DefaultHelperTimeout
}

func (h Helpers) run(ctx context.Context, program, key string) (out, errout *bounded, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, h.timeout(), context.DeadlineExceeded)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, "get")
	out, errout = &bounded{max: maxHelperAnswer}, &bounded{max: maxHelperAnswer}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(key), out, errout
	cmd.Env = append([]string{}, h.Env...) // nil would hand down our own
	// Something that the helper started may hold the pipes open after its end.
	cmd.WaitDelay = time.Second
	detach(cmd)
	err = cmd.Run()
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return out, errout, err
}

// parseHelperAnswer reads {"ServerURL","Username","Secret"}. Its errors quote nothing.
func parseHelperAnswer(answer []byte) (auth.Credential, error) {
	var login struct{ ServerURL, Username, Secret string }
	dec := json.NewDecoder(bytes.NewReader(answer))
	if dec.Decode(&login) != nil || dec.More() {
		return auth.EmptyCredential, errors.New("its answer is not the JSON that docker's protocol wants")
	}
	switch {
	case strings.ContainsFunc(login.Username, unicode.IsControl):
		return auth.EmptyCredential, errors.New("its user name has a control character")
	case login.Secret == "":
		return auth.EmptyCredential, nil
	case login.Username == tokenUser:
		return auth.Credential{RefreshToken: login.Secret}, nil
	case login.Username == "":
		return auth.EmptyCredential, errors.New("its answer has a secret and no user name")
	}
	return auth.Credential{Username: login.Username, Password: login.Secret}, nil
}

// complaint is what a helper that failed says of it, cut short and without what may be
// secret: docker's helpers complain on standard output, others on standard error.
func complaint(out, errout *bounded) string {
	text := strings.TrimSpace(string(out.kept))
	if text == "" {
		text = strings.TrimSpace(string(errout.kept))
	}
	switch {
	case text == "":
		return ""
	case strings.ContainsAny(text, "{}"):
		return "; what it said is not shown, since it may hold a secret"
	}
	line, _, _ := strings.Cut(text, "\n")
	line = secretLike().ReplaceAllString(line, "[not shown]")
	if len(line) > maxHelperComplaint {
		line = line[:maxHelperComplaint] + "..."
	}
	return fmt.Sprintf("; it says %q", line)
}

// secretLike are the words of a complaint that may be secret: what follows a name for a
// secret, the user of a URL, and long runs without a space or slash.
var secretLike = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)\b(?:password|passwd|token|bearer|basic|key)\s*[=:]?\s+\S+|\b(?:password|passwd|secret|token|key)[=:]\S+|//[^/@\s]+@|[A-Za-z0-9+=_.-]{24,}`)
})

// bounded keeps the beginning of what is written to it.
type bounded struct {
	max  int
	kept []byte
	over bool
}

func (b *bounded) Write(p []byte) (int, error) {
	n := min(len(p), b.max-len(b.kept))
	b.kept = append(b.kept, p[:n]...)
	b.over = b.over || n < len(p)
	return len(p), nil
}
