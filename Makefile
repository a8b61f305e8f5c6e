.PHONY: build demo test kill bench lint golden fuzz vuln

build:
	CGO_ENABLED=0 go build -trimpath -o bin/keyrite ./cmd/keyrite

demo:
	go run ./cmd/keyrite demo

test:
	.ci/test.sh

kill:
	go test -run TestModel -v -timeout 60m ./trustdata/rotation -deep
	go test -run 'TestKilled|TestRites' -v -timeout 60m ./cmd/keyrite/kill -every

bench:
	go test -run "^$$" -bench . -benchtime 1x -timeout 60m ./cmd/keyrite/bench

lint:
	.ci/lint.sh

golden:
	.ci/golden.sh

fuzz:
	.ci/fuzz.sh

vuln:
	go run golang.org/x/vuln/cmd/govulncheck@v1.9.0 ./...
