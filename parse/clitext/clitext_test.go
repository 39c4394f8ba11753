package clitext

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

const begin = "sending REPLCONF capa eof\nSYNC with master, discarding 212 bytes of bulk transfer...\n" +
	"SYNC done after 212 bytes. Logging commands from master.\n"

func TestBegins(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       bool
	}{
		{"both streams", begin + "\"SELECT\",\"0\"\n\"set\",\"k\",\"a,\\\"b\\\"\"\n", true},
		{"stdout alone, which begins with a heartbeat", "\n\"ping\"\n\"set\",\"k\",\"v\"\n", true},
		{"a command that is cut", "\"set\",\"k\",\"v\"\n\"set\",\"k", true},
		{"status and no command", begin, false},
		{"a table whose first column is no command", "\"name\",\"age\"\n\"ann\",\"7\"\n", false},
		{"a table whose first column reads", "\"type\",\"count\"\n\"hash\",\"7\"\n", false},
		{"what DUMP replies", "\"\\x00\\x01v\\n\\x00\\xd9\"\n", false},
		{"a command and prose", "\"set\",\"k\",\"v\"\nand so on\n", false},
		{"nothing", "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Begins([]byte(c.text)); got != c.want {
				t.Error(got)
			}
		})
	}
}

func TestReader(t *testing.T) {
	for _, c := range []struct {
		name, text, want string
		cut              bool
	}{
		{"commands", begin + "\"set\",\"k\",\"\\x00\\\"\\\\,\\n\"\n\"ping\"\r\n",
			"*3\r\n$3\r\nset\r\n$1\r\nk\r\n$5\r\n\x00\"\\,\n\r\n*1\r\n$4\r\nping\r\n", false},
		{"an argument without bytes", "\"set\",\"k\",\"\"", "*3\r\n$3\r\nset\r\n$1\r\nk\r\n$0\r\n\r\n", false},
		{"cut within a command", "\"ping\"\n\"set\",\"k", "*1\r\n$4\r\nping\r\n", true},
		{"something else", "\"ping\"\nhello\n", "*1\r\n$4\r\nping\r\nhello\n", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, from := range []io.Reader{strings.NewReader(c.text), iotest.OneByteReader(strings.NewReader(c.text))} {
				got, err := io.ReadAll(Reader(from))
				if string(got) != c.want || errors.Is(err, io.ErrUnexpectedEOF) != c.cut || err != nil && !c.cut {
					t.Errorf("%q, %v", got, err)
				}
			}
		})
	}
}

func FuzzReader(f *testing.F) {
	f.Add(begin + "\"set\",\"k\",\"\\x00\"\n")
	f.Fuzz(func(t *testing.T, text string) {
		once, err := io.ReadAll(Reader(strings.NewReader(text)))
		again, errAgain := io.ReadAll(Reader(iotest.OneByteReader(strings.NewReader(text))))
		if string(once) != string(again) || (err == nil) != (errAgain == nil) {
			t.Errorf("%q and %q, by how it is read", once, again)
		}
	})
}
