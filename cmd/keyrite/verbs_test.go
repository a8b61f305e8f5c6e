package main

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// A verb that bore another name than its entry would be made for no command line.
func TestVerbNames(t *testing.T) {
	c := newCLI(process{getenv: func(string) string { return "" }, now: time.Now})
	for _, v := range verbsOf() {
		if cmd := v.make(c); cmd.Name() != v.name || len(cmd.Aliases) > 0 {
			t.Errorf("%q makes %q with the aliases %q", v.name, cmd.Name(), cmd.Aliases)
		}
	}
}

// A run makes the verb that it is asked for, and all of them where it is asked for none.
func TestOnlyTheVerb(t *testing.T) {
	all := len(verbsOf()) + len(topics())
	for _, tt := range []struct {
		line  string
		verbs int
		says  string
	}{
		{"version", 1, "keyrite "},
		{"--json version", 1, `"version"`},
		{"--server https://trust.example --color=never version", 1, "keyrite "},
		{"--server version --help", all, "Additional help topics"},
		{"--server=version backup create --help", 1, "keyrite backup create --to DIR [flags]"},
		{"help tags", all, "keyrite tags GUN [flags]"},
		{"help lost-root", all, "root key"},
		{"completion bash", all, "__keyrite"},
		{"man version", all, ".TH"},
		{"__complete vers", all, "version"},
		{"-h", all, "Additional help topics"},
		{"--unheard version", all, "unknown flag: --unheard"},
		{"versoin", all, `has no verb "versoin"`},
	} {
		t.Run(tt.line, func(t *testing.T) {
			var said bytes.Buffer
			c := newCLI(process{in: strings.NewReader(""), out: &said, err: &said, getenv: emptyHome(t), now: time.Now})
			c.run(strings.Fields(tt.line))
			n := 0
			for _, cmd := range c.root.Commands() {
				if cmd.Name() != "help" && cmd.Name() != "completion" && !strings.HasPrefix(cmd.Name(), "__") {
					n++
				}
			}
			if n != tt.verbs || !strings.Contains(said.String(), tt.says) {
				t.Errorf("%d verbs, want %d; %.300s", n, tt.verbs, said.String())
			}
		})
	}
}
