package backup

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"filippo.io/age"
	"filippo.io/age/armor"
)

const (
	ageIntro   = "age-encryption.org/v1"
	armorIntro = armor.Header
	// maxHeader bounds what is read before the first byte is decrypted: fifty
	// post-quantum recipients need a tenth of it.
	maxHeader = 1 << 20
	// maxBlank is the white space that age's command passes over before an armored file.
	maxBlank = 1024
	// maxArmorLine bounds a line of an armored file, which has 64 characters; package armor
	// reads it whole, however long it is.
	maxArmorLine = 4 << 10
)

// decrypt opens the age layer, armored or not, exactly as age's command does. The errors
// of a file that age was not given as it was written say what happened to it.
func decrypt(ctx context.Context, src io.Reader, ids []Identity) (io.Reader, error) {
	buf, err := unarmored(src)
	if err != nil {
		return nil, err
	}
	if len(ids) == 0 {
		return nil, fmt.Errorf("%w: no identity and no passphrase is given", ErrIdentity)
	}
	var keys []age.Identity
	for _, id := range ids {
		keys = append(keys, id.until(ctx))
	}
	guard := &headerGuard{r: buf, left: maxHeader}
	plain, err := age.Decrypt(guard, keys...)
	guard.open = true
	var noMatch *age.NoIdentityMatchError
	switch {
	case errors.As(err, &noMatch):
		return nil, refusedBy(noMatch, len(ids))
	case err != nil:
		return nil, classify(fmt.Errorf("it does not decrypt: %w", err))
	}
	return plain, nil
}

// unarmored is the age file in src, which may be wrapped in text.
func unarmored(src io.Reader) (io.Reader, error) {
	buf := bufio.NewReader(src)
	start, err := buf.Peek(maxBlank + len(armorIntro))
	text := string(start)
	switch {
	case strings.HasPrefix(string(bytes.TrimSpace(start)), armorIntro):
		return armor.NewReader(&lineGuard{r: buf}), nil
	case strings.HasPrefix(text, ageIntro+"\r"):
		return nil, damage("its line ends were changed as if it were text: copy it again, byte for byte")
	case strings.HasPrefix(text, ageIntro):
		return buf, nil
	case strings.HasPrefix(text, "\xff\xfe"), strings.HasPrefix(text, "\ufeff"):
		return nil, damage("it was saved as text, with a byte order mark: copy it again, byte for byte")
	case len(text) == 0 && err != nil && err != io.EOF:
		return nil, err
	case len(text) == 0:
		return nil, damage("it is empty")
	case strings.Contains(text, armorIntro):
		return nil, damage("there is text before the armored backup: take away what is before %q", armorIntro)
	}
	return nil, damage("it begins neither as an age file nor as an armored one does")
}

func refusedBy(e *age.NoIdentityMatchError, given int) error {
	kinds := strings.Join(e.StanzaTypes, ", ")
	if kinds == "scrypt" {
		return fmt.Errorf("%w: it was closed with a passphrase, and not with the one given", ErrIdentity)
	}
	return fmt.Errorf("%w: it is for other recipients (%q), and none of the %d identities given is one of them", ErrIdentity, shorten(kinds), given)
}

// headerGuard ends the reading of a header that goes on and on.
type headerGuard struct {
	r    io.Reader
	left int
	open bool
}

func (g *headerGuard) Read(p []byte) (int, error) {
	if g.open {
		return g.r.Read(p)
	}
	if g.left <= 0 {
		return 0, fmt.Errorf("the header is larger than %d bytes", maxHeader)
	}
	n, err := g.r.Read(p[:min(len(p), g.left)])
	g.left -= n
	return n, err
}

// lineGuard ends the reading of a line that goes on and on.
type lineGuard struct {
	r    io.Reader
	long int
}

func (g *lineGuard) Read(p []byte) (int, error) {
	n, err := g.r.Read(p)
	for _, line := range bytes.SplitAfter(p[:n], []byte("\n")) {
		if g.long += len(line); g.long > maxArmorLine {
			return 0, fmt.Errorf("a line of the armored backup is longer than %d bytes", maxArmorLine)
		}
		if bytes.HasSuffix(line, []byte("\n")) {
			g.long = 0
		}
	}
	return n, err
}
