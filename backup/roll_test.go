package backup

import "testing"

// Files are called in any order, each once, and those that did not come are told.
func TestRoll(t *testing.T) {
	files := []File{{Path: "a"}, {Path: "b"}, {Path: "c"}, {Path: "d"}}
	for name, c := range map[string]struct {
		calls   []string
		known   int
		missing int
		first   string
	}{
		"in order":  {[]string{"a", "b", "c", "d"}, 4, 0, ""},
		"backwards": {[]string{"d", "c", "b", "a"}, 4, 0, ""},
		"twice":     {[]string{"a", "a", "b", "a"}, 2, 2, "c"},
		"unknown":   {[]string{"b", "x", "", "d"}, 2, 2, "a"},
		"none":      {nil, 0, 4, "a"},
	} {
		r, known := newRoll(files), 0
		for _, path := range c.calls {
			if at, ok := r.call(path); ok {
				known++
				if files[at].Path != path {
					t.Errorf("%s: called %q, and %q came", name, path, files[at].Path)
				}
			}
		}
		first, n := r.missing()
		if known != c.known || n != c.missing || n > 0 && first.Path != c.first || len(r.read()) != 0 {
			t.Errorf("%s: %d came, %d missing, first %v", name, known, n, first)
		}
	}
}
