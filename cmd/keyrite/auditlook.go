package main

import (
	"context"
	"maps"
	"slices"

	"keyrite/backup"
	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/audit"
	"keyrite/trustdata/registry"
)

// scope is what an audit is about.
type scope struct {
	// named are the repositories that were typed, or that deployed images are of; none means
	// all that are known. Others are then read from the cache, for what keys are used for.
	named   []trustdata.GUN
	compare bool
	// deployed are images that somebody runs, by repository, and images what came of them.
	deployed map[trustdata.GUN][]audit.Reference
	images   []audit.Image
}

// look gathers everything that an audit judges.
func (s *session) look(ctx context.Context, typed []string, images string, about *scope) (look audit.Look, err error) {
	if err := s.here(ctx, &look); err != nil {
		return look, err
	}
	known, err := s.knownWith(ctx, look.Keys)
	if err != nil {
		return look, err
	}
	for _, name := range typed {
		gun, err := s.resolve(ctx, name)
		if err != nil {
			return look, err
		}
		about.named = append(about.named, gun)
	}
	guns := both(known, about.named)
	if images != "" {
		if err := s.runs(images, known, about); err != nil {
			return look, err
		}
	}
	look.Repositories = s.repositories(ctx, both(guns, about.named), about)
	for i := range look.Repositories {
		r := &look.Repositories[i]
		r.Deployed = !slices.Contains(guns, r.GUN)
		look.Online = look.Online || r.Err == nil && r.Source == trustdata.SourceLive
	}
	inOrder(about.images)
	look.Machine.Docker = s.cli.dockerVersion(ctx)
	return look, ctx.Err()
}

// here gathers what an audit judges and this machine has, all but its repositories and the
// version of docker.
func (s *session) here(ctx context.Context, look *audit.Look) error {
	look.Now = s.cli.now()
	listed, err := s.keys.ListEach(ctx)
	if err != nil {
		return err
	}
	look.Keys = keyring.Together(listed)
	look.Machine, _ = s.machine(listed, nil)
	if look.Pending, err = s.keys.Pending(ctx); err != nil {
		return err
	}
	return s.remembered(look)
}

// runs adds deployed images and their repositories.
func (s *session) runs(images string, known []trustdata.GUN, about *scope) error {
	refs, err := s.cli.references(images, known)
	if err != nil {
		return err
	}
	about.deployed = map[trustdata.GUN][]audit.Reference{}
	for _, r := range refs {
		about.deployed[r.GUN] = append(about.deployed[r.GUN], r)
	}
	about.named = both(about.named, slices.Sorted(maps.Keys(about.deployed)))
	return nil
}

// both are the repositories of two lists, each once.
func both(a, b []trustdata.GUN) []trustdata.GUN {
	all := slices.Clone(a)
	for _, gun := range b {
		if !slices.Contains(all, gun) {
			all = append(all, gun)
		}
	}
	return all
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

// comparedAtOnce is how many repositories are compared side by side, and comparedWorkers how
// many requests each has under way: together about as many as one comparison alone.
const comparedAtOnce, comparedWorkers = 4, 8

// repositories reads repositories, those that have expired too, and keeps of each what an
// audit needs.
func (s *session) repositories(ctx context.Context, guns []trustdata.GUN, about *scope) []audit.Repository {
	asking := s.fetcher()
	asking.Late = true
	reading := *asking
	reading.Offline = true
	comparing := make(chan struct{}, comparedAtOnce)
	all := make([]audit.Repository, len(guns))
	s.sideBySide(s.cli.flags.offline, len(guns), func(i int) func() {
		fetcher, ask := asking, len(about.named) == 0 || slices.Contains(about.named, guns[i])
		if !ask {
			fetcher = &reading
		}
		col, err := s.readWith(ctx, fetcher, guns[i])
		r := s.audited(ctx, guns[i], col, err)
		comparing <- struct{}{}
		if about.compare && ask && err == nil {
			r.Drift = s.drift(ctx, col)
		}
		images := s.deployed(ctx, about.deployed[guns[i]], col, err)
		<-comparing
		return func() {
			all[i] = r
			about.images = append(about.images, images...)
		}
	})
	return all
}

// audited is a repository as it was read, or err why it was not, with what is beside it on
// this machine.
func (s *session) audited(ctx context.Context, gun trustdata.GUN, col *trustdata.Collection, err error) audit.Repository {
	r := audit.NewRepository(gun, col, err)
	r.Chosen = s.access.Server != ""
	r.Staged, r.StagedErr = s.staged(ctx, gun)
	return r
}

// drift compares a repository's tags with what its registry serves.
func (s *session) drift(ctx context.Context, col *trustdata.Collection) *audit.Drift {
	client, err := s.registryOf(col.GUN)
	if err != nil {
		return audit.NewDrift(nil, nil, err)
	}
	rows, err := registry.Compare(ctx, client, col, comparedWorkers)
	return audit.NewDrift(rows, func(served, signed string) bool {
		parts, err := client.Parts(ctx, served)
		return err == nil && slices.Contains(parts, signed)
	}, err)
}
