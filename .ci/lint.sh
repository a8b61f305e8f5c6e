#!/bin/sh
# Checks the layout of the source, and runs vet for each system and staticcheck.
set -eu
cd "$(dirname "$0")/.."

echo "lint: gofmt"
bad=$(gofmt -l .)
if [ -n "$bad" ]; then
	echo "not formatted by gofmt:" "$bad" >&2
	exit 1
fi
for os in linux darwin windows; do
	echo "lint: go vet, $os"
	GOOS=$os go vet ./...
done
echo "lint: staticcheck"
go -C .ci/tools build -buildvcs=false -o ../bin/staticcheck honnef.co/go/tools/cmd/staticcheck
.ci/bin/staticcheck ./...
