// Command registry is the distribution registry, without the storage drivers of the
// clouds: these triple its build time, and the tests keep everything in memory.
//
// It is a module of its own because distribution v3 and go-containerregistry, which the
// product uses, do not resolve together.
package main

import (
	"os"

	"github.com/distribution/distribution/v3/registry"
	_ "github.com/distribution/distribution/v3/registry/auth/htpasswd"
	_ "github.com/distribution/distribution/v3/registry/auth/token"
	_ "github.com/distribution/distribution/v3/registry/storage/driver/inmemory"
)

func main() {
	if err := registry.RootCmd.Execute(); err != nil {
		os.Exit(1)
	}
}
