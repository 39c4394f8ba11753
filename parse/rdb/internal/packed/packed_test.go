package packed

import (
	"math"
	"testing"
)

func TestEntry(t *testing.T) {
	scratch := []byte("what was there before")
	for _, c := range []struct {
		entry Entry
		isInt bool
		want  string
	}{
		{Entry{Text: []byte("abc")}, false, "abc"},
		{Entry{Text: []byte{}}, false, ""},
		{Entry{}, true, "0"},
		{Entry{Int: -1}, true, "-1"},
		{Entry{Int: math.MinInt64}, true, "-9223372036854775808"},
	} {
		if got := string(c.entry.Bytes(&scratch)); got != c.want || c.entry.IsInt() != c.isInt {
			t.Errorf("%+v: %q, integer %v", c.entry, got, c.entry.IsInt())
		}
	}
}
