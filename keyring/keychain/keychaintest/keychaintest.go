// Package keychaintest starts what a keychain is on Linux, for tests: a private session
// bus, and on it the real gnome-keyring or a fake Secret Service that misbehaves.
package keychaintest
