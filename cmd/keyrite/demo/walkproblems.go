package demo

import (
	"context"
	"fmt"
	"io"
)

// Hands are what walking the problems needs of the program that this is the demo of.
type Hands struct {
	// Run carries out a command line of keyrite, prints its result or its error to where the
	// walk prints, and gives the exit code.
	Run func(args ...string) (code int)
	// CutOff begins to rotate the root key of the shops, is cut off in it, and gives the ID of
	// what is unfinished then.
	CutOff func(context.Context) (id string, err error)
}

// trial is one command that is run with a problem there or mended, with the exit code that it
// must have.
type trial struct {
	step
	code int
}

// WalkProblems breaks and mends one problem after the other, and shows in plain text how
// keyrite stands each. It fails where a command ends otherwise than it should.
func WalkProblems(ctx context.Context, out io.Writer, w *World, problems []Problem, h Hands) error {
	for _, p := range problems {
		if _, err := fmt.Fprintf(out, "\n## %s: %s.\n", p, p.Where()); err != nil {
			return err
		}
		id, err := "", error(nil)
		if p == KilledRotation {
			id, err = h.CutOff(ctx)
		} else {
			err = w.Break(ctx, p)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
		broken, mended := w.trials(p, id)
		if err := try(ctx, out, h, broken); err != nil {
			return err
		}
		if p != KilledRotation {
			if err := w.Mend(ctx, p); err != nil {
				return fmt.Errorf("%s: %w", p, err)
			}
		}
		if err := try(ctx, out, h, mended); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(out, "\nThose were the problems: each was seen, nothing was lost by it, and it was mended.\n")
	return err
}

func try(ctx context.Context, out io.Writer, h Hands, trials []trial) error {
	for _, t := range trials {
		if err := ctx.Err(); err != nil {
			return err
		}
		line := commandLine(t.args)
		if _, err := fmt.Fprintf(out, "\n# %s\n$ %s\n", t.why, line); err != nil {
			return err
		}
		code := h.Run(t.args...)
		if code != t.code {
			return fmt.Errorf("%s: exit code %d, want %d", line, code, t.code)
		}
		if code != 0 {
			if _, err := fmt.Fprintf(out, "(exit code %d)\n", code); err != nil {
				return err
			}
		}
	}
	return nil
}

// trials are what is run while a problem is there, and once it is mended. Unfinished is the
// rotation that was cut off.
func (w *World) trials(p Problem, unfinished string) (broken, mended []trial) {
	shown := func(code int, why string, args ...string) []trial { return []trial{{step{why, args}, code}} }
	backUp := func(stick string) []string {
		return []string{"backup", "create", "--to", w.stick(stick), "-r", w.Recipient, "-i", w.IdentityFile, "--yes"}
	}
	tampered, forged, older := string(gun(tamperedPath)), string(gun(forgedPath)), string(gun(olderPath))
	switch p {
	case TamperedTag:
		return shown(0, "What is signed, and what is served instead.", "tags", tampered, "--state", "moved"),
			shown(0, "The registry serves again what was signed.", "tags", tampered, "--state", "moved")
	case TamperedMetadata:
		return shown(3, "The signature is not for this file, so nothing of it is used.", "verify", forged+":2.4.2"),
			shown(0, "The file comes as it was signed.", "verify", forged+":2.4.2")
	case Rollback:
		return shown(3, "The server contradicts what this machine has seen. Both copies are kept as evidence.", "inspect", older, "--export-conflict", w.EvidenceDir),
			shown(0, "The server has the right files again.", "verify", older+":latest")
	case KilledRotation:
		return shown(0, "What was under way is known, with its new key.", "rotations"),
			shown(0, "It is finished where it stopped.", "rotate", "--resume", unfinished, "--yes",
				"--passphrase-file", "root="+w.PassphraseFiles["root"], "--passphrase-file", "root-new="+w.PassphraseFiles["root"], "--passphrase-file", "snapshot="+w.PassphraseFiles["snapshot"])
	case LyingStick:
		return shown(1, "The copy is read back from the stick, and does not count.", backUp(bargain)...),
			append(shown(0, "The other stick keeps what it is given.", backUp(honest)...), shown(0, "The backups that count.", "backup", "list")...)
	}
	return nil, nil
}
