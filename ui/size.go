package ui

import (
	"fmt"

	"keyrite/trustdata"
)

// Size is a number of bytes for people: "812 bytes", "61 KiB", "1.4 MiB", "28.6 GiB".
func Size(n int64) string {
	const kib = 1 << 10
	switch {
	case n < kib:
		return trustdata.Plural(int(n), "byte", "bytes")
	case n < kib*kib:
		return fmt.Sprintf("%d KiB", (n+kib-1)/kib)
	}
	if n < kib*kib*kib {
		return fmt.Sprintf("%.1f MiB", float64(n)/(kib*kib))
	}
	return fmt.Sprintf("%.1f GiB", float64(n)/(kib*kib*kib))
}
