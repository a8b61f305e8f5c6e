package ui

import (
	"context"
	"crypto/x509"
	"errors"
	"io/fs"
	"net"
	"syscall"

	"keyrite/backup"
	"keyrite/keyring"
	"keyrite/keyring/keychain"
	"keyrite/trustdata"
	"keyrite/trustdata/access"
	"keyrite/trustdata/notation"
	"keyrite/trustdata/registry"
	"keyrite/trustdata/remote"
	"keyrite/trustdata/rotation"
	"keyrite/trustdata/state"
)

// hint is what an error that Is something means and asks for.
type hint struct {
	is        error
	means, do string
}

// hints come in the order of how much they say: the first that fits is taken.
var hints = []hint{
	{keyring.ErrPassphrase, "The key was not opened. Nothing has changed.",
		"Try another passphrase. If you are sure of it, the file is damaged: restore it from a backup."},
	{backup.ErrDamaged, "Nothing of it was used.", "Take another copy of it, and find out what happened to this one."},
	{backup.ErrIdentity, "The file may be sound. Nothing was written.", "Give the identity of one of its recipients, or the backup's own passphrase."},
	{backup.ErrDiffers, "Nothing was restored.", "Restore into an empty folder and compare, or replace it (--replace): the old file is kept in the trash."},
	{backup.ErrNewer, "Nothing of it was used.", "Use the newer keyrite."},
	{backup.ErrChanged, "Nothing was written.", "Begin again: the plan is made anew."},
	{keyring.ErrMismatch, "The file was renamed, or its content was replaced. It was not used.",
		"Find out who changed it. The right key is in your last backup."},
	{keyring.ErrDamaged, "No passphrase can open this file. It was not used.", "Restore it from a backup."},
	{keyring.ErrReadOnly, "Nothing has changed.", "Start keyrite without --read-only to change something."},
	{keychain.ErrNoService, "Passphrases can always be typed, or come from files and variables.", "Log in to a desktop session whose keychain runs, as yourself and not through sudo, or do without."},
	{keychain.ErrLocked, "Passphrases can always be typed, or come from files and variables.", "Unlock the keychain and try again; --no-keychain does without it."},
	{keychain.ErrDenied, "Nothing was stored or removed.", "Try again, and allow it where the keychain asks."},
	{keychain.ErrHung, "Nothing was stored or removed.", "Look whether the keychain asks for something on another screen; --keychain-timeout gives it more time, --no-keychain does without it."},
	{keychain.ErrForeign, "It was not used.", "keyrite keys forget removes it; keyrite keys remember stores it anew."},
	{rotation.ErrSeenBefore, "Nothing has changed.", "Ask who runs the server why. If it was reset on purpose: keyrite help lost-root, then keyrite init --anew."},
	{rotation.ErrEnded, "Nothing has changed. Nobody can sign this repository any more, whoever holds its keys.", "Found it anew: keyrite help lost-root says what that takes, and who notices."},
	{rotation.ErrMoved, "Nothing has changed.", "Begin again: the plan is made anew from what is there now."},
	{rotation.ErrConflict, "Nothing of your change has landed. Your keys are where they were.", "Begin again: the plan is made anew from what is there now."},
	{rotation.ErrRefused, "The server kept its old copy. Your keys are where they were.", "See what the server says; often a right is missing."},
	{rotation.ErrUnsent, "The server was not reached. Your keys are where they were.", "Try again once it answers."},
	{rotation.ErrUnfinished, "Nothing has changed. Old and new key are both kept.", "keyrite rotations lists what is unfinished; rotate --resume ID goes on, --abandon ID gives it up."},
	{rotation.ErrUnknown, "Old and new key are both kept until it is known.", "Delete no key. As soon as the server answers: keyrite rotations lists the change, rotate --resume ID goes on with it."},
	{access.ErrHelper, "It was asked for a login because the server wants one. No request was made without it.", "Run the helper by hand, or log in again (docker login); keyrite doctor shows what is asked for what."},
	{access.ErrRealm, "The server sends everybody there for a token, and a wrong one would collect passwords.", "If the address is right, run keyrite doctor on a terminal and confirm it, or write it as realms = [...] into config.toml."},
	{access.ErrCleartext, "Anybody on the way could have read the login, so it was not sent.", "Use an https server."},
	{access.ErrOtherServer, "It may be another machine behind the same name, or somebody in between. Nothing was sent.", "Read the repository again. If this comes again, ask who runs the server."},
	{access.ErrToken, "The server sends everybody there for a token.", "Ask who runs the server; keyrite doctor shows what was asked."},
	{access.ErrUnauthorized, "A server answers so also when a repository does not exist, so the login may be fine.", "See whether the name is right, whether you are logged in (docker login), and whether you may do this."},
	{access.ErrNotFound, "The server has no such thing. Nothing has changed.", "See whether the name is right. A repository that was never signed has no trust data."},
	{access.ErrConflict, "Somebody else published first. Nothing of yours has landed.", "Begin again: the plan is made anew from what is there now."},
	{access.ErrTruncated, "What came was not used.", "Try again. If it stays, ask who runs the server, or the proxy before it."},
	{access.ErrTooLarge, "What came was not used.", "Ask who runs the server: no honest answer is as large."},
	{remote.ErrNotCached, "This machine has not read it before, and was told to ask nobody.", "Try again without --offline."},
	{remote.ErrNotTrustServer, "It may be a registry, a web page or a proxy. What came was not used.", "See whether the address is that of a trust server; --server sets it."},
	{registry.ErrNotRegistry, "What came was not used.", "See whether the address is that of a registry; --registry sets it."},
	{notation.ErrPolicy, "Without one there is no verdict on a Notation signature. Nothing has changed.", "Write one where notation looks (keyrite notation policy shows what is read), or name another place: --notation-config, --ratify."},
	{state.ErrLocked, "Two changes at once could lose a key, so only one program may write.", "Close the other keyrite, or go on looking: that is always possible."},
	{state.ErrBroken, "Records before the break are whole; the rest cannot be believed. Nothing was written.", "Keep the file as it is, and find out who changed it."},
	{state.ErrNewer, "This keyrite does not know all that the file says, so it does not touch it.", "Use the newer keyrite."},
	{syscall.ENOSPC, "What was being written is not there; everything else is as it was.", "Make room on the disk and try again."},
	{syscall.EROFS, "Nothing has changed.", "Make the disk writable, or name a folder on another one."},
	{fs.ErrPermission, "Nothing has changed.", "Look at the owner and the mode of the file or folder."},
	{fs.ErrExist, "What is there was left alone.", "Choose another name, or look at what is there first."},
	{fs.ErrNotExist, "Nothing has changed.", "See whether the name is right, and whether the medium is mounted."},
	{access.ErrSilent, "The server is overloaded, or something on the way swallows what is sent.", "Try again; --timeout gives the server more time."},
	{context.DeadlineExceeded, "It is not known how the server stands. Nothing here has changed.", "Try again, and allow it more time (--deadline)."},
	{context.Canceled, "You stopped it. What came before that is shown.", "Start again when you like."},
}

// verifyHints say what a refusal of metadata means, by its reason.
var verifyHints = map[trustdata.Reason]hint{
	trustdata.ReasonRollback:    {means: "This machine has seen a newer version. An old copy restored by mistake looks like this. So does an attack. Nothing was stored.", do: "Do not sign or pull. Ask who runs the server."},
	trustdata.ReasonChain:       {means: "The root on the server does not follow from the one this machine knows. Nothing was stored.", do: "Do not sign or pull. Ask whoever holds the root key whether it was replaced."},
	trustdata.ReasonExpired:     {means: "Every client that checks signatures refuses this repository.", do: "Whoever holds its keys can sign it again: keyrite repair GUN."},
	trustdata.ReasonSignature:   {means: "It is not signed by enough of the keys that it must be signed by. Nothing was stored.", do: "Do not pull. Ask who published it last."},
	trustdata.ReasonChecksum:    {means: "The file is not the one that was signed: changed on its way, or by the server. Nothing was stored.", do: "Read it again. If it stays, ask who runs the server."},
	trustdata.ReasonCertificate: {means: "The root key's certificate does not hold. Nothing was stored.", do: "Whoever holds the root key must renew its certificate."},
	trustdata.ReasonPin:         {means: "The settings of this machine allow only another root. Nothing was stored.", do: "If the root key was replaced on purpose, write its certificate's ID into [pins] of config.toml (keyrite config path). Else do not pull."},
	trustdata.ReasonFormat:      {means: "It is not metadata that keyrite or any client can use. Nothing was stored.", do: "See whether the address is that of a trust server."},
	trustdata.ReasonMissing:     {means: "The server names a file that it does not give out.", do: "Read it again. If it stays, ask who runs the server."},
}

// keptRefusing is what the alarm means; that nothing was stored is in its sentence.
const keptRefusing = "Nothing of what the server gives out is used. keyrite goes on with what it knew before, and refuses this until the server is in order."

// bothCopies is what can be done besides where the copies are at hand.
const bothCopies = " Show them both copies (e on the repository's screen; keyrite inspect GUN --export-conflict DIR)."

// landed comes before every other hint: whatever went wrong did so after the change, and
// the others say that nothing has changed.
var landed = hint{rotation.ErrLanded, "The server has the change. No key is lost; what could not be done or verified after it is in the sentence above.",
	"Look at the repository again (keyrite inspect) before anything else. Keep old and new keys."}

// outdated comes before what a refusal of metadata means: it is the file of a ceremony that is
// old, and no server.
var outdated = hint{rotation.ErrOutdated, "The repository has changed since the file was prepared, or somebody shows you an old one. Nothing was signed.",
	"Sign nothing of it, and have it prepared anew (keyrite ceremony prepare). If that is no newer, ask who runs the server."}

func hintFor(err error) hint {
	if errors.Is(err, landed.is) {
		return landed
	}
	if errors.Is(err, outdated.is) {
		return outdated
	}
	var refused *trustdata.VerifyError
	if errors.As(err, &refused) && !errors.Is(err, rotation.ErrEnded) {
		h := verifyHints[refused.Reason]
		if conflict := new(remote.Conflict); errors.As(err, &conflict) {
			h.means = keptRefusing
			h.do += bothCopies
		}
		return h
	}
	for _, h := range hints {
		if errors.Is(err, h.is) {
			return h
		}
	}
	var missing *rotation.MissingKeyError
	if errors.As(err, &missing) {
		h := hint{means: "Nothing has changed.", do: "Restore the key from a backup, or do this on the machine that has it."}
		if missing.Role == trustdata.RoleRoot {
			h.do = "Restore the key from a backup, or do this on the machine that has it (keyrite ceremony, where that one is never online). If it is gone for good: keyrite help lost-root."
		}
		return h
	}
	var unknownCA x509.UnknownAuthorityError
	if errors.As(err, &unknownCA) {
		return hint{means: "This machine does not know who signed the server's certificate, so nothing was sent.",
			do: "Put the CA file into ~/.docker/tls/<host>/ca.crt, or give it with --tls-ca."}
	}
	var dial net.Error
	if errors.As(err, &dial) && !isErrno(dial) {
		return hint{means: "The server was not reached. What is shown is what was known before.",
			do: "Try again; --offline shows what this machine remembers."}
	}
	return hint{}
}

// isErrno reports whether a net.Error is the bare number of a system call's error, which
// has a net.Error's methods although it may come from a file.
func isErrno(err net.Error) bool {
	_, is := err.(syscall.Errno)
	return is
}

// Hint is what can be done about an error, in one sentence, or "" where nothing better is
// known than to try again.
func Hint(err error) string { return hintFor(err).do }
