package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"keyrite/trustdata"
	"keyrite/trustdata/registry"
	"keyrite/trustdata/remote"
	"keyrite/ui/repos"
)

// heard maps repositories to where they were heard of.
type heard map[trustdata.GUN][]repos.Origin

// add takes those of guns that are names of repositories; a file can have any.
func (h heard) add(from repos.Origin, guns ...trustdata.GUN) {
	for _, gun := range guns {
		if hasName(gun) && !slices.Contains(h[gun], from) {
			h[gun] = append(h[gun], from)
		}
	}
}

// guns are all of them, sorted. A TUF 1.0 repository, which has no such name, comes first.
func (h heard) guns() []trustdata.GUN {
	return slices.SortedFunc(maps.Keys(h), func(a, b trustdata.GUN) int {
		if a, b := hasName(a), hasName(b); a != b {
			return map[bool]int{false: -1, true: 1}[a]
		}
		return cmp.Compare(a, b)
	})
}

// hasName reports whether a repository has the name of one.
func hasName(gun trustdata.GUN) bool {
	_, err := trustdata.ParseGUN(string(gun))
	return err == nil
}

// host is the one that all have in common, "" where there is none.
func (h heard) host() string {
	host := ""
	for gun := range h {
		switch next := trustdata.ExpandGUN(gun).Host(); {
		case !hasName(gun):
		case host == "":
			host = next
		case host != next:
			return ""
		}
	}
	return host
}

// published asks the trust server in use which repositories it has. It need not tell: then,
// and where something is odd about what it tells, note says so. Where no server is named
// for all repositories, nobody is asked.
func (s *session) published(ctx context.Context, host string) (guns []trustdata.GUN, note string) {
	if s.access.Server == "" {
		return nil, ""
	}
	ep, err := s.access.TrustServerCatalog(host)
	if err != nil {
		return nil, err.Error()
	}
	guns, odd, err := remote.Changed(ctx, ep)
	switch {
	case ctx.Err() != nil:
		return nil, ""
	case err != nil && len(guns) > 0:
		return guns, fmt.Sprintf("the trust server's list of repositories ends early: %v", err)
	case err != nil:
		return nil, fmt.Sprintf("the trust server does not tell which repositories it has: %v", err)
	case odd > 0:
		return guns, oddNames("the trust server", odd)
	}
	return guns, ""
}

// catalog asks the registry of a host which repositories it has.
func (s *session) catalog(ctx context.Context, host string) (guns []trustdata.GUN, note string, err error) {
	ep, err := s.access.RegistryCatalog(host)
	if err != nil {
		return nil, "", usage(err)
	}
	guns, odd, err := registry.Catalog(ctx, ep, host)
	if err != nil {
		return nil, "", fmt.Errorf("the catalog of %q: %w", host, err)
	}
	if odd > 0 {
		note = oddNames(fmt.Sprintf("the catalog of %q", host), odd)
	}
	return guns, note, nil
}

func oddNames(who string, n int) string {
	return fmt.Sprintf("%s lists %s that no repository can have", who, trustdata.Plural(n, "name", "names"))
}

// survey asks for every repository of h side by side, and meanwhile the trust server which
// others it has: they join h, are handed to more, and are asked for too. Neither more nor
// done is called while one of them is. note is what there is to say of that list.
func (s *session) survey(ctx context.Context, h heard, more func([]trustdata.GUN), done func(trustdata.GUN, *trustdata.Collection, error)) (note string) {
	before, was, host := h.guns(), maps.Clone(h), h.host()
	f, c := s.fetcher(), s.crew(false)
	read := func(guns []trustdata.GUN) {
		c.begin(len(guns), func(i int) func() {
			col, err := s.readWith(ctx, f, guns[i])
			return func() { done(guns[i], col, err) }
		})
	}
	var listing sync.WaitGroup
	listing.Go(trustdata.Guarded(func() {
		var guns []trustdata.GUN
		guns, note = s.published(ctx, host)
		h.add(repos.FromChangefeed, guns...)
		others := slices.DeleteFunc(guns, func(gun trustdata.GUN) bool { _, ok := was[gun]; return ok })
		if len(others) > 0 {
			c.tell(func() { more(others) })
			read(others)
		}
	}))
	read(before)
	listing.Wait()
	c.running.Wait()
	f.Config.Rest()
	return note
}
