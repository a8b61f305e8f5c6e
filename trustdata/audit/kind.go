package audit

import (
	"maps"
	"sync"
)

// Step is what mends a finding: the word for its next step.
type Step string

// The steps. Each kind of finding has exactly one.
const (
	StepStop       Step = "stop"           // sign and pull nothing, and ask who runs the server
	StepRepair     Step = "repair"         // sign again what has expired
	StepRefresh    Step = "refresh"        // sign again before the end
	StepRenew      Step = "renew"          // a new certificate for the root key
	StepLostRoot   Step = "read on"        // what can be done without a root key
	StepGoOn       Step = "go on"          // with a change that was cut off
	StepArchive    Step = "archive"        // keep the evidence
	StepBackUp     Step = "back up"        // write a backup
	StepVerify     Step = "verify"         // decrypt a backup to its end
	StepDrill      Step = "drill"          // verify, and open keys
	StepRestore    Step = "restore"        // take a key out of a backup
	StepPassphrase Step = "new passphrase" // lock a key file anew
	StepModes      Step = "correct"        // the modes of files
	StepMove       Step = "move"           // a root key off this disk
	StepRetire     Step = "retire"         // a root key that has been replaced
	StepFind       Step = "find it"        // a key that is nowhere here
	StepLook       Step = "look"           // at the repository or the key
	StepSign       Step = "sign"           // what is served
	StepRebuild    Step = "rebuild"        // an image
	StepCheck      Step = "check"          // ask the servers
	StepDoctor     Step = "doctor"         // logins and set-up
	StepLogIn      Step = "log in"
	StepMakeRoom   Step = "make room" // for what must be remembered
)

// grouping says which findings of a kind one step mends, so that they are one item.
type grouping int

const (
	byRepository grouping = iota // those of one repository
	byKey                        // those about one key, of whichever repositories
	byKeyRole                    // those about all keys of one role
	byServer                     // those of all repositories of one host
	byFile                       // those about one file or folder
	byNothing                    // all of them
	bySelf                       // each by itself
)

// kind is what is said of all findings with one code. The first sentence of each text says
// the most, since a small window has room for no other.
type kind struct {
	// title says what it is. "{role}" and "{day}" stand for the roles and for the first day
	// on which it is due. brief is the same in few words.
	title, brief string
	by           grouping
	step         Step
	// means says what follows, fix what is done, and first what comes before that or "".
	means, fix, first string
	// ends marks dates after which something no longer counts.
	ends bool
	// never says why it cannot be put off; "" where it can.
	never string
}

// kindTables are all kinds by their codes.
func kindTables() []map[string]kind {
	return []map[string]kind{repositoryKinds(), tagKinds(), keyKinds(), backupKinds(), machineKinds(), serverKinds()}
}

// kinds are all kinds, made when the first is asked for: each start would pay for them.
var kinds = sync.OnceValue(func() map[string]kind {
	all := map[string]kind{}
	for _, table := range kindTables() {
		maps.Copy(all, table)
	}
	return all
})

// kindOf is the kind of a code. One that no table has is shown all the same.
func kindOf(code string) kind {
	if k, ok := kinds()[code]; ok {
		return k
	}
	return kind{title: code, brief: code, by: bySelf, step: StepLook}
}
