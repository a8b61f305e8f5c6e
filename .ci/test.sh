#!/bin/sh
# All checks and all tests: "make test". With CI=true a test that is left out is a failure.
set -eu
cd "$(dirname "$0")/.."

# timed NAME COMMAND...: runs a step and prints how long it took.
timed() {
	name=$1
	shift
	begin=$(date +%s)
	"$@"
	echo "time: $name $(($(date +%s) - begin)) s"
}

.ci/packages.sh
timed "lint" .ci/lint.sh
timed "building the peers" .ci/peers.sh

race=-race
if ! command -v "$(go env CC)" >/dev/null; then
	race=
	echo "left out: the race detector, since there is no C compiler"
	if [ "${CI:-}" = true ]; then
		exit 1
	fi
fi
go build -buildvcs=false -o .ci/bin/report .ci/report.go
go build ./...

# The report prints each suite as it ends, and takes go test's exit code from the last line.
# shellcheck disable=SC2086 # empty or one word
timed "tests" sh -c '{ go test -json -timeout 20m "$@" ./... 2>&1 && echo "exit 0" || echo "exit $?"; } | .ci/bin/report' sh $race
