package backup

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"keyrite/backup/media"
)

// Leftovers says in one sentence what lies in a folder of a backup that was not written to
// its end, or is "".
func Leftovers(ctx context.Context, dir string, open media.Opener) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	folder, err := opener(open)(abs, false)
	if err != nil {
		return "", fmt.Errorf("folder of backups: %w", err)
	}
	parts, err := media.Parts(folder)
	if err = errors.Join(err, ctx.Err(), folder.Close()); err != nil {
		return "", fmt.Errorf("folder of backups: %w", err)
	}
	return unfinished(parts), nil
}

func unfinished(parts []string) string {
	const rest = "of a backup that was broken off, or that is being written now, and no backup: the next one that is written here clears what nobody writes"
	switch len(parts) {
	case 0:
		return ""
	case 1:
		return fmt.Sprintf("%q is left %s", parts[0], rest)
	}
	return fmt.Sprintf("%q and %d more are left %s", parts[0], len(parts)-1, rest)
}

// beginIn claims the folder that is written to, and says what was cleared there, or what is
// left because somebody else writes there.
func beginIn(dir media.Folder) ([]string, error) {
	cleared, err := dir.Claim()
	if err != nil {
		return nil, err
	}
	if n := len(cleared); n > 0 {
		return []string{fmt.Sprintf("%q and what else a backup that was broken off had left here was cleared: %d files", cleared[0], n)}, nil
	}
	parts, err := media.Parts(dir)
	if said := unfinished(parts); said != "" {
		return []string{said}, err
	}
	return nil, err
}
