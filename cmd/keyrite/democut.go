package main

import (
	"context"
	"strings"

	"keyrite/cmd/keyrite/demo"
	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
)

// cutOff begins to rotate the root key of the demo's shops and is cut off in the first
// upload. The console then opens on what is unfinished, whose ID it gives.
func (c *cli) cutOff(ctx context.Context, world *demo.World) (id string, err error) {
	s, err := c.openKeys()
	if err != nil {
		return "", err
	}
	r, err := s.rotator(keyring.MinIterations)
	if err != nil {
		return "", err
	}
	defer r.Journal.Close()
	ctx, cut := context.WithCancel(ctx)
	defer cut()
	batch, err := r.PlanBatch(ctx, shops(world), 1)
	if err != nil {
		return "", err
	}
	pass := keyring.NewPassphrase([]byte(world.Passphrases["root"]))
	defer pass.Wipe()
	keys := rotation.Keys{}
	for _, n := range batch.Needs() {
		if n.New {
			continue
		}
		opened := keyring.NewPassphrase([]byte(world.Passphrases[string(n.Role)]))
		k, err := s.keys.Open(ctx, n.KeyID, opened)
		opened.Wipe()
		if err != nil {
			return "", err
		}
		defer k.Wipe()
		keys[n.KeyID] = k
	}
	prep, err := r.PrepareBatch(ctx, batch, nil, pass)
	if err != nil {
		return "", err
	}
	world.LoseNext(batch.Plans[0].GUN, cut)
	if _, err = r.PublishBatch(ctx, prep, keys, 1, func(trustdata.GUN, string) {}); err != nil {
		return "", err
	}
	unfinished, err := r.Journal.Unfinished()
	if err != nil {
		return "", err
	}
	return unfinished[0].ID, nil // it was cut off just now, so there is one
}

// shops are the requests for a new root key of the shops.
func shops(world *demo.World) (reqs []rotation.Request) {
	for _, gun := range world.GUNs {
		if strings.Contains(string(gun), "/shop/") {
			reqs = append(reqs, rotation.Request{GUN: gun, Role: trustdata.RoleRoot})
		}
	}
	return reqs
}
