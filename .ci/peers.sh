#!/bin/sh
# Builds the programs that the interop tests run against into .ci/bin: notary,
# notary-server, notary-signer, age, age-keygen, the distribution registry, and notation.
# Does nothing when they are there already, built from these files by this Go.
set -eu
cd "$(dirname "$0")"
export CGO_ENABLED=0

inputs="peers.sh peers/go.mod peers/go.sum registry/go.mod registry/go.sum registry/main.go notation/go.mod notation/go.sum"
# shellcheck disable=SC2086 # a list of names without spaces
want=$({ cat $inputs; go -C peers version; } | cksum)
if [ "$(cat bin/peers.stamp 2>/dev/null || true)" = "$want" ]; then
	exit 0
fi

# Everything is made beside its place and renamed into it, so that two builds at once
# do each other no harm.
mkdir -p bin
tmp=$(mktemp -d "$PWD/bin/.peers.XXXXXX")
trap 'rm -rf "$tmp"' EXIT

# Since Go 1.17 a part's file name loses its folders, so that a notary-server takes the
# delegation "targets/alice" for "alice" and refuses it. The server's own build gets the
# older rule by an overlay of that one line.
root=$(go -C peers env GOROOT)
multipart=$root/src/mime/multipart/multipart.go
sed 's/return filepath.Base(filename)/return filepath.Clean(filename)/' "$multipart" >"$tmp/multipart.go"
if cmp -s "$multipart" "$tmp/multipart.go"; then
	echo "peers.sh: $multipart has no line to overlay: delegations could not be published" >&2
	exit 1
fi
printf '{"Replace":{"%s":"%s"}}\n' "$multipart" "$tmp/multipart.go" >"$tmp/overlay.json"

mkdir "$tmp/out"
go -C peers build -buildvcs=false -ldflags="-s -w" -overlay "$tmp/overlay.json" -o "$tmp/out/" tool
go -C registry build -buildvcs=false -ldflags="-s -w" -o "$tmp/out/registry" .
go -C notation build -buildvcs=false -ldflags="-s -w" -o "$tmp/out/" tool
for f in "$tmp"/out/*; do
	mv -f "$f" "bin/$(basename "$f")"
done
echo "$want" >"$tmp/stamp"
mv -f "$tmp/stamp" bin/peers.stamp
