package demo

import (
	"context"
	"fmt"
)

// Problem is something that goes wrong in the company while somebody looks.
type Problem string

// The problems. A killed rotation is one of keyrite itself, which World can neither break nor
// mend.
const (
	// TamperedTag is a registry that serves another image under a signed tag.
	TamperedTag Problem = "tampered-tag"
	// TamperedMetadata is a timestamp that somebody made to last longer on its way.
	TamperedMetadata Problem = "tampered-metadata"
	// Rollback is a trust server that gives out what it had before the last change.
	Rollback Problem = "rollback"
	// KilledRotation is a rotation that was cut off in its first upload.
	KilledRotation Problem = "killed-rotation"
	// LyingStick is a stick that forgets most of what is written to it.
	LyingStick Problem = "lying-stick"
)

// Problems are all of them, in the order in which they are walked.
func Problems() []Problem {
	return []Problem{TamperedTag, TamperedMetadata, Rollback, KilledRotation, LyingStick}
}

// Where the problems are.
const (
	tamperedPath = "pay/web"
	tamperedName = "latest"
	// tamperedBuild is the image that tamperedName was signed for.
	tamperedBuild = "2026.10.2"
	forgedPath    = "infra/proxy"
	olderPath     = "pay/api"
)

// Where says in a few words what a problem is about.
func (p Problem) Where() string {
	switch p {
	case TamperedTag:
		return "the registry serves another image as " + tamperedPath + ":" + tamperedName
	case TamperedMetadata:
		return "somebody changes the timestamp of " + forgedPath + " on its way"
	case Rollback:
		return "the trust server gives out what " + olderPath + " was before the last change"
	case KilledRotation:
		return "a new root key for shop is cut off in its first upload"
	case LyingStick:
		return "the stick " + bargain + " forgets what it is given"
	}
	return string(p)
}

// Brief is Where in fewer words, for a column.
func (p Problem) Brief() string {
	switch p {
	case TamperedTag:
		return "another image behind " + tamperedPath + ":" + tamperedName
	case TamperedMetadata:
		return "a changed timestamp of " + forgedPath
	case Rollback:
		return olderPath + " as it was before"
	case LyingStick:
		return bargain + " forgets what it is given"
	}
	return p.Where()
}

// Seen is the sentence that says where in the console a problem is seen.
func (p Problem) Seen() string {
	switch p {
	case TamperedTag:
		return "On 1, d compares tags."
	case TamperedMetadata, Rollback:
		return "1 says so."
	case LyingStick:
		return "On 4, b writes a copy to it and d drills one."
	}
	return "1 leads to it."
}

// Break lets a problem begin. One that is there already stays as it is.
func (w *World) Break(ctx context.Context, p Problem) error { return w.turn(ctx, p, true) }

// Mend ends a problem, if it is there.
func (w *World) Mend(ctx context.Context, p Problem) error { return w.turn(ctx, p, false) }

func (w *World) turn(ctx context.Context, p Problem, broken bool) error {
	switch p {
	case TamperedTag:
		return w.tamper(ctx, broken)
	case TamperedMetadata:
		w.trust.forge(gun(forgedPath), broken)
	case Rollback:
		w.trust.rollBack(gun(olderPath), broken)
	case LyingStick:
		w.lying.Store(broken)
	default:
		return fmt.Errorf("the company cannot have the problem %q", p)
	}
	return nil
}

// tamper points a signed tag at an image that nobody signed, or back at its own.
func (w *World) tamper(ctx context.Context, broken bool) error {
	label := tamperedPath + ":" + tamperedBuild
	if broken {
		label += " with something else in it"
	}
	img, err := w.images.index(ctx, tamperedPath, label) // equal labels are equal images
	if err != nil {
		return err
	}
	return w.images.tag(ctx, tamperedPath, tamperedName, img)
}
