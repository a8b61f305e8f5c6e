#!/bin/sh
# Writes the golden files and the pictures of the README anew, in the packages whose tests have the -update flag. Look at
# the difference before you commit it.
set -eu
cd "$(dirname "$0")/.."
for pkg in $(go list ./...); do
	if go list -deps -test "$pkg" | grep -qx github.com/charmbracelet/x/exp/golden; then
		go test "$pkg" -update
	fi
done
go test -count=1 ./cmd/keyrite/interop -record
