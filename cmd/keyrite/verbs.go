package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// verb is one of the program's first words. Its name is known before its command is made, with
// those below it and all their flags: a run makes only what it was asked for.
type verb struct {
	name string
	make func(*cli) *cobra.Command
}

// verbsOf are the verbs of the program.
func verbsOf() []verb {
	return []verb{
		{"keys", (*cli).keysCommand}, {"repos", (*cli).reposCommand}, {"tags", (*cli).tagsCommand},
		{"verify", (*cli).verifyCommand}, {"inspect", (*cli).inspectCommand}, {"delete", (*cli).deleteCommand},
		{"rotate", (*cli).rotateCommand}, {"rotations", (*cli).rotationsCommand}, {"retire", (*cli).retireCommand},
		{"ceremony", (*cli).ceremonyCommand}, {"init", (*cli).initCommand}, {"sign", (*cli).signCommand},
		{"revoke", (*cli).revokeCommand}, {"archive", (*cli).archiveCommand}, {"backup", (*cli).backupCommand},
		{"activity", (*cli).activityCommand}, {"config", (*cli).configCommand}, {"doctor", (*cli).doctorCommand},
		{"audit", (*cli).auditCommand}, {"demo", (*cli).demoCommand}, {"version", (*cli).versionCommand},
		{"refresh", (*cli).refreshCommand}, {"repair", (*cli).repairCommand}, {"signer", (*cli).signerCommand},
		{mediumVerb, (*cli).mediumCommand}, {"migrate", (*cli).migrateCommand}, {"notation", (*cli).notationCommand},
		{manVerb, (*cli).manCommand},
	}
}

// addVerbs gives the tree the verb that a command line asks for, or every verb and topic where
// it asks for none of them: for help, completion, the manual, and what is mistyped.
func (c *cli) addVerbs(args []string) {
	all := verbsOf()
	asked := firstWord(c.root, args)
	if i := slices.IndexFunc(all, func(v verb) bool { return v.name == asked }); i >= 0 && asked != manVerb {
		c.root.AddCommand(all[i].make(c))
		c.root.CompletionOptions.DisableDefaultCmd = true
		return
	}
	for _, v := range all {
		c.root.AddCommand(v.make(c))
	}
	c.root.AddCommand(topics()...)
	c.addCompletion(args)
}

// firstWord is the first argument that is neither a flag of the root command nor the value of
// one, "" where there is none or a flag before it is not known.
func firstWord(root *cobra.Command, args []string) string {
	for i := 0; i < len(args); i++ {
		name, isFlag := strings.CutPrefix(args[i], "--")
		if !isFlag {
			return args[i]
		}
		name, _, joined := strings.Cut(name, "=")
		f := root.PersistentFlags().Lookup(name)
		if f == nil {
			f = root.Flags().Lookup(name)
		}
		if f == nil {
			return ""
		}
		if !joined && f.NoOptDefVal == "" {
			i++
		}
	}
	return ""
}
