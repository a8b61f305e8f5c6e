package ui

import (
	"context"
	"crypto/x509"
	"errors"
	"io/fs"
	"net"
	"strings"
	"syscall"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/state"
)

// Trouble is an error as people are told of it.
type Trouble struct {
	What   string // what happened, with the name of the thing
	Means  string // the state of keys and server
	Do     string // what can be done about it
	Detail string // everything, to copy
}

// hint is what an error that Is something means and asks for.
type hint struct {
	is        error
	means, do string
}

// hints come in the order of how much they say: the first that fits is taken.
var hints = []hint{
	{keyring.ErrPassphrase, "The key was not opened. Nothing has changed.",
		"Try another passphrase. If you are sure of it, the file is damaged: restore it from a backup."},
	{keyring.ErrMismatch, "The file was renamed, or its content was replaced. It was not used.",
		"Find out who changed it. The right key is in your last backup."},
	{keyring.ErrDamaged, "No passphrase can open this file. It was not used.", "Restore it from a backup."},
	{keyring.ErrReadOnly, "Nothing has changed.", "Start keyrite without --read-only to change something."},
	{state.ErrLocked, "Two changes at once could lose a key, so only one program may write.", "Close the other keyrite, or go on looking: that is always possible."},
	{state.ErrBroken, "Records before the break are whole; the rest cannot be believed. Nothing was written.", "Keep the file as it is, and find out who changed it."},
	{state.ErrNewer, "This keyrite does not know all that the file says, so it does not touch it.", "Use the newer keyrite."},
	{syscall.ENOSPC, "What was being written is not there; everything else is as it was.", "Make room on the disk and try again."},
	{fs.ErrPermission, "Nothing has changed.", "Look at the owner and the mode of the file or folder."},
	{fs.ErrExist, "What is there was left alone.", "Choose another name, or look at what is there first."},
	{fs.ErrNotExist, "Nothing has changed.", "See whether the name is right, and whether the medium is mounted."},
	{context.DeadlineExceeded, "It is not known how the server stands. Nothing here has changed.", "Press r to try again; --timeout gives the server more time."},
	{context.Canceled, "You stopped it. What came before that is shown.", "Press r to start again."},
}

// verifyHints say what a refusal of metadata means, by its reason.
var verifyHints = map[trustdata.Reason]hint{
	trustdata.ReasonRollback:    {means: "This machine has seen a newer version. An old copy restored by mistake looks like this. So does an attack. Nothing was stored.", do: "Do not sign or pull. Ask who runs the server."},
	trustdata.ReasonChain:       {means: "The root on the server does not follow from the one this machine knows. Nothing was stored.", do: "Do not sign or pull. Ask whoever holds the root key whether it was replaced."},
	trustdata.ReasonExpired:     {means: "Every client that checks signatures refuses this repository.", do: "Whoever holds its keys must sign it again."},
	trustdata.ReasonSignature:   {means: "It is not signed by enough of the keys that it must be signed by. Nothing was stored.", do: "Do not pull. Ask who published it last."},
	trustdata.ReasonChecksum:    {means: "The file is not the one that was signed: changed on its way, or by the server. Nothing was stored.", do: "Press r to read it again. If it stays, ask who runs the server."},
	trustdata.ReasonCertificate: {means: "The root key's certificate does not hold. Nothing was stored.", do: "Whoever holds the root key must renew its certificate."},
	trustdata.ReasonFormat:      {means: "It is not metadata that keyrite or any client can use. Nothing was stored.", do: "See whether the address is that of a trust server."},
	trustdata.ReasonMissing:     {means: "The server names a file that it does not give out.", do: "Press r to read it again. If it stays, ask who runs the server."},
}

// Explain turns an error into its four parts.
func Explain(err error) Trouble {
	t := Trouble{Detail: trustdata.VisibleError(err)}
	t.What = sentence(capital(t.Detail))
	h := hintFor(err)
	t.Means, t.Do = h.means, h.do
	return t
}

func hintFor(err error) hint {
	var refused *trustdata.VerifyError
	if errors.As(err, &refused) {
		return verifyHints[refused.Reason]
	}
	for _, h := range hints {
		if errors.Is(err, h.is) {
			return h
		}
	}
	var unknownCA x509.UnknownAuthorityError
	if errors.As(err, &unknownCA) {
		return hint{means: "This machine does not know who signed the server's certificate, so nothing was sent.",
			do: "Put the CA file into ~/.docker/tls/<host>/ca.crt, or give it with --tls-ca."}
	}
	var dial net.Error
	if errors.As(err, &dial) {
		return hint{means: "The server was not reached. What is shown is what was known before.",
			do: "Press r to try again; --offline shows what this machine remembers."}
	}
	return hint{means: "Nothing has changed that is not shown.", do: "Press r to try again."}
}

// capital makes a lower-case error the start of a sentence.
func capital(s string) string {
	if s == "" || strings.HasPrefix(s, "keyrite") {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// View draws the four parts, in at most height lines.
func (t Trouble) View(st *Styles, width, height int) []string {
	var out []string
	for i, p := range []struct{ label, text string }{
		{"What happened", t.What}, {"What it means", t.Means}, {"What you can do", t.Do}, {"Detail", t.Detail},
	} {
		if p.text == "" || i == 3 && strings.EqualFold(strings.TrimSuffix(t.What, "."), t.Detail) {
			continue
		}
		label := Fit(p.label, len("What you can do"), CutEnd) + "  "
		for j, line := range Wrap(Scrub(p.text), width-len(label)-2) {
			if j > 0 {
				label = strings.Repeat(" ", len(label))
			}
			if i == 0 {
				line = st.Error.Render(line)
			}
			out = append(out, " "+label+line)
		}
	}
	return out[:min(len(out), max(0, height))]
}

// Text is the trouble as it is copied.
func (t Trouble) Text() string {
	return "What happened: " + t.What + "\nWhat it means: " + t.Means + "\nWhat you can do: " + t.Do + "\nDetail: " + t.Detail + "\n"
}
