package keyring

import (
	"bytes"
	"encoding/base64"
	"encoding/pem"
	"strings"
)

// The lines around an encrypted key, the one kind of block that clients write.
var (
	usualBegin = []byte("-----BEGIN " + typeEncrypted + "-----\n")
	usualEnd   = []byte("\n-----END " + typeEncrypted + "-----")
)

// usualBlock takes an encrypted key's PEM text apart, as pem.Decode does and in a fraction
// of its time, if it is one block of exactly the shape that docker and notary write. Of
// anything else it says nothing, not even that it is wrong.
func usualBlock(text []byte) (*pem.Block, bool) {
	rest, begins := bytes.CutPrefix(text, usualBegin)
	body, ends := bytes.CutSuffix(rest, usualEnd)
	if !begins || !ends || bytes.Contains(body, []byte("-----")) {
		return nil, false
	}
	block := &pem.Block{Type: typeEncrypted, Headers: map[string]string{}}
	if lines, after, ok := bytes.Cut(body, []byte("\n\n")); ok {
		if !usualHeaders(string(lines), block.Headers) {
			return nil, false
		}
		body = after
	}
	der := make([]byte, base64.StdEncoding.DecodedLen(len(body)))
	n, err := base64.StdEncoding.Decode(der, body) // which passes over line ends
	block.Bytes = der[:n]
	return block, err == nil && n > 0
}

func usualHeaders(lines string, into map[string]string) bool {
	for line := range strings.SplitSeq(lines, "\n") {
		name, value, ok := strings.Cut(line, ": ")
		if !ok || !word(name) || strings.Contains(name, ":") || !word(value) || into[name] != "" {
			return false
		}
		into[name] = value
	}
	return true
}

// word reports whether s has bytes, and none but visible ASCII.
func word(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return s != ""
}
