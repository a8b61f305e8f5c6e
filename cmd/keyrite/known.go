package main

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/ui/repos"
)

// resolve turns what was typed into a GUN: as it is if it is known here or has a host,
// else docker's expansion, which a sentence on stderr shows. With --tuf it is the base of
// that repository.
func (s *session) resolve(ctx context.Context, typed string) (trustdata.GUN, error) {
	if s.cli.flags.tuf != "" {
		return trustdata.GUN(s.cli.tufBase()), nil
	}
	gun, err := trustdata.ParseGUN(typed)
	if err != nil {
		return "", usage(err)
	}
	known, err := s.known(ctx)
	if err != nil {
		return "", err
	}
	if slices.Contains(known, gun) {
		return gun, nil
	}
	expanded := trustdata.ExpandGUN(gun)
	if expanded != gun {
		fmt.Fprintf(s.cli.err, "keyrite: %s is %s\n", trustdata.Visible(string(gun)), trustdata.Visible(string(expanded)))
	}
	return expanded, nil
}

// known lists every GUN that this machine has heard of, sorted: from key files, from
// docker's and notary's cached metadata, and from what was read before. The repository
// that --tuf names comes first.
func (s *session) known(ctx context.Context) ([]trustdata.GUN, error) {
	infos, err := s.keys.List(ctx)
	if err != nil {
		return nil, err
	}
	return s.knownWith(ctx, infos)
}

// knownWith is known where the key files have been listed already.
func (s *session) knownWith(ctx context.Context, infos []keyring.Info) ([]trustdata.GUN, error) {
	h, err := s.heardWith(ctx, infos)
	return h.guns(), err
}

// heardWith is where each of known was heard of.
func (s *session) heardWith(ctx context.Context, infos []keyring.Info) (heard, error) {
	h := heard{}
	guns, err := s.state.Known()
	if err != nil {
		return nil, err
	}
	h.add(repos.FromCache, guns...)
	for _, info := range infos {
		h.add(repos.FromKey, info.GUN)
	}
	for _, dir := range s.dirs {
		cached, err := dir.LocalMetadata(ctx)
		if err != nil {
			return nil, err
		}
		for _, m := range cached {
			h.add(repos.FromCache, m.GUN)
		}
	}
	if s.cli.flags.tuf != "" {
		h[trustdata.GUN(s.cli.tufBase())] = nil
	}
	return h, nil
}

// stillListed names the repositories, other than but, whose metadata on this machine names
// the key: keyrite's cache, and what docker and notary keep. It looks for the ID in the
// bytes, so that a copy that has expired or does not verify still counts.
func (s *session) stillListed(ctx context.Context, id trustdata.KeyID, but trustdata.GUN) ([]trustdata.GUN, error) {
	guns, err := s.known(ctx)
	if err != nil {
		return nil, err
	}
	var listed []trustdata.GUN
	for _, gun := range guns {
		files, err := s.cache.Files(gun)
		if err != nil {
			return nil, err
		}
		for _, raw := range files {
			if bytes.Contains(raw, []byte(id)) {
				listed = append(listed, gun)
				break
			}
		}
	}
	local, err := s.localLists(ctx, id)
	listed = append(listed, local...)
	return slices.DeleteFunc(listed, func(g trustdata.GUN) bool { return g == but }), err
}

// localLists names the repositories whose metadata in the trust directories names the key.
func (s *session) localLists(ctx context.Context, id trustdata.KeyID) ([]trustdata.GUN, error) {
	var listed []trustdata.GUN
	for _, dir := range s.dirs {
		cached, err := dir.LocalMetadata(ctx)
		if err != nil {
			return nil, err
		}
		for _, m := range cached {
			if m.Problem != "" {
				continue
			}
			raw, _, err := dir.ReadLocal(m)
			if err != nil {
				return nil, err
			}
			if bytes.Contains(raw, []byte(id)) {
				listed = append(listed, m.GUN)
			}
		}
	}
	return listed, nil
}
