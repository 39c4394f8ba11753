package input

import (
	"fmt"
	"strings"
	"testing"
)

func TestSniff(t *testing.T) {
	for _, c := range []struct {
		head string
		want Kind
	}{
		{"REDIS0011\xfa", KindRDB},
		{"VALKEY080\xfa", KindRDB},
		{"REDISxyz1", ""},
		{"REDIS000\xfa9", KindRDB}, // a damaged one
		{"VALKEY0a0", KindRDB},
		{"REDIS is on 6379", ""},
		{"\xd4\xc3\xb2\xa1\x02\x00\x04\x00", KindPCAP},
		{"\x0a\x0d\x0d\x0a\x1c\x00\x00\x00", KindPCAP},
		{"file appendonly.aof.1.base.rdb seq 1 type b\n", KindAOFSet},
		{"# a comment\nfile a seq 1 type i\n", KindAOFSet},
		{"*1\r\n$4\r\nPING\r\n", KindCommands},
		{"*1", KindCommands},
		{"*2\r\n", KindCommands},
		{"#TS:1628217470\r\n*1\r\n$4\r\nPING\r\n", KindAOF},
		{"*1\r\n$4\r\nPING\r\n#TS:1628217470\r\n", KindAOF},
		{"+PONG\r\n+OK\r\n", KindPSYNC},
		{"\n\n+FULLRESYNC 0 1\r\n", KindPSYNC},
		{"+CONTINUE\r\n*1\r\n$4\r\nPING\r\n", KindPSYNC},
		{"$18\r\nREDIS0011\xff12345678", KindPSYNC},
		{"$EOF:0123", KindPSYNC},
		{"lue\r\n*1\r\n$4\r\nPING\r\n", KindCommands},
		{"OK\n1339518083.107412 [0 127.0.0.1:60866] \"keys\" \"*\"\n", KindMonitor},
		{"+OK\r\n+1339518083.107412 [0 127.0.0.1:60866] \"keys\" \"*\"\r\n", KindMonitor},
		{"\x00\x00\x00", ""},
		{strings.Repeat("\x00", 512), KindRDB},
		{"+CONTINUE and commands; cont-mid: the resume lands within one.\n", ""},
		{"+OK, this is what I saw\r\n", ""},
		{"-ERR unknown command\r\n", KindPSYNC},
		{"Dear diary,\r\n* milk\r\n", ""},
		{"", ""},
	} {
		t.Run(fmt.Sprintf("%q", c.head), func(t *testing.T) {
			if got := Sniff([]byte(c.head)); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}
