package media

import (
	"errors"
	"fmt"
	"strings"
)

// Also is err with what went wrong after it, in one sentence. What would be said twice is
// left out: once a medium is lost every call fails alike.
func Also(err, after error) error {
	switch {
	case err == nil:
		return after
	case after == nil, errors.Is(err, after), strings.Contains(err.Error(), after.Error()):
		return err
	}
	return fmt.Errorf("%w; then: %w", err, after)
}
