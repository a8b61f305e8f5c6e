package main

import (
	"context"

	"keyrite/trustdata"
)

// resolver finds what a path comes to, and may wait for a medium.
type resolver func(ctx context.Context, path string) (string, error)

// ahead begins to resolve folders beside the caller, since a process has to start for each,
// and gives what comes of them when it is asked. Any other path is resolved then.
func (r resolver) ahead(ctx context.Context, folders []string) resolver {
	type found struct {
		real string
		err  error
	}
	all := map[string]chan found{}
	for _, folder := range folders {
		path := absolute(folder)
		if all[path] != nil {
			continue
		}
		one := make(chan found, 1)
		all[path] = one
		go trustdata.Guarded(func() {
			real, err := r(ctx, path)
			one <- found{real, err}
		})()
	}
	return func(ctx context.Context, path string) (string, error) {
		one := all[path]
		if one == nil {
			return r(ctx, path)
		}
		select {
		case f := <-one:
			one <- f // for who asks again
			return f.real, f.err
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
}
