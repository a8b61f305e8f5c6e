package trustdata

import "time"

// Report is what a verification established: which files, by their bytes, are vouched for
// by which keys, and when that was checked.
type Report struct {
	// At is the time that was taken as now.
	At    time.Time
	Files []ReportFile
	// Notes are what is usual in itself and what an attack can look like.
	Notes []Problem
}

// ReportFile is one file that verified, in the order in which trust goes.
type ReportFile struct {
	Role    Role
	Version int64
	// SHA256 is that of the file as it came, 64 lower-case hex digits, and Length its bytes.
	SHA256 string
	Length int64
	// Threshold is how many signatures it needs, and SignedBy the keys whose signatures
	// hold, in the order in which the role lists them. For a root key of Notary the ID is
	// that of its certificate; keys of TUF 1.0 have their canonical IDs.
	Threshold int
	SignedBy  []ListedID
	// By says what vouches for the keys: "root", or the delegating role.
	By Role
}
