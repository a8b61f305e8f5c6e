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

// TokenOf is the token of the medium whose top folder f is, "" if it has none.
func TokenOf(f Folder) (Token, error) {
	if _, err := f.Lstat(TokenFile); errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	data, err := ReadFile(f, TokenFile, maxTokenFile+1)
	if err != nil {
		return "", tokenProblem(f.Path(), err)
	}
	t, err := ParseToken(data)
	return t, tokenProblem(f.Path(), err)
}

// MakeToken is TokenOf, and writes a new token where there is none. A file of this name
// that is no token's is an error that Is ErrToken, and stays.
func MakeToken(f Folder) (Token, error) {
	t, err := TokenOf(f)
	if t != "" || err != nil {
		return t, err
	}
	made := NewToken()
	if err := WriteFile(f, partToken(), TokenFile, made.file()); err != nil {
		return "", tokenProblem(f.Path(), err)
	}
	t, err = TokenOf(f)
	if (err == nil || errors.Is(err, ErrToken)) && t != made {
		err = fmt.Errorf("%s in %q was written, and reads otherwise: the medium does not keep what is written to it", TokenFile, f.Path())
	}
	return t, err
}

// partToken is a name of the token file until it is whole. One that was left by a run cut
// short is in nobody's way.
func partToken() string { return "MED" + rand.Text()[:5] + ".TMP" }

// tokenProblem is the sentence of an error of reading dir's token file. No file is none.
func tokenProblem(dir string, err error) error {
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return fmt.Errorf("%s in %q: %w", TokenFile, dir, err)
}
