package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// The settings in a set say what the file said: that no plugin may run is another thing than
// that nothing is said of plugins.
func TestSettingsRoundTrip(t *testing.T) {
	for name, text := range map[string]string{
		"empty":           "",
		"no plugin":       "[backup]\nplugins = []\n",
		"one plugin":      "[backup]\nplugins = [\"tpm\"]\nto = \"/media/stick\"\n",
		"only a place":    "[backup]\nto = \"/media/stick\"\nrecipients = [\"office\"]\n",
		"another table":   "[limits]\ntimeout = \"20s\"\n[pins]\ndisable_tofu = true\n",
		"a whole profile": "[profile.default]\nword = \"PROD\"\ntrust_dir = [\"~/a\", \"~/b\"]\nread_only = true\n[clients.farm]\ncerts = { \"a/*\" = \"3f9a\" }\n",
	} {
		t.Run(name, func(t *testing.T) {
			was, err := parseConfig(text)
			if err != nil {
				t.Fatal(err)
			}
			was.exists = true
			written := string((&cli{config: was}).settings())
			got, err := parseConfig(written)
			if err != nil {
				t.Fatalf("%v in:\n%s", err, written)
			}
			if diff := cmp.Diff(was, got, cmpopts.IgnoreUnexported(config{}, pinSettings{})); diff != "" {
				t.Errorf("the copy differs (-file +copy):\n%s\n%s", diff, written)
			}
			if says := strings.Contains(written, "plugins"); says != strings.Contains(text, "plugins") {
				t.Errorf("the copy speaks of plugins: %v\n%s", says, written)
			}
		})
	}
}
