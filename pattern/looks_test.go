package pattern

import (
	"strings"
	"testing"
)

func TestLooks(t *testing.T) {
	looks := NewLooks(Separators)
	for _, c := range []struct{ key, want string }{
		{"user:1001:profile", "user:*:profile"},
		{"user1001", "user*"},
		{"session:9f86d081884c7d65", "session:*"},
		{"session:k2v9q0x7m4w8z1r5t3:cart", "session:*:cart"},
		{"cart:6ba7b810-9dad-11d1-80b4-00c04fd430c8:items", "cart:*:items"},
		{"{user:7}.cart", "{user:*}.cart"},
		{"config:blob", "config:*"},
		{"config", "config"},
		{":config", ":config"}, // one part
		{"12345", "*"},
		{"a:b:c", "a:b:*"},
		{"facade:beef", "facade:*"}, // letters alone are a word
		{"v2:item", "v2:*"},
		{"", ""},
		{":", ":"},
		{"queue:", "queue:"},
		{"{queue}", "{queue}"},
		{strings.Repeat("ab:", 200), strings.Repeat("ab:", mostParts) + "*"},
		{"a" + strings.Repeat(":", mostBytes) + "b", "a" + strings.Repeat(":", mostBytes) + "*"},
		{"größe:12", "größe:*"},
		{"order[123]", "order[123]"}, // no separators of this one
	} {
		if got := string(looks.Append([]byte("kept"), []byte(c.key))); got != "kept"+c.want {
			t.Errorf("%.40q: %q, want %q", c.key, got, "kept"+c.want)
		}
	}
}
