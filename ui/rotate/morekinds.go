package rotate

import (
	"errors"
	"strconv"
	"strings"

	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/ui"
)

// The kinds that only one repository at a time has: those of its signers, and those that ask
// for a key or a number first.

// oneKinds are the kinds for one repository, whose delegations are known.
func oneKinds(delegations []trustdata.Role) []kind {
	var some []kind
	for _, role := range delegations {
		some = append(some, kind{name: "new key of " + ui.Name(string(role), ""), role: role,
			follows: "its tags are signed again in the same upload; the repository key lists the new key; the old one goes to the trash"})
	}
	all := append([]kind{kinds[0], given}, some...)
	last := len(kinds) - 1
	return append(append(all, kinds[1:last]...), oneMore, kinds[last])
}

// given lists a key that is on this machine already in the place of the repository key.
var given = kind{name: "repository key that is here", role: trustdata.RoleTargets, follows: "a key that you have imported (I on the keys), in the place of the old one",
	wants: &want{input: ui.Input{Title: "WHICH KEY BECOMES THE REPOSITORY KEY", Prompt: "Key ID:", Do: "next", Check: beginsAnID,
		Explain: "The beginning of its ID, seven digits or more, as the keys are listed. A file is imported first: I on the keys."},
		set: func(k *kind, typed string) { k.key = typed }}}

// leastDigits is how much of a key ID is typed at least: what lists show of it.
const leastDigits = 7

func beginsAnID(s string) error {
	if len(s) < leastDigits || strings.Trim(s, "0123456789abcdef") != "" {
		return errors.New("type seven or more of its digits: 0 to 9 and a to f, in small letters")
	}
	return nil
}

// oneMore lists a root key beside those that there are.
var oneMore = kind{name: "one root key more", role: trustdata.RoleRoot, part: rotation.AddOnly,
	follows: "beside those that there are; how many must sign is asked first; all keys are backed up before",
	wants: &want{input: ui.Input{Title: "HOW MANY ROOT KEYS MUST SIGN FROM THEN ON", Prompt: "Keys:", Do: "next", Check: isThreshold,
		Explain: "1 lets each of them sign alone. 2 wants two at every rotation, so that one that is stolen can do nothing alone; one that is lost leaves none to spare."},
		set: func(k *kind, typed string) { k.threshold, _ = strconv.Atoi(typed) }}}

func isThreshold(s string) error {
	if n, err := strconv.Atoi(s); err != nil || n < 1 {
		return errors.New("type a number from 1 up to the number of root keys")
	}
	return nil
}
