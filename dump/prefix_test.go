package dump

import (
	"strings"
	"testing"
)

func TestPrefix(t *testing.T) {
	for _, c := range []struct{ key, want string }{
		{"user:1001:profile", "user:*:profile"},
		{"user1001", "user*"},
		{"session:9f86d081884c7d65", "session:*"},
		{"cart:6ba7b810-9dad-11d1-80b4-00c04fd430c8:items", "cart:*:items"},
		{"{user:7}.cart", "{user:*}.cart"},
		{"config:blob", "config:*"},
		{"config", "config"},
		{"12345", "*"},
		{"a:b:c", "a:b:*"},
		{"facade:beef", "facade:*"}, // letters alone are a word
		{"v2:item", "v2:*"},
		{"", ""},
		{":", ":"},
		{"queue:", "queue:"},
		{strings.Repeat("ab:", 200), strings.Repeat("ab:", 85) + "ab*"},
		{"größe:12", "größe:*"},
	} {
		if got := string(appendPrefix([]byte("kept"), []byte(c.key))); got != "kept"+c.want {
			t.Errorf("%.40q: %q, want %q", c.key, got, "kept"+c.want)
		}
	}
}
