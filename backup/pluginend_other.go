//go:build !linux

package backup

// endPlugin leaves a plugin alone where its processes cannot be found: it ends when its pipes
// are closed at the end of keyrite.
func endPlugin(string) error { return nil }
