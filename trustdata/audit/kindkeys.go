package audit

// What several kinds have in common.
const (
	notDecrypted = "It was written, and never decrypted to its end."
	fixBackUp    = "Writing a backup of all keys, and proving it."
	fixDrill     = "Decrypting it and opening its keys, with the passphrases."
	fixReadAll   = "Reading all that is known here; then putting it away with a backup."
)

// keyKinds are what can be said of the files of keys.
func keyKinds() map[string]kind {
	return map[string]kind{
		"key_damaged": {title: "key file is of no use", brief: "damaged key file", by: byFile, step: StepRestore,
			means: "No passphrase can open it.", fix: "Restoring the key from a backup."},
		"no_passphrase": {title: "{role} key has no passphrase", brief: "no passphrase", by: byKey, step: StepPassphrase,
			means: "Whoever reads the file has the key.", fix: "Locking it with a passphrase; the old file goes to the trash.", first: "Have a backup, or make one with b."},
		"weak_kdf": {title: "{role} key is cheap to guess", brief: "cheap to guess", by: byKeyRole, step: StepPassphrase,
			means: "Each guess at its passphrase costs little, as docker and notary write files.", fix: "Locking it anew; the same passphrase will do."},
		"root_online": {title: "root key on an online disk", brief: "root is online", by: byKey, step: StepMove,
			means: "Whoever takes over this machine has the root of trust.", fix: "Signing with it on a machine that is never online, by a ceremony.", first: "Back it up, and prove the backup."},
		"root_signs_nothing": {title: "root key signs nothing", brief: "signs nothing", by: byKey, step: StepLook,
			means: "No repository known here lists it.", fix: fixReadAll},
		"second_root": {title: "root key that nothing lists", brief: "signs nothing", by: byKey, step: StepLook,
			means: "docker and notary make one unasked, and pick any where there are several.", fix: fixReadAll},
		"several_roots": {title: "several root keys, each in use", brief: "several roots", by: byNothing, step: StepLook,
			means: "docker and notary do not ask which one to use.", fix: "Nothing need be done: one root key may serve many repositories."},
		"root_replaced": {title: "root key that was replaced", brief: "replaced root", by: byKey, step: StepRetire,
			means: "It lies where clients look for the root of the next repository.", fix: "Taking it out of use; it is kept for ever.", first: "A proven backup has it."},
		"key_without_role": {title: "key file does not say what it is for", brief: "no role", by: byFile, step: StepLook,
			means: "No repository known here lists the key, and backups leave such files out.", fix: "Finding out what it signed; then putting it away."},
		"key_unlisted": {title: "key that no repository lists", brief: "unlisted key", by: byNothing, step: StepLook,
			means: "It signs for nothing that is known here.", fix: "Nothing need be done; keyrite keys remove keeps it in the trash."},
	}
}

// backupKinds are what can be said of keys and the media that they are backed up on.
func backupKinds() map[string]kind {
	return map[string]kind{
		"no_backup": {title: "{role} key has no backup", brief: "no backup", by: byKeyRole, step: StepBackUp,
			means: "If this disk dies the key is gone. Nothing can replace a root or repository key.", fix: fixBackUp, first: "A stick, and a public key or a passphrase for the backup."},
		"backup_unproven": {title: "backup of the {role} key is not proven", brief: "not proven", by: byKeyRole, step: StepVerify,
			means: notDecrypted, fix: "Verifying it with its identity or passphrase."},
		"backup_old": {title: "backup is older than the {role} key's file", brief: "old backup", by: byKeyRole, step: StepBackUp,
			means: "The passphrase may be another now.", fix: fixBackUp},
		"backup_damaged": {title: "backup is damaged", brief: "damaged backup", by: byFile, step: StepBackUp,
			means: "What is on the medium is not what was written.", fix: "Writing another, and finding out what happened to this one."},
		"set_incomplete": {title: "copy of a backup is missing", brief: "copy missing", by: byFile, step: StepBackUp,
			means: "The set was to be on more media than it is: what destroys one may destroy the backup.", fix: "Writing the missing copy: m on the backup's row.", first: "A stick that has no copy of this set."},
		"drill_late": {title: "drill is overdue", brief: "drill overdue", by: byFile, step: StepDrill,
			means: "Media and memories fade: nobody has opened this backup for long.", fix: fixDrill},
		"drill_due": {title: "drill is due", brief: "drill due", by: byFile, step: StepDrill,
			means: "It is time to see that the backup still opens.", fix: fixDrill},
		"drill_never": {title: "backup was never opened", brief: "never opened", by: byFile, step: StepDrill,
			means: notDecrypted, fix: fixDrill},
	}
}

// machineKinds are what can be said of this machine.
func machineKinds() map[string]kind {
	return map[string]kind{
		"content_trust_ignored": {title: "docker here checks nothing", brief: "docker checks nothing", by: byNothing, step: StepDoctor,
			means: "DOCKER_CONTENT_TRUST is set, and the docker that is installed ignores it.", fix: "Pulling the digest that keyrite verify GUN:TAG prints."},
		"folder_mode": {title: "folder of the keys is open to others", brief: "folder is open", by: byNothing, step: StepModes,
			means: "Others on this machine can get at the key files.", fix: "Closing it for all but its owner."},
		"key_mode": {title: "key file is open to others", brief: "file is open", by: byNothing, step: StepModes,
			means: "Others on this machine can read the key file.", fix: "Closing it for all but its owner."},
		"old_certificates": {title: "certificates of an old client", brief: "old certificates", by: byNothing, step: StepLook,
			means: "No client reads them any more.", fix: "Nothing need be done: they can stay."},
		"insecure_registry": {title: "docker does not check who answers", brief: "insecure registry", by: byNothing, step: StepLook,
			means: "Its daemon speaks with the registry without a certificate.", fix: "Giving the registry one, and removing it from insecure-registries."},
	}
}
