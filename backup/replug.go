package backup

import (
	"context"

	"keyrite/backup/media"
)

// Moment is where the proof of a copy on a removable drive stands. Only in MomentOut and
// MomentAway may the drive be pulled, and in the two that are by hand once a person has
// unmounted it.
type Moment string

// The moments, in their order.
const (
	MomentUnmount Moment = "unmount"      // it is being unmounted
	MomentOut     Moment = "take it out"  // a person is to take it out
	MomentHand    Moment = "unmount it"   // a person is to unmount it and take it out: it is still mounted
	MomentBack    Moment = "put it back"  // and to put it back in
	MomentProve   Moment = "prove"        // it is read
	MomentSettle  Moment = "unmount last" // it is being unmounted for the last time
	MomentAway    Moment = "done"         // it may be taken out for good
	MomentStays   Moment = "done by hand" // it may be, once a person has unmounted it
)

// Replug has a person take the drive of a copy out and put it back, and proves the copy from
// it then. told hears each moment as it begins, and what a person should know: that the drive
// must be unmounted by hand, that another one was put in.
func (d Drives) Replug(ctx context.Context, made *CreateResult, ids []Identity, opt VerifyOptions, told func(Moment, string)) (*VerifyResult, error) {
	was := *made.Drive
	told(MomentUnmount, "")
	d.eject(ctx, was, told, MomentOut, MomentHand)
	if err := media.WaitOut(ctx, d.Options.Roots, was.Identity()); err != nil {
		return nil, err
	}
	told(MomentBack, "")
	now, err := media.WaitBack(ctx, d.Options, was.Identity(), func(other media.Drive, _ media.Likeness, why string) {
		told(MomentBack, other.Title()+": "+why)
	})
	if err != nil {
		return nil, err
	}
	told(MomentProve, "")
	v, err := d.Prove(ctx, made, now, ids, opt)
	told(MomentSettle, "")
	d.eject(context.WithoutCancel(ctx), now, told, MomentAway, MomentStays)
	return v, err
}

// eject unmounts a drive as far as the system lets us, and says what a person has to do: it
// is the moment free if the drive may be pulled, and else held.
func (d Drives) eject(ctx context.Context, drive media.Drive, told func(Moment, string), free, held Moment) {
	done, err := d.Ejector.Eject(ctx, drive)
	switch {
	case err != nil:
		told(held, err.Error())
	case !done.Unmounted:
		told(held, done.Note)
	default:
		told(free, done.Note)
	}
}

// Take raises what was written to what was proven of it later.
func (r *CreateResult) Take(v *VerifyResult) {
	r.State, r.Reading, r.Keys, r.Drilled, r.Medium = v.State, v.Reading, v.Keys, v.Drilled, v.Medium
}
