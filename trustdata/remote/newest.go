package remote

import "errors"

// Plausible bounds the version that is asked for, or believed of a file that nobody has
// verified: with a higher one a server could make us use up all versions of a role.
const Plausible = 1 << 20

// Newest finds the highest version that ask gives, and its bytes; 0 and nil for none. It
// doubles until one is not there, and then halves the gap. Versions have no gaps, unless
// somebody made them; and a server that claims to have every version is asked a few dozen
// times, not a million.
func Newest(ask func(version int64) ([]byte, error)) (version int64, newest []byte, err error) {
	stored := func(n int64) (bool, error) {
		raw, err := ask(n)
		if errors.Is(err, ErrNotFound) {
			return false, nil
		}
		if err == nil {
			newest = raw
		}
		return err == nil, err
	}
	low, high := int64(0), int64(1)
	for ; high <= Plausible; low, high = high, high*2 {
		if ok, err := stored(high); err != nil {
			return 0, nil, err
		} else if !ok {
			break
		}
	}
	for high-low > 1 {
		middle := low + (high-low)/2
		ok, err := stored(middle)
		switch {
		case err != nil:
			return 0, nil, err
		case ok:
			low = middle
		default:
			high = middle
		}
	}
	return low, newest, nil
}
