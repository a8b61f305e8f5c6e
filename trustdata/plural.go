package trustdata

import "strconv"

// Plural is "1 key", "2 keys".
func Plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}
