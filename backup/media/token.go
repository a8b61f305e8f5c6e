package media

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// TokenFile is the name of the file in a medium's top folder that says which medium it is.
// It fits into the eight and three letters of the oldest file systems.
const TokenFile = "MEDIUM.ID"

// Token is the 128 random bits by which a medium is known again, in lower-case hex. It is
// no secret: a copy of the medium has it too.
type Token string

// tokenMark begins the one line of a token file.
const tokenMark = "keyrite medium 1 "

const (
	tokenBytes   = 16
	maxTokenFile = 128
)

// ErrToken is what a token file Is that has another form than keyrite writes.
var ErrToken = errors.New("a file of this name that keyrite did not write")

// NewToken makes a token that no other medium has.
func NewToken() Token {
	b := make([]byte, tokenBytes)
	rand.Read(b) // never fails
	return Token(hex.EncodeToString(b))
}

// file is what the token file holds.
func (t Token) file() []byte { return []byte(tokenMark + string(t) + "\n") }

// ParseToken reads what a token file holds. An error Is ErrToken.
func ParseToken(b []byte) (Token, error) {
	line, ok := strings.CutPrefix(strings.TrimRight(string(b), "\r\n"), tokenMark)
	if !ok || len(b) > maxTokenFile || !isToken(line) {
		return "", ErrToken
	}
	return Token(line), nil
}

func isToken(s string) bool {
	raw, err := hex.DecodeString(s)
	return err == nil && len(raw) == tokenBytes && s == strings.ToLower(s)
}

// tokenProblem is the sentence of an error of reading dir's token file. No file is none.
func tokenProblem(dir string, err error) error {
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return fmt.Errorf("%s in %q: %w", TokenFile, dir, err)
}
