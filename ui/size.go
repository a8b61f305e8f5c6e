package ui

import "fmt"

// Size is a number of bytes for people: "812 bytes", "61 KiB", "1.4 MiB".
func Size(n int64) string {
	const kib = 1 << 10
	switch {
	case n < kib:
		return Plural(int(n), "byte", "bytes")
	case n < kib*kib:
		return fmt.Sprintf("%d KiB", (n+kib-1)/kib)
	}
	return fmt.Sprintf("%.1f MiB", float64(n)/(kib*kib))
}
