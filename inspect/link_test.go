package inspect

import (
	"strings"
	"testing"

	"github.com/redsleuth/redsleuth/finding"
)

// Words without framing are no command of a master's; an AOF's are told where it
// is read, and one set between commands is told once, with how many there were.
func TestInline(t *testing.T) {
	const (
		resumed = "+CONTINUE 0123456789012345678901234567890123456789\r\n"
		set     = "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\nb\r\n" // 27 bytes
		sel     = "*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n"
	)
	for name, c := range map[string]struct {
		data  string
		byte  int64
		count int64
	}{
		"none":            {resumed + set + set, 0, 0},
		"a word":          {resumed + set + "ixcfwe\r\n" + set, int64(len(resumed) + 27), 1},
		"a command":       {resumed + set + "SET a b\r\n" + set + "DEL a\r\n", int64(len(resumed) + 27), 2},
		"a heartbeat":     {resumed + set + "\n" + set, 0, 0},
		"an empty line":   {resumed + set + "\r\n" + set, int64(len(resumed) + 27), 0},
		"a value of text": {resumed + strings.Replace(set, "$1\r\nb", "$8\r\nab\r\ncd\r\n", 1), 0, 0},
		"a bare stream":   {sel + set + "ixcfwe\r\n" + set, int64(len(sel) + 27), 1},
	} {
		t.Run(name, func(t *testing.T) {
			var got []finding.Finding
			for _, f := range inspectBytes(t, []byte(c.data), Options{}).Findings {
				if f.Code == finding.StreamText {
					got = append(got, f)
				}
			}
			if c.byte == 0 {
				if len(got) > 0 {
					t.Errorf("told %+v", got)
				}
				return
			}
			if len(got) != 1 || got[0].Severity != finding.Warning ||
				*got[0].Byte != c.byte || got[0].Count != c.count {
				t.Errorf("got %+v", got)
			}
		})
	}
}
