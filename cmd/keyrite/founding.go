package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strconv"

	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/ui"
	"keyrite/ui/change"
)

// maxCertificates bounds the file of --root-cert, in bytes.
const maxCertificates = 1 << 20

// initRequest turns the flags of init into what the repository is to be founded on.
func (c *cli) initRequest(ctx context.Context, s *session, gun trustdata.GUN, f initFlags) (rotation.InitRequest, error) {
	req := rotation.InitRequest{GUN: gun, MakeRoot: f.newRoot, Anew: f.anew}
	// docker's and notary's memory is theirs alone to change, and while it holds the old
	// root neither they nor keyrite take another.
	local, err := s.local(gun)
	if err != nil {
		return req, err
	}
	if f.anew && len(local) > 0 {
		return req, usagef("docker or notary on this machine still trust the old root of %q: move %q away first", gun, local[0].Path+"/"+string(gun))
	}
	if f.rootKey != "" {
		infos, err := s.keys.List(ctx)
		if err != nil {
			return req, err
		}
		info, err := pick(infos, f.rootKey)
		if err != nil {
			return req, err
		}
		req.Root = info.KeyID
	}
	if f.rootCert != "" {
		if req.Chain, err = readCertificates(f.rootCert); err != nil {
			return req, err
		}
	}
	return req, nil
}

func readCertificates(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("root certificate: %w", err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxCertificates+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("root certificate: %w", err)
	case len(text) > maxCertificates:
		return nil, fmt.Errorf("root certificate %q is larger than %d bytes", path, maxCertificates)
	case len(text) == 0:
		return nil, fmt.Errorf("root certificate %q is empty", path)
	}
	return text, nil
}

// chooseRoot asks which of several root keys a repository is to be founded on, and tells
// them apart by what each signs for already.
func (c *cli) chooseRoot(ctx context.Context, s *session, roots []trustdata.KeyID) (trustdata.KeyID, error) {
	uses, err := s.uses(ctx)
	if err != nil {
		return "", err
	}
	fmt.Fprintln(c.err, "Several root keys are on this machine. Which one is to be trusted?")
	for i, id := range roots {
		fmt.Fprintf(c.err, "  %d  %s  %s\n", i+1, id, signsFor(uses[id], trustdata.RoleRoot))
	}
	typed, err := c.ask(ctx, bufio.NewReader(c.in), fmt.Sprintf("Type its number, 1 to %d, or nothing to stop: ", len(roots)))
	if err != nil {
		return "", err
	}
	n, err := strconv.Atoi(typed)
	if err != nil || n < 1 || n > len(roots) {
		return "", fmt.Errorf("%q is none of the numbers; nothing has changed: %w", typed, errUnanswered)
	}
	return roots[n-1], nil
}

// showConsequences puts the page about a new root key before whoever is about to make one.
func (c *cli) showConsequences(gun trustdata.GUN) error {
	if !c.canPrompt() || c.flags.yes {
		return nil
	}
	return ui.WriteTable(c.err, change.NewRootPage(gun))
}
