package main

import (
	"context"
	"slices"

	"keyrite/backup"
	"keyrite/trustdata"
	"keyrite/trustdata/audit"
	"keyrite/trustdata/registry"
)

// look gathers everything that an audit judges. Named are the repositories that were typed;
// the others are then read from the cache, for what their keys are used for.
func (s *session) look(ctx context.Context, typed []string, compare bool) (look audit.Look, named []trustdata.GUN, err error) {
	look.Now = s.cli.now()
	if look.Keys, err = s.keys.List(ctx); err != nil {
		return look, nil, err
	}
	guns, err := s.knownWith(ctx, look.Keys)
	if err != nil {
		return look, nil, err
	}
	for _, name := range typed {
		gun, err := s.resolve(ctx, name)
		if err != nil {
			return look, nil, err
		}
		named = append(named, gun)
		if !slices.Contains(guns, gun) {
			guns = append(guns, gun)
		}
	}
	if look.Machine, _, err = s.machine(ctx, nil); err != nil {
		return look, nil, err
	}
	look.Repositories = s.repositories(ctx, guns, named, compare)
	look.Online = slices.ContainsFunc(look.Repositories, func(r audit.Repository) bool { return r.Err == nil && r.Source == trustdata.SourceLive })
	if err := s.remembered(&look); err != nil {
		return look, nil, err
	}
	return look, named, ctx.Err()
}

// remembered adds what this machine remembers: backups and changes.
func (s *session) remembered(look *audit.Look) error {
	records, err := s.backupRecords()
	if err != nil {
		return err
	}
	defer records.Close()
	look.Copies = records.Copies(look.Now, backup.DefaultIntervals)
	journal, err := s.journal()
	if err != nil {
		return err
	}
	defer journal.Close()
	if look.Unfinished, err = journal.Unfinished(); err != nil {
		return err
	}
	look.Past, err = journal.Past()
	return err
}

// comparedAtOnce is how many repositories are compared side by side, each with compareWorkers.
const comparedAtOnce = 4

// repositories reads repositories, those that have expired too, and keeps of each what an
// audit needs.
func (s *session) repositories(ctx context.Context, guns, named []trustdata.GUN, compare bool) []audit.Repository {
	asking := s.fetcher()
	asking.Late = true
	reading := *asking
	reading.Offline = true
	comparing := make(chan struct{}, comparedAtOnce)
	all := make([]audit.Repository, len(guns))
	s.sideBySide(s.cli.flags.offline, len(guns), func(i int) func() {
		fetcher, ask := asking, len(named) == 0 || slices.Contains(named, guns[i])
		if !ask {
			fetcher = &reading
		}
		col, err := s.readWith(ctx, fetcher, guns[i])
		r := audit.NewRepository(guns[i], col, err)
		r.Chosen = s.access.Server != ""
		if compare && ask && err == nil {
			comparing <- struct{}{}
			r.Drift = s.drift(ctx, col)
			<-comparing
		}
		return func() { all[i] = r }
	})
	return all
}

// drift compares a repository's tags with what its registry serves.
func (s *session) drift(ctx context.Context, col *trustdata.Collection) *audit.Drift {
	client, err := s.registryOf(col.GUN)
	if err != nil {
		return audit.NewDrift(nil, nil, err)
	}
	rows, err := registry.Compare(ctx, client, col, compareWorkers)
	return audit.NewDrift(rows, func(served, signed string) bool {
		parts, err := client.Parts(ctx, served)
		return err == nil && slices.Contains(parts, signed)
	}, err)
}
