#!/bin/sh
# All checks and all tests: "make test". With CI=true a test that is left out is a failure.
set -eu
cd "$(dirname "$0")/.."

# timed NAME COMMAND...: runs a step, prints how long it took, and notes a failure, so that
# one run says everything that is wrong.
failed=0
timed() {
	name=$1
	shift
	begin=$(date +%s)
	"$@" || failed=1
	echo "time: $name $(($(date +%s) - begin)) s"
}

.ci/packages.sh
timed "lint" .ci/lint.sh
timed "building the peers" .ci/peers.sh

race=-race
if [ "$(go env CGO_ENABLED)" != 1 ] || ! command -v "$(go env CC)" >/dev/null; then
	race=
	echo "left out: the race detector, since there is no C compiler (or CGO_ENABLED=0)"
	if [ "${CI:-}" = true ]; then
		failed=1
	fi
fi
go build -buildvcs=false -o .ci/bin/report .ci/report.go

# The report prints each suite as it ends, and takes go test's exit code from the last line.
# shellcheck disable=SC2086 # empty or one word
timed "tests" sh -c '{ go test -json -timeout 20m "$@" ./... 2>&1 && echo "exit 0" || echo "exit $?"; } | .ci/bin/report' sh $race
exit $failed
