package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// paths are where things are kept. Only this file knows the environment's names for them.
type paths struct {
	docker string   // docker's configuration folder
	trust  []string // trust directories; new keys go to the first
	state  string   // what must not be forgotten
	cache  string   // raw metadata
}

// errNoHome is returned where nothing says where the home folder is.
var errNoHome = errors.New("HOME is not set: say where keys are with --trust-dir, and set XDG_STATE_HOME and XDG_CACHE_HOME")

// findPaths reads the environment: $DOCKER_CONFIG, the home folder, and the XDG folders
// or what macOS and Windows have in their place.
func (c *cli) findPaths() (paths, error) {
	home := c.home()
	docker := c.getenv("DOCKER_CONFIG")
	if docker == "" && home != "" {
		docker = filepath.Join(home, ".docker")
	}
	p := paths{docker: absolute(docker), state: c.baseDir("XDG_STATE_HOME", home, ".local/state"), cache: c.baseDir("XDG_CACHE_HOME", home, ".cache")}
	if p.state == "" || p.cache == "" {
		return paths{}, errNoHome
	}
	for _, dir := range c.flags.trustDirs {
		p.trust = append(p.trust, absolute(dir))
	}
	if len(p.trust) == 0 {
		if p.docker == "" {
			return paths{}, errNoHome
		}
		p.trust = []string{filepath.Join(p.docker, "trust")}
		if notary := filepath.Join(home, ".notary"); home != "" && isDir(notary) {
			p.trust = append(p.trust, notary)
		}
	}
	return p, nil
}

// home is the home folder, "" where the environment does not say.
func (c *cli) home() string {
	if runtime.GOOS == "windows" {
		return c.getenv("USERPROFILE")
	}
	return c.getenv("HOME")
}

// baseDir is keyrite's folder below an XDG folder; a relative one does not count.
func (c *cli) baseDir(name, home, fallback string) string {
	if dir := c.getenv(name); filepath.IsAbs(dir) {
		return filepath.Join(dir, "keyrite")
	}
	if home == "" {
		return ""
	}
	state := name == "XDG_STATE_HOME"
	switch {
	case runtime.GOOS == "darwin" && state:
		return filepath.Join(home, "Library", "Application Support", "keyrite", "state")
	case runtime.GOOS == "darwin":
		return filepath.Join(home, "Library", "Caches", "keyrite")
	case runtime.GOOS == "windows" && state:
		return filepath.Join(home, "AppData", "Local", "keyrite", "state")
	case runtime.GOOS == "windows":
		return filepath.Join(home, "AppData", "Local", "keyrite", "cache")
	}
	return filepath.Join(home, filepath.FromSlash(fallback), "keyrite")
}

// notationDir is Notation's configuration folder: where notation itself looks, "" where
// nothing says where that is.
func (c *cli) notationDir() string {
	if dir := c.getenv("NOTATION_CONFIG"); dir != "" {
		return absolute(dir)
	}
	return c.settingsDir("notation")
}

// settingsDir is a program's folder below that of all settings.
func (c *cli) settingsDir(program string) string {
	home := c.home()
	if dir := c.getenv("XDG_CONFIG_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, program)
	}
	switch {
	case home == "":
		return ""
	case runtime.GOOS == "darwin":
		return filepath.Join(home, "Library", "Application Support", program)
	case runtime.GOOS == "windows":
		return filepath.Join(home, "AppData", "Roaming", program)
	}
	return filepath.Join(home, ".config", program)
}

// absolute makes a path that results name in full; JSON promises absolute file paths.
func absolute(path string) string {
	if path == "" {
		return ""
	}
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// missing reports whether path is not there at all.
func missing(path string) bool {
	_, err := os.Lstat(path)
	return errors.Is(err, fs.ErrNotExist)
}
