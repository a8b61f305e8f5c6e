package trustdata

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMixedScript(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want bool
	}{
		"ascii":                    {"reg.example:5000/pay/web", false},
		"nothing":                  {"", false},
		"accents":                  {"café/naïve", false},
		"combining accent":         {"cafe\u0301", false},
		"all Cyrillic":             {"оплата", false},
		"all Greek":                {"πληρωμή", false},
		"Japanese has three":       {"お寿司ランチ", false},
		"Latin beside Han":         {"web倉庫", false},
		"words of one script each": {"reg.example/оплата-web", false},
		"Cyrillic in Latin":        {"p\u0430y", true},
		"Greek in Latin":           {"d\u03bfcker", true},
		"Latin in Cyrillic":        {"oплата", true},
		"capital":                  {"PR\u041eD", true},
		"in the last segment":      {"reg.example/pay/w\u0435b", true},
		"through what is unseen":   {"p\u200b\u0430y", true},
		"through an accent":        {"e\u0301\u0430", true},
		"digits end a word":        {"a1\u0430", false},
		"not valid UTF-8":          {"a\xff\xfe", false},
	} {
		if got := MixedScript(c.text); got != c.want {
			t.Errorf("%s: MixedScript(%q) is %v", name, c.text, got)
		}
	}
}

func TestLookAlikes(t *testing.T) {
	for name, c := range map[string]struct {
		names []string
		want  map[string]string
	}{
		"plain":               {[]string{"a", "A", "v1", "vl", "a"}, nil},
		"one Cyrillic letter": {[]string{"pay", "p\u0430y", "web"}, map[string]string{"pay": "p\u0430y", "p\u0430y": "pay"}},
		"all Cyrillic":        {[]string{"\u0440\u0430\u0443", "pay"}, map[string]string{"pay": "\u0440\u0430\u0443", "\u0440\u0430\u0443": "pay"}},
		"zero width":          {[]string{"v1", "v\u200b1"}, map[string]string{"v1": "v\u200b1", "v\u200b1": "v1"}},
		"direction":           {[]string{"v1\u202e", "v1"}, map[string]string{"v1": "v1\u202e", "v1\u202e": "v1"}},
		"variation selector":  {[]string{"v1\ufe0f", "v1\U000e0100"}, map[string]string{"v1\ufe0f": "v1\U000e0100", "v1\U000e0100": "v1\ufe0f"}},
		"wide":                {[]string{"pay", "\uff50\uff41\uff59"}, map[string]string{"pay": "\uff50\uff41\uff59", "\uff50\uff41\uff59": "pay"}},
		"other letters":       {[]string{"оплата", "оплати", "web"}, nil},
		"the same name twice": {[]string{"p\u0430y", "p\u0430y"}, nil},
		"three": {[]string{"p\u0430y", "pa\u0443", "pay"}, map[string]string{
			"p\u0430y": "pay", "pa\u0443": "p\u0430y", "pay": "p\u0430y"}},
	} {
		got := LookAlikes(slices.Values(c.names))
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
