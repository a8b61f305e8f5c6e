package keychain

import (
	"encoding/base64"
	"fmt"
	"strings"
)

// maxPassphrase is how many bytes a passphrase may have. What it becomes, 1,392 bytes,
// fits in the keychains that hold least: 2,560 bytes on Windows, and on macOS a command of
// 4,096 bytes with the value in base64 once more.
const maxPassphrase = 1024

// mark begins every value, and says what the rest is.
const mark = "keyrite-passphrase-1:"

// encode makes a value that no keychain changes: neither empty nor with spaces at its
// ends, and in ASCII.
func encode(passphrase []byte) (string, error) {
	if len(passphrase) > maxPassphrase {
		return "", ErrTooBig
	}
	return mark + base64.StdEncoding.EncodeToString(passphrase), nil
}

func decode(value string) ([]byte, error) {
	text, ok := strings.CutPrefix(value, mark)
	if !ok {
		return nil, fmt.Errorf("%w: it does not begin with %q", ErrForeign, mark)
	}
	b, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || len(b) > maxPassphrase {
		return nil, fmt.Errorf("%w: it is damaged", ErrForeign) // the cause could quote the secret
	}
	return b, nil
}
