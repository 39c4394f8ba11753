package glob

import (
	"strings"
	"testing"
	"time"
)

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		want          bool
	}{
		{"", "", true},
		{"", "a", false},
		{"a", "", false},
		{"*", "", true},
		{"**", "abc", true},
		{"?", "a", true},
		{"?", "", false},
		{"a*c", "abbbc", true},
		{"a*c", "abbb", false},
		{"*b*d", "abcbd", true},
		{"user:*:name", "user:17:name", true},
		{"user:*:name", "user:17:mail", false},
		{"h[ae]llo", "hello", true},
		{"h[ae]llo", "hillo", false},
		{"h[^e]llo", "hallo", true},
		{"h[^e]llo", "hello", false},
		{"h[a-c]llo", "hbllo", true},
		{"h[c-a]llo", "hbllo", true},
		{"h[a-c]llo", "hdllo", false},
		{"[a-]", "a-", false},
		{"[a-]", "a", true}, // the range reaches up from ] and the bracket ends with the pattern
		{`[\]]`, "]", true},
		{`[\-a]`, "-", true},
		{"[]", "a", false},
		{"[^]", "a", true},
		{"[abc", "b", true},
		{"[", "a", false},
		{"[", "[", false},
		{`\*`, "*", true},
		{`\*`, "a", false},
		{`a\`, `a\`, true},
		{`\\`, `\`, true},
		{"a\x00*", "a\x00\xff", true},
		{"A", "a", false},
	} {
		if got := Match([]byte(c.pattern), []byte(c.text)); got != c.want {
			t.Errorf("Match(%q, %q) = %v", c.pattern, c.text, got)
		}
	}
}

// A pattern of many stars takes the server exponential time.
func TestManyStars(t *testing.T) {
	began := time.Now()
	pattern := strings.Repeat("a*", 500) + "b"
	if Match([]byte(pattern), []byte(strings.Repeat("a", 20_000))) {
		t.Error("there is no b to match")
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
}

func FuzzMatch(f *testing.F) {
	f.Add("a*[b-d]?", "aabc")
	f.Add(`\`, `\`)
	f.Fuzz(func(t *testing.T, pattern, text string) {
		Match([]byte(pattern), []byte(text))
		if Match([]byte(text), []byte(text)) != true && !strings.ContainsAny(text, `*?[\`) {
			t.Errorf("%q does not match itself", text)
		}
		if !Match([]byte("*"+pattern), []byte(text)) && Match([]byte(pattern), []byte(text)) {
			t.Errorf("a star before %q matches less of %q", pattern, text)
		}
	})
}
