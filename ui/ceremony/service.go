package ceremony

import (
	"context"

	"keyrite/backup"
	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/trustdata/rotation/ceremony"
	"keyrite/ui"
)

// Service is what the screens of a ceremony need of the layers below.
type Service interface {
	// Read reads a file of a ceremony, verifies what is in it, and says what this machine
	// has to do with it. It asks no server.
	Read(ctx context.Context, file string) (*Brought, error)
	// Waiting is the file of a ceremony that was prepared here and waits.
	Waiting(ctx context.Context, id string) (*ceremony.Bundle, error)
	// Preparing, Signing and Publishing begin a part of one. Each value is one run of it.
	Preparing([]rotation.CeremonyRequest) Preparing
	Signing(*ceremony.Bundle) Signing
	Publishing(*ceremony.Bundle) Publishing
}

// Brought is a file that was brought here.
type Brought struct {
	File   string
	Bundle *ceremony.Bundle
	// Problems say what in it does not verify.
	Problems []string
	// Here says that this machine prepared the ceremony, Ended how that came to its end; ""
	// while it waits.
	Here  bool
	Ended string
	// Root says that a root key which its roots list lies on this machine.
	Root bool
}

// Preparing is the first part of a ceremony, on a machine that is online.
type Preparing interface {
	Plan(context.Context) (*rotation.CeremonyPlan, error)
	// Prepare makes the new keys and the file, and leaves the ceremony waiting.
	Prepare(context.Context, *rotation.CeremonyPlan, keyring.Passphrase) (*ceremony.Bundle, error)
	// Write writes the file into a folder, reads it back, and gives its path.
	Write(ctx context.Context, b *ceremony.Bundle, folder string) (file string, err error)
}

// Signing is the second part, on the machine that has the root key. It asks no network.
type Signing interface {
	ui.KeyOpener
	// Plan verifies the file from the roots that this machine knows. Given are the SHA-256
	// of roots that somebody has named, by repository.
	Plan(ctx context.Context, given map[trustdata.GUN]string) (*rotation.SigningPlan, error)
	// Prepare begins it and makes the new root key, if there is to be one.
	Prepare(context.Context, *rotation.SigningPlan, rotation.Keys, keyring.Passphrase) (*rotation.Prepared, error)
	// BackUp writes all keys, the new one too, into a folder, and reads that back. prep is
	// nil where an earlier run has made the key.
	BackUp(ctx context.Context, prep *rotation.Prepared, folder string, recipients []string) (*backup.CreateResult, error)
	// Record notes the backup that was made, or why there is none.
	Record(ctx context.Context, prep *rotation.Prepared, made *backup.CreateResult, waived string) error
	// Sign signs, and writes the signed file and its record into a folder. A plan whose file
	// was signed before writes the same once more; prep is nil then. It always runs to its
	// end. Where the result has a Bundle beside an error, that is signed and kept here, and
	// is not where it was to go.
	Sign(ctx context.Context, p *rotation.SigningPlan, prep *rotation.Prepared, keys rotation.Keys, folder string, told func(step string)) (Written, error)
	// Abandon undoes what was prepared; what an earlier run has begun waits again. It is
	// called while the console waits, and must be quick.
	Abandon(context.Context, *rotation.Prepared) error
}

// Written is what a signing has written.
type Written struct {
	Bundle       *ceremony.Bundle
	File, Record string
	// Notes are what did not go as planned.
	Notes []string
}

// The steps that Signing.Sign tells of, in their order.
const (
	StepSign    = "sign"
	StepWrite   = "write"
	StepPromote = "promote"
)

// Publishing is the last part, on the machine that prepared it.
type Publishing interface {
	ui.KeyOpener
	Plan(context.Context) (*rotation.PublishingPlan, error)
	// Publish first settles what an earlier run has sent, then sends the rest. After ctx has
	// ended it finishes what is under way and begins nothing more.
	Publish(ctx context.Context, p *rotation.PublishingPlan, keys rotation.Keys, told func(trustdata.GUN, string)) ([]rotation.Outcome, error)
	// Standing is the operation as its journal has it now, with the SHA-256 that vouches for
	// the record of it.
	Standing(context.Context) (op *rotation.Operation, sum string, err error)
}
