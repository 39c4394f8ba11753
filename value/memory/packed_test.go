package memory

import "testing"

func TestPacking(t *testing.T) {
	long := make([]byte, 300)
	for name, test := range map[string]struct {
		entries           []string
		listpack, ziplist int64
	}{
		"nothing":               {nil, 7, 11},
		"a small integer":       {[]string{"7"}, 7 + 1 + 1, 11 + 1 + 1},
		"127":                   {[]string{"127"}, 7 + 1 + 1, 11 + 1 + 1 + 1},
		"13 bits":               {[]string{"-4096"}, 7 + 2 + 1, 11 + 1 + 1 + 2},
		"24 bits":               {[]string{"8388607"}, 7 + 4 + 1, 11 + 1 + 1 + 3},
		"64 bits":               {[]string{"-9223372036854775808"}, 7 + 9 + 1, 11 + 1 + 1 + 8},
		"text like an integer":  {[]string{"007"}, 7 + 1 + 3 + 1, 11 + 1 + 1 + 3},
		"minus nothing":         {[]string{"-"}, 7 + 1 + 1 + 1, 11 + 1 + 1 + 1},
		"minus zero":            {[]string{"-0"}, 7 + 1 + 2 + 1, 11 + 1 + 1 + 2},
		"300 bytes":             {[]string{string(long)}, 7 + 2 + 300 + 2, 11 + 1 + 2 + 300},
		"what is behind it":     {[]string{string(long), "7"}, 7 + 304 + 2, 11 + 303 + 5 + 1},
		"an empty string":       {[]string{""}, 7 + 1 + 1, 11 + 1 + 1},
		"20 digits, no integer": {[]string{"18446744073709551615"}, 7 + 1 + 20 + 1, 11 + 1 + 1 + 20},
	} {
		var p packing
		p.reset()
		for _, e := range test.entries {
			p.add([]byte(e))
		}
		if p.listpack != test.listpack || p.ziplist != test.ziplist {
			t.Errorf("%s: listpack %d, ziplist %d; not %d, %d", name, p.listpack, p.ziplist, test.listpack, test.ziplist)
		}
	}
}
