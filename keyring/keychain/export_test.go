package keychain

// Entries and Over let tests put a keychain of their own below.
type Entries = entries

var Over = over
