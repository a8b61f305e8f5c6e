package access

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

var (
	// ErrNotFound is an answer 404.
	ErrNotFound = errors.New("not found")
	// ErrUnauthorized is an answer 401 or 403, from the server or its token service.
	ErrUnauthorized = errors.New("not permitted")
	// ErrConflict is a publish that lost to another: the trust server's code VERSION.
	ErrConflict = errors.New("another version was published meanwhile")
	// ErrTruncated is a body that ended before its announced end.
	ErrTruncated = errors.New("the answer was cut short")
	// ErrNotCached is the answer where no server may be asked, for a repository, or a part of
	// one that it cannot do without, that this machine does not have.
	ErrNotCached = errors.New("is not in the cache of this machine")
	// ErrTooLarge is a body beyond the limit that holds for it.
	ErrTooLarge = errors.New("the answer is too large")
)

// maxErrorBody bounds how much of an error's body is read.
const maxErrorBody = 64 << 10

// StatusError is an answer other than the one that was asked for. Its text quotes what
// the server said; whoever shows it passes it through trustdata.VisibleError.
type StatusError struct {
	Status int
	// Codes are the codes of a Docker-style error body, in its order.
	Codes []string
	// Message is what the server said, its errors joined by "; ", and "" if it said
	// nothing that could be understood.
	Message string
	// URL is what was asked, without user or query.
	URL string
	// Challenge is how the server asks for a login, such as "Bearer"; "" if it does not.
	Challenge string
	// Location is where a redirect that was not followed points, without user or query.
	Location string
}

func (e *StatusError) Error() string {
	text := fmt.Sprintf("%q answered %d %s", e.URL, e.Status, http.StatusText(e.Status))
	if e.Location != "" {
		text += fmt.Sprintf(" to %q, which is not followed", e.Location)
	}
	if e.Message != "" {
		text += fmt.Sprintf(", and the server says %q", e.Message)
	}
	return text
}

// Is classifies the answer: ErrNotFound, ErrUnauthorized, ErrConflict.
func (e *StatusError) Is(target error) bool {
	switch target {
	case ErrNotFound:
		return e.Status == http.StatusNotFound
	case ErrUnauthorized:
		return e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden
	case ErrConflict:
		return e.Status == http.StatusBadRequest && len(e.Codes) == 1 && e.Codes[0] == "VERSION"
	}
	return false
}

// NewStatusError reads what the server says of itself from an answer, and closes it.
func NewStatusError(resp *http.Response) *StatusError {
	defer resp.Body.Close()
	e := &StatusError{Status: resp.StatusCode}
	if resp.Request != nil {
		e.URL = bare(resp.Request.URL)
	}
	e.Challenge, _, _ = strings.Cut(resp.Header.Get("Www-Authenticate"), " ")
	if to, err := resp.Location(); err == nil && resp.StatusCode/100 == 3 {
		e.Location = bare(to)
	}
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody))
	e.Codes, e.Message = parseErrors(body)
	return e
}

// parseErrors reads {"errors":[{"code","message","detail"}]}, the shape of registries
// and trust servers. A trust server's refusal of an upload says why only in its detail.
func parseErrors(body []byte) (codes []string, message string) {
	var parsed struct {
		Errors []struct {
			Code, Message string
			Detail        json.RawMessage
		}
	}
	if json.Unmarshal(body, &parsed) != nil {
		return nil, ""
	}
	var lines []string
	for _, e := range parsed.Errors {
		codes = append(codes, e.Code)
		line := e.Code
		if e.Message != "" {
			line += ": " + e.Message
		}
		if d := parseDetail(e.Detail); d != "" {
			line += ": " + d
		}
		lines = append(lines, line)
	}
	return codes, strings.Join(lines, "; ")
}

// parseDetail reads the detail of INVALID_UPDATE, or one that is plain text.
func parseDetail(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	var nested struct {
		Name, Missing string
		Error         struct{ Msg, Missing string }
	}
	if json.Unmarshal(raw, &nested) != nil {
		return ""
	}
	parts := []string{nested.Name, nested.Error.Msg}
	if missing := nested.Missing + nested.Error.Missing; missing != "" {
		parts = append(parts, "missing "+missing)
	}
	return strings.Trim(strings.Join(parts, ": "), ": ")
}

// bare is a URL without what may be secret in it.
func bare(u *url.URL) string {
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

// ReadBody reads an answer's body to its end and closes it. It reads no more than limit
// bytes: an announced length beyond it is refused unread, and so is a longer body.
func ReadBody(resp *http.Response, limit int64) ([]byte, error) {
	defer resp.Body.Close()
	host := resp.Request.URL.Host
	if resp.ContentLength > limit {
		return nil, fmt.Errorf("%q announced %d bytes where at most %d are expected: %w", host, resp.ContentLength, limit, ErrTooLarge)
	}
	body, err := readAll(io.LimitReader(resp.Body, limit+1), resp.ContentLength, limit)
	switch {
	case err != nil && (errors.Is(err, ErrSilent) || resp.Request.Context().Err() != nil):
		return nil, err
	case err != nil:
		return nil, fmt.Errorf("%q: %w: %w", host, ErrTruncated, err)
	case int64(len(body)) > limit:
		return nil, fmt.Errorf("%q sent more than the expected %d bytes: %w", host, limit, ErrTooLarge)
	}
	return body, nil
}

// large is from where on a body of unknown length gets room for the most that it may have:
// to grow takes twice as much, and what is not written to is not there.
const large = 1 << 20

// readAll reads to the end; a length that was announced makes room for it at once.
func readAll(from io.Reader, announced, limit int64) ([]byte, error) {
	if announced <= 0 {
		begin, err := io.ReadAll(io.LimitReader(from, large))
		if err != nil || len(begin) < large {
			return begin, err
		}
		from, announced = io.MultiReader(bytes.NewReader(begin), from), limit
	}
	var body bytes.Buffer
	body.Grow(int(announced) + bytes.MinRead)
	_, err := body.ReadFrom(from)
	return body.Bytes(), err
}
