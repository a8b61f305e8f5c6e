package backup

import (
	"regexp"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// LooksSecret reports whether text holds a secret key or the beginning of one, however it
// was pasted: in small letters, with blanks or line ends in it, with a byte order mark, or
// as the bytes of UTF-16. A path that only names a secret key is none.
func LooksSecret(text string) bool {
	if strings.Contains(text, "-----BEGIN") {
		return true
	}
	squeezed := strings.Map(squeeze, text)
	for _, sign := range []string{"SECRETKEY1", "SECRETKEYPQ1", "BEGINOPENSSHPRIVATE", "PRIVATEKEYB3BLBNNZ", opensshMagic} {
		if strings.Contains(squeezed, sign) {
			return true
		}
	}
	if pluginIdentity().MatchString(squeezed) {
		return true
	}
	for word := range strings.FieldsSeq(strings.Map(dropBlind, text)) {
		if bareDigits(word) {
			return true
		}
	}
	return false
}

// opensshMagic is how base64 writes the first bytes of every OpenSSH private key, in capitals.
const opensshMagic = "B3BLBNNZAC1RZXKTDJE"

var pluginIdentity = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`AGEPLUGIN[A-Z0-9+._]+1`) })

// squeeze drops what does not belong to a key's text, and makes the rest capital.
func squeeze(r rune) rune {
	if r == '-' || unicode.IsSpace(r) {
		return -1
	}
	return unicode.ToUpper(dropBlind(r))
}

// dropBlind drops what is not seen: the zeros of UTF-16, its marks, and zero-width runes.
func dropBlind(r rune) rune {
	if r == 0 || r == utf8.RuneError || unicode.Is(unicode.Cf, r) {
		return -1
	}
	return r
}

// digitsOfSecret is how many Bech32 digits an age secret key has behind its prefix.
const digitsOfSecret = 58

// bareDigits reports whether word is a secret key whose prefix was not copied.
func bareDigits(word string) bool {
	const bech32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
	if len(word) < digitsOfSecret-6 || len(word) > digitsOfSecret+1 {
		return false
	}
	return strings.Trim(word, bech32) == "" || strings.Trim(word, strings.ToUpper(bech32)) == ""
}

// HideSecrets is text with every age secret key in it replaced by words. It is the last
// door before a person sees an error; nothing relies on it.
func HideSecrets(text string) string {
	return secretText().ReplaceAllString(text, "[a secret key, not shown]")
}

var secretText = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)AGE-SECRET-KEY-[0-9A-Z-]*|AGE-PLUGIN-[0-9A-Z+._-]*-1[0-9A-Z]*`)
})
