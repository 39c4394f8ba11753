package packed

import (
	"fmt"
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
		t.Run(fmt.Sprintf("%+v", c.entry), func(t *testing.T) {
			if got := string(c.entry.Bytes(&scratch)); got != c.want || c.entry.IsInt() != c.isInt {
				t.Errorf("%q, integer %v", got, c.entry.IsInt())
			}
		})
	}
}
