package overview

import "testing"

func TestSeen(t *testing.T) {
	tests := []struct {
		name string
		says []string
		want string
	}{
		{"one", []string{"a"}, "a"},
		{"three are told", []string{"a", "b", "c"}, "a; b; c"},
		{"of more the rest is counted", []string{"a", "b", "c", "d"}, "a; b; and 2 more like it"},
	}
	for _, tt := range tests {
		if got := seen(tt.says); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
