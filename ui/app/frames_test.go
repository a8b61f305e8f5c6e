package app_test

import "testing"

// TestFrames are the screens as a person sees them, at every size of the frame.
func TestFrames(t *testing.T) {
	screens := []struct {
		name string
		keys []string
	}{
		{"keys", nil}, {"key", []string{"enter"}}, {"repos", []string{"3"}}, {"activity", []string{"5"}}, {"help", []string{"?"}},
		{"tags", []string{"3", "/", "w", "e", "b", "enter", "enter"}},
		{"tag", []string{"3", "/", "w", "e", "b", "enter", "enter", "enter"}},
		{"roles", []string{"3", "/", "w", "e", "b", "enter", "enter", "i"}},
		{"open", []string{"o"}}, {"palette", []string{":"}}, {"palette_found", []string{":", "r", "o"}},
	}
	for _, s := range sizes() {
		t.Run(sizeName(s), func(t *testing.T) {
			for _, c := range screens {
				t.Run(c.name, func(t *testing.T) { newWorld().console(t, s[0], s[1]).Press(c.keys...).Fits().Golden() })
			}
		})
	}
}
