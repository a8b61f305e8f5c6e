package main

import (
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// bashAlone follows the script for bash. That leans on the package bash-completion, which is not
// everywhere; without it the words are taken from the line as typed, split at blanks alone, so
// that a repository with its port and its tag stay one word.
const bashAlone = `
declare -F _get_comp_words_by_ref >/dev/null 2>&1 || __keyrite_init_completion()
{
    COMPREPLY=()
    local line=${COMP_LINE:0:COMP_POINT}
    read -ra words <<<"$line"
    [[ $line == *[[:space:]] ]] && words+=("")
    cword=$((${#words[@]} - 1))
    cur=${words[cword]}
    prev=${words[cword - 1]}
}
declare -F _filedir >/dev/null 2>&1 || _filedir()
{
    local IFS=$'\n'
    compopt -o filenames 2>/dev/null
    COMPREPLY+=($(compgen "${1:--f}" -- "$cur"))
}
`

// bashNeeds is what the script for bash says that it needs.
const bashNeeds = `This script depends on the 'bash-completion' package.
If it is not installed already, you can install it via your OS's package manager.

`

// addCompletion adds the verb that writes the scripts of shells, and what bash alone needs.
func (c *cli) addCompletion(args []string) {
	c.root.InitDefaultCompletionCmd(args...)
	bash, _, err := c.root.Find([]string{"completion", "bash"})
	if err != nil || bash.Name() != "bash" {
		return
	}
	bash.Long = strings.Replace(bash.Long, bashNeeds, "", 1)
	write := bash.RunE
	bash.RunE = func(cmd *cobra.Command, args []string) error {
		if err := write(cmd, args); err != nil {
			return err
		}
		_, err := io.WriteString(c.out, bashAlone)
		return err
	}
}
