package app_test

import "testing"

func TestFrames(t *testing.T) {
	for _, s := range sizes() {
		t.Run(sizeName(s), func(t *testing.T) {
			t.Run("keys", func(t *testing.T) { newWorld().console(t, s[0], s[1]).Fits().Golden() })
			t.Run("key", func(t *testing.T) { newWorld().console(t, s[0], s[1]).Press("enter").Fits().Golden() })
			t.Run("help", func(t *testing.T) { newWorld().console(t, s[0], s[1]).Press("?").Fits().Golden() })
		})
	}
}
