package rdb

import (
	"strings"
	"testing"

	"github.com/redsleuth/redsleuth/parse"
)

func TestFunctions(t *testing.T) {
	payload := unhex(t, `
f5 0c 23216c7561206e616d653d61   # #!lua name=a
f5 0c 23216c7561206e616d653d62   # #!lua name=b
0a00 0000000000000000            # version 10, no checksum
`)
	var got []string
	err := Functions(payload, Options{}, func(source []byte) error {
		got = append(got, string(source))
		return nil
	})
	if err != nil || strings.Join(got, "|") != "#!lua name=a|#!lua name=b" {
		t.Errorf("%v, %v", got, err)
	}
	for name, broken := range map[string][]byte{
		"no footer":   payload[:5],
		"a cut one":   append(append([]byte{}, payload[:20]...), payload[28:]...),
		"another one": append([]byte{0, 1, 'k', 1, 'v'}, payload[28:]...),
	} {
		t.Run(name, func(t *testing.T) {
			if err := Functions(broken, Options{}, func([]byte) error { return nil }); !parse.IsDamage(err) {
				t.Error(err)
			}
		})
	}
}
