package link

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
)

// recorder writes down what a walk yields.
type recorder struct {
	strings.Builder
	lazy bool // leaves payloads unread
}

func (r *recorder) RDB(_ *record.Link, d *rdb.Decoder) error {
	if r.lazy {
		return nil
	}
	keys := 0
	for rec, err := range d.Records() {
		if err != nil {
			fmt.Fprintf(r, "  rdb of %d keys: %v\n", keys, err)
			return nil
		}
		if rec.Kind == rdb.KindKey {
			keys++
		}
	}
	fmt.Fprintf(r, "  rdb of %d keys\n", keys)
	return nil
}

func (r *recorder) LinkStart(l *record.Link) error {
	fmt.Fprintf(r, "link %d %s %q %d %s\n", l.Number, l.Resync, l.ReplicationID, l.StartOffset, l.Anchor)
	return nil
}

func (r *recorder) Command(c *record.Command) error {
	fmt.Fprintf(r, "  %d-%d @%d+%d db %d tx %d %q\n", c.Offset, c.EndOffset, c.Byte, c.Bytes, c.DB, c.Transaction, c.Args)
	return nil
}

func (r *recorder) Note(n *record.Note) error {
	fmt.Fprintf(r, "  %s @%d+%d offset %d-%d", n.Kind, n.Byte, n.Bytes, n.Offset, n.EndOffset)
	if n.Text != nil {
		fmt.Fprintf(r, " %q", n.Text)
	}
	if n.Err != nil {
		fmt.Fprintf(r, " %v", n.Err)
	}
	r.WriteByte('\n')
	return nil
}

func (r *recorder) LinkEnd(l *record.Link) error {
	fmt.Fprintf(r, "end %s: %d commands, %d bytes, to %d", l.End, l.Commands, l.Bytes, l.EndOffset)
	if l.Payload != nil {
		fmt.Fprintf(r, ", payload %s %d %s", l.Payload.Framing, l.Payload.Bytes, l.Payload.End)
	}
	if l.Refused != "" {
		fmt.Fprintf(r, ", refused %q", l.Refused)
	}
	if l.Channel != "" {
		fmt.Fprintf(r, ", %s channel of %s", l.Channel, l.ClientID)
	}
	r.WriteByte('\n')
	return nil
}

const (
	id   = "0123456789012345678901234567890123456789"
	mark = "abcdefghijabcdefghijabcdefghijabcdefghij"
	rdb1 = "REDIS0009\xfe\x00\x00\x01k\x01v\xff\x00\x00\x00\x00\x00\x00\x00\x00" // 25 bytes, one key
	// placed has the fields repl-id and repl-offset (182), and one key: 91 bytes.
	placed  = "REDIS0009\xfa\x07repl-id\x28" + id + "\xfa\x0brepl-offset\xc1\xb6\x00" + "\xfe\x00\x00\x01k\x01v\xff\x00\x00\x00\x00\x00\x00\x00\x00"
	ping    = "*1\r\n$4\r\nPING\r\n"              // 14 bytes
	select3 = "*2\r\n$6\r\nSELECT\r\n$1\r\n3\r\n" // 23 bytes
	multi   = "*1\r\n$5\r\nMULTI\r\n"             // 15 bytes
	exec    = "*1\r\n$4\r\nEXEC\r\n"              // 14 bytes
	incr    = "*2\r\n$4\r\nINCR\r\n$1\r\nn\r\n"   // 21 bytes
)

// requested is the replica's request.
func requested(offset int64) func(*Options) {
	return func(o *Options) { o.Link = NewLink(1); o.Link.Requested = &record.Request{ID: id, Offset: offset} }
}

var links = []struct {
	name, bytes string
	options     func(*Options)
	want        string
}{
	{name: "a full resync by length", bytes: "+PONG\r\n+OK\r\n\n\n+FULLRESYNC " + id + " 100\r\n\n$25\r\n" + rdb1 + select3 + incr, want: `
link 1 full "` + id + `" 100 fullresync
  rdb of 1 keys
  100-123 @103+23 db -1 tx 0 ["SELECT" "3"]
  123-144 @126+21 db 3 tx 0 ["INCR" "n"]
end clean: 2 commands, 44 bytes, to 144, payload length 25 clean
`},
	{name: "a full resync by mark", bytes: "+FULLRESYNC " + id + " 0\r\n$EOF:" + mark + "\r\n" + rdb1 + mark + ping, want: `
link 1 full "` + id + `" 0 fullresync
  rdb of 1 keys
  0-14 @168+14 db -1 tx 0 ["PING"]
end clean: 1 commands, 14 bytes, to 14, payload eof-mark 25 clean
`},
	{name: "SYNC, whose payload tells where it was made", bytes: "$91\r\n" + placed + ping, want: `
link 1 full "` + id + `" 182 fullresync
  rdb of 1 keys
  182-196 @96+14 db -1 tx 0 ["PING"]
end clean: 1 commands, 14 bytes, to 196, payload length 91 clean
`},
	{name: "an answer is believed, not the payload", bytes: "+FULLRESYNC " + id + " 100\r\n$91\r\n" + placed + ping, want: `
link 1 full "` + id + `" 100 fullresync
  rdb of 1 keys
  100-114 @154+14 db -1 tx 0 ["PING"]
end clean: 1 commands, 14 bytes, to 114, payload length 91 clean
`},
	{name: "a resume within a command", bytes: "+CONTINUE\r\n\n3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n" + ping + ping, want: `
link 1 partial "" -1 none
  heartbeat @11+1 offset -1--1
  misaligned @12+22 offset -1--1 the partial resync continues within a command: the offset that the replica asked for was not the master's at byte 12
  -1--1 @34+14 db -1 tx 0 ["PING"]
  -1--1 @48+14 db -1 tx 0 ["PING"]
end clean: 2 commands, 50 bytes, to -1
`},
	{name: "a resume within a value that reads as a line", bytes: "+CONTINUE\r\nhello\r\n" + ping + ping, options: requested(501), want: `
link 1 partial "` + id + `" 500 psync
  misaligned @11+7 offset 500-507 the partial resync continues within a command: the offset that the replica asked for was not the master's at byte 11
  507-521 @18+14 db -1 tx 0 ["PING"]
  521-535 @32+14 db -1 tx 0 ["PING"]
end clean: 2 commands, 35 bytes, to 535
`},
	{name: "behind a terminal's lines", bytes: "Trying ::1...\r\nConnected.\r\n$25\r\n" + rdb1 + ping, want: `
link 1 full "" -1 none
  leading-data @0+27 offset -1--1 text before the first reply of the link, which is read at byte 0
  rdb of 1 keys
  -1--1 @57+14 db -1 tx 0 ["PING"]
end clean: 1 commands, 14 bytes, to -1, payload length 25 clean
`},
	{name: "SYNC of old", bytes: "$25\r\n" + rdb1 + ping, want: `
link 1 full "" -1 none
  rdb of 1 keys
  -1--1 @30+14 db -1 tx 0 ["PING"]
end clean: 1 commands, 14 bytes, to -1, payload length 25 clean
`},
	{name: "a partial resync, its request known", bytes: "+CONTINUE " + id + "\r\n" + incr,
		options: func(o *Options) { o.Link.Requested, o.DB = &record.Request{ID: id, Offset: 51}, 2 }, want: `
link 1 partial "` + id + `" 50 psync
  50-71 @52+21 db 2 tx 0 ["INCR" "n"]
end clean: 1 commands, 21 bytes, to 71
`},
	{name: "a partial resync of old, nothing known", bytes: "+CONTINUE\r\n" + incr, want: `
link 1 partial "" -1 none
  -1--1 @11+21 db -1 tx 0 ["INCR" "n"]
end clean: 1 commands, 21 bytes, to -1
`},
	{name: "commands alone, with an offset from outside", bytes: select3 + ping,
		options: func(o *Options) { o.Link.StartOffset, o.Link.Anchor = 10, record.AnchorFlag }, want: `
link 1 none "" 10 flag
  10-33 @0+23 db -1 tx 0 ["SELECT" "3"]
  33-47 @23+14 db 3 tx 0 ["PING"]
end clean: 2 commands, 37 bytes, to 47
`},
	{name: "transactions", bytes: multi + select3 + incr + exec + incr + multi + incr, want: `
link 1 none "" -1 none
  -1--1 @0+15 db -1 tx 1 ["MULTI"]
  -1--1 @15+23 db -1 tx 1 ["SELECT" "3"]
  -1--1 @38+21 db 3 tx 1 ["INCR" "n"]
  -1--1 @59+14 db 3 tx 1 ["EXEC"]
  -1--1 @73+21 db 3 tx 0 ["INCR" "n"]
  -1--1 @94+15 db 3 tx 2 ["MULTI"]
  -1--1 @109+21 db 3 tx 2 ["INCR" "n"]
  transaction-open @94+36 offset -1--1
end clean: 7 commands, 130 bytes, to -1
`},
	{name: "heartbeats and replies don't count", bytes: "+CONTINUE\r\n" + ping + "\n" + "-ERR x\r\n" + ping,
		options: func(o *Options) { o.Link.Requested = &record.Request{ID: id, Offset: 1} }, want: `
link 1 partial "` + id + `" 0 psync
  0-14 @11+14 db -1 tx 0 ["PING"]
  heartbeat @25+1 offset 14--1
  reply @26+8 offset 14--1 "-ERR x" a line of text within the stream, where only commands belong: a replica counts it and its master may not at byte 26
  14-28 @34+14 db -1 tx 0 ["PING"]
end clean: 2 commands, 28 bytes, to 28
`},
	{name: "an empty line is text, and no heartbeat", bytes: "+CONTINUE\r\n" + ping + "\r\n" + ping,
		options: func(o *Options) { o.Link.Requested = &record.Request{ID: id, Offset: 1} }, want: `
link 1 partial "` + id + `" 0 psync
  0-14 @11+14 db -1 tx 0 ["PING"]
  reply @25+2 offset 14--1 "" an empty line (CR LF) within the stream, which no master writes: a replica counts its 2 bytes and its master does not at byte 25
  14-28 @27+14 db -1 tx 0 ["PING"]
end clean: 2 commands, 28 bytes, to 28
`},
	{name: "cut in a command", bytes: "+CONTINUE\r\n" + ping + incr[:9], want: `
link 1 partial "" -1 none
  -1--1 @11+14 db -1 tx 0 ["PING"]
  truncated @25+9 offset -1--1 the input ends within a command at byte 25
end truncated: 1 commands, 14 bytes, to -1
`},
	{name: "cut in a payload", bytes: "+FULLRESYNC " + id + " 7\r\n$25\r\n" + rdb1[:12], want: `
link 1 full "` + id + `" 7 fullresync
  rdb of 0 keys: the file ends early while reading a key at byte 12
  truncated @73+0 offset -1--1 the recording ends within the payload at byte 73
end truncated: 0 commands, 0 bytes, to 7, payload length 25 truncated
`},
	{name: "cut in a payload with a mark", bytes: "+FULLRESYNC " + id + " 7\r\n$EOF:" + mark + "\r\n" + rdb1 + mark[:20], want: `
link 1 full "` + id + `" 7 fullresync
  rdb of 1 keys
  truncated @148+0 offset -1--1 the recording ends within the payload at byte 148
end truncated: 0 commands, 0 bytes, to 7, payload eof-mark 45 truncated
`},
	{name: "cut before the payload", bytes: "+FULLRESYNC " + id + " 7\r\n\n\n", want: `
link 1 full "` + id + `" 7 fullresync
end truncated: 0 commands, 0 bytes, to 7
`},
	{name: "cut in the handshake", bytes: "+PONG\r\n+FULLRE", want: `
link 1 none "" -1 none
  truncated @7+7 offset -1--1 the recording ends within a line of the handshake at byte 7
end truncated: 0 commands, 0 bytes, to -1
`},
	{name: "a damaged payload, left by its length", bytes: "+FULLRESYNC " + id + " 7\r\n$25\r\n" + strings.Replace(rdb1, "\x00\x01k", "\x08\x01k", 1) + ping, want: `
link 1 full "` + id + `" 7 fullresync
  rdb of 0 keys: byte 8 is neither a type nor an opcode at byte 12
  7-21 @86+14 db -1 tx 0 ["PING"]
end clean: 1 commands, 14 bytes, to 21, payload length 25 damaged
`},
	{name: "a damaged payload, left by its mark", bytes: "+FULLRESYNC " + id + " 7\r\n$EOF:" + mark + "\r\n" + strings.Replace(rdb1, "\x00\x01k", "\x08\x01k", 1) + mark + ping, want: `
link 1 full "` + id + `" 7 fullresync
  rdb of 0 keys: byte 8 is neither a type nor an opcode at byte 12
  7-21 @168+14 db -1 tx 0 ["PING"]
end clean: 1 commands, 14 bytes, to 21, payload eof-mark 25 damaged
`},
	{name: "a payload in Valkey's envelope", bytes: "+FULLRESYNC " + id + " 7\r\n$9\r\nVCS\x01\x01\x00\x01xx" + ping, want: `
link 1 full "` + id + `" 7 fullresync
  damage @60+-1 offset -1--1 the payload is compressed in a VCS envelope at byte 60
  7-21 @69+14 db -1 tx 0 ["PING"]
end clean: 1 commands, 14 bytes, to 21, payload length 9 damaged
`},
	{name: "nothing that could be a command", bytes: "\x00\x01\x02", want: `
link 1 none "" -1 none
  gap @0+3 offset -1--1
end truncated: 0 commands, 3 bytes, to -1
`},
	{name: "a refusal, then another try", bytes: "+PONG\r\n-LOADING busy\r\n+FULLRESYNC " + id + " 7\r\n$25\r\n" + rdb1, want: `
link 1 full "` + id + `" 7 fullresync
  rdb of 1 keys
end clean: 0 commands, 0 bytes, to 7, payload length 25 clean
`},
	{name: "refused for good", bytes: "+PONG\r\n-NOMASTERLINK no\r\n", want: `
link 1 none "" -1 none
end clean: 0 commands, 0 bytes, to -1, refused "NOMASTERLINK no"
`},
	{name: "a saving that failed", bytes: "+FULLRESYNC " + id + " 7\r\n-ERR BGSAVE failed\r\n+FULLRESYNC " + id + " 9\r\n$25\r\n" + rdb1, want: `
link 1 full "` + id + `" 9 fullresync
  rdb of 1 keys
end clean: 0 commands, 0 bytes, to 9, payload length 25 clean
`},
	{name: "two connections in one file", bytes: "+CONTINUE\r\n" + select3 + "+PONG\r\n+CONTINUE " + id + "\r\n" + incr, want: `
link 1 partial "" -1 none
  -1--1 @11+23 db -1 tx 0 ["SELECT" "3"]
end clean: 1 commands, 23 bytes, to -1
link 2 partial "` + id + `" -1 none
  -1--1 @93+21 db -1 tx 0 ["INCR" "n"]
end clean: 1 commands, 21 bytes, to -1
`},
	{name: "a handshake alone", bytes: "+PONG\r\n+OK\r\n", want: `
  truncated @12+0 offset -1--1 the recording ends within the handshake: no link begins in it at byte 12
`},
	{name: "a payload broken off, another connection", bytes: "+FULLRESYNC " + id + " 7\r\n$1000\r\n" + rdb1[:14] + "+PONG\r\n+OK\r\n+CONTINUE " + id + "\r\n" + incr, want: `
link 1 full "` + id + `" 7 fullresync
  rdb of 1 keys: byte 50 is neither a type nor an opcode at byte 59
  truncated @77+0 offset -1--1 the payload is broken off: another connection begins here at byte 77
end truncated: 0 commands, 0 bytes, to 7, payload length 1000 truncated
link 2 partial "` + id + `" -1 none
  -1--1 @141+21 db -1 tx 0 ["INCR" "n"]
end clean: 1 commands, 21 bytes, to -1
`},
	{name: "a payload with a mark broken off, another connection", bytes: "+FULLRESYNC " + id + " 7\r\n$EOF:" + mark + "\r\n" + rdb1[:12] + "\x01k\x40\xff" + "+FULLRESYNC " + id + " 70\r\n$25\r\n" + rdb1 + incr, want: `
link 1 full "` + id + `" 7 fullresync
  rdb of 1 keys: the file ends early while reading the value in database 0 at byte 124
  truncated @119+0 offset -1--1 the payload is broken off: another connection begins here at byte 119
end truncated: 0 commands, 0 bytes, to 7, payload eof-mark 16 truncated
link 2 full "` + id + `" 70 fullresync
  rdb of 1 keys
  70-91 @206+21 db -1 tx 0 ["INCR" "n"]
end clean: 1 commands, 21 bytes, to 91, payload length 25 clean
`},
	{name: "another connection that begins with its payload", bytes: "+CONTINUE\r\n" + incr + "$25\r\n" + rdb1 + incr, want: `
link 1 partial "" -1 none
  -1--1 @11+21 db -1 tx 0 ["INCR" "n"]
end clean: 1 commands, 21 bytes, to -1
link 2 full "" -1 none
  rdb of 1 keys
  -1--1 @62+21 db -1 tx 0 ["INCR" "n"]
end clean: 1 commands, 21 bytes, to -1, payload length 25 clean
`},
	{name: "another connection that begins with $ENDOFF", bytes: "+CONTINUE\r\n" + incr + "$ENDOFF:70 " + id + " 0 12\r\n$EOF:" + mark + "\r\n" + rdb1 + mark, want: `
link 1 partial "" -1 none
  -1--1 @11+21 db -1 tx 0 ["INCR" "n"]
end clean: 1 commands, 21 bytes, to -1
link 2 full "` + id + `" 70 fullresync
  rdb of 1 keys
end clean: 0 commands, 0 bytes, to 70, payload eof-mark 25 clean, rdb channel of 12
`},
	{name: "a gap that took the mark", bytes: "+FULLRESYNC " + id + " 7\r\n$EOF:" + mark + "\r\n" + rdb1[:14] + incr[9:] + select3 + incr + ping,
		options: func(o *Options) { o.Gaps = []Gap{{Byte: 117, Missing: 1000}} }, want: `
link 1 full "` + id + `" 7 fullresync
  rdb of 1 keys: the file ends early while reading the value in database 0 at byte 14
  gap @117+1000 offset -1--1
  gap @117+12 offset -1--1 the end of the payload is not in the recording: offsets are not known from here on at byte 117
  -1--1 @129+23 db -1 tx 0 ["SELECT" "3"]
  -1--1 @152+21 db 3 tx 0 ["INCR" "n"]
  -1--1 @173+14 db 3 tx 0 ["PING"]
end clean: 3 commands, 58 bytes, to -1, payload eof-mark 14 damaged
`},
	{name: "a gap before the mark", bytes: "+FULLRESYNC " + id + " 7\r\n$EOF:" + mark + "\r\n" + rdb1[:14] + mark + select3 + incr + ping,
		options: func(o *Options) { o.Gaps = []Gap{{Byte: 117, Missing: 1000}} }, want: `
link 1 full "` + id + `" 7 fullresync
  rdb of 1 keys: the file ends early while reading the value in database 0 at byte 14
  gap @117+1000 offset -1--1
  7-30 @157+23 db -1 tx 0 ["SELECT" "3"]
  30-51 @180+21 db 3 tx 0 ["INCR" "n"]
  51-65 @201+14 db 3 tx 0 ["PING"]
end clean: 3 commands, 58 bytes, to 65, payload eof-mark 14 damaged
`},
	{name: "a mark that is damaged", bytes: "+FULLRESYNC " + id + " 7\r\n$EOF:" + mark + "\r\n" + rdb1 + mark[:39] + "x" + select3 + incr + ping, want: `
link 1 full "` + id + `" 7 fullresync
  rdb of 1 keys
  damage @128+40 offset -1--1 the mark at the end of the payload is not the one that was announced at byte 128
  7-30 @168+23 db -1 tx 0 ["SELECT" "3"]
  30-51 @191+21 db 3 tx 0 ["INCR" "n"]
  51-65 @212+14 db 3 tx 0 ["PING"]
end clean: 3 commands, 58 bytes, to 65, payload eof-mark 25 damaged
`},
	{name: "entered within a command", bytes: incr[5:] + select3 + incr,
		options: func(o *Options) { o.Link.StartOffset, o.Link.Anchor = 100, record.AnchorFlag }, want: `
link 1 none "" 100 flag
  gap @0+16 offset 100-116
  116-139 @16+23 db -1 tx 0 ["SELECT" "3"]
  139-160 @39+21 db 3 tx 0 ["INCR" "n"]
end clean: 2 commands, 60 bytes, to 160
`},
	{name: "damage within the stream", bytes: select3 + "\x00\x01\x00" + incr + incr + incr, want: `
link 1 none "" -1 none
  -1--1 @0+23 db -1 tx 0 ["SELECT" "3"]
  damage @23+3 offset -1--1 byte 0x00 where a command belongs while reading a command at byte 23
  -1--1 @26+21 db -1 tx 0 ["INCR" "n"]
  -1--1 @47+21 db -1 tx 0 ["INCR" "n"]
  -1--1 @68+21 db -1 tx 0 ["INCR" "n"]
end clean: 4 commands, 89 bytes, to -1
`},
	{name: "zeros within the stream", bytes: select3 + "$1" + strings.Repeat("\x00", 9) + "x" + incr + incr + incr, want: `
link 1 none "" -1 none
  -1--1 @0+23 db -1 tx 0 ["SELECT" "3"]
  damage @23+12 offset -1--1 9 zero bytes, from byte 25 to 33, where commands belong: blocks that were never written or got lost; 12 bytes can't be read with them at byte 25
  -1--1 @35+21 db -1 tx 0 ["INCR" "n"]
  -1--1 @56+21 db -1 tx 0 ["INCR" "n"]
  -1--1 @77+21 db -1 tx 0 ["INCR" "n"]
end clean: 4 commands, 98 bytes, to -1
`},
	{name: "zeros at the end, which is where recording stopped", bytes: select3 + strings.Repeat("\x00", 9), want: `
link 1 none "" -1 none
  -1--1 @0+23 db -1 tx 0 ["SELECT" "3"]
  damage @23+9 offset -1--1 9 zero bytes, from byte 23 to 31, where commands belong: blocks that were never written or got lost; 9 bytes can't be read with them at byte 23
end clean: 1 commands, 32 bytes, to -1
`},
	{name: "zeros at the beginning", bytes: strings.Repeat("\x00", 9) + incr[5:] + select3 + incr, want: `
link 1 none "" -1 none
  damage @0+25 offset -1--1 9 zero bytes, from byte 0 to 8, where commands belong: blocks that were never written or got lost; 25 bytes can't be read with them at byte 0
  -1--1 @25+23 db -1 tx 0 ["SELECT" "3"]
  -1--1 @48+21 db 3 tx 0 ["INCR" "n"]
end clean: 2 commands, 69 bytes, to -1
`},
	{name: "damage to the end", bytes: select3 + "\x00\x01\x00", want: `
link 1 none "" -1 none
  -1--1 @0+23 db -1 tx 0 ["SELECT" "3"]
  damage @23+3 offset -1--1 byte 0x00 where a command belongs while reading a command at byte 23
end damaged: 1 commands, 26 bytes, to -1
`},
	{name: "the main channel of Redis 8", bytes: "+PONG\r\n+RDBCHANNELSYNC 12\r\n" + select3, want: `
link 1 none "" -1 none
  -1--1 @27+23 db -1 tx 0 ["SELECT" "3"]
end clean: 1 commands, 23 bytes, to -1, main channel of 12
`},
	{name: "the payload's channel of Valkey 8", bytes: "+OK\r\n$ENDOFF:70 " + id + " 0 12\r\n$EOF:" + mark + "\r\n" + rdb1 + mark, want: `
link 1 full "` + id + `" 70 fullresync
  rdb of 1 keys
end clean: 0 commands, 0 bytes, to 70, payload eof-mark 25 clean, rdb channel of 12
`},
	{name: "a gap within a line of the handshake", bytes: "+PONG\r\n+CONT" + incr[3:] + incr + incr,
		options: func(o *Options) { o.Gaps = []Gap{{Byte: 12, Missing: 9}} }, want: `
link 1 none "" -1 none
  gap @7+32 offset -1--1
  -1--1 @30+21 db -1 tx 0 ["INCR" "n"]
  -1--1 @51+21 db -1 tx 0 ["INCR" "n"]
end clean: 2 commands, 74 bytes, to -1
`},
	{name: "a gap that took the payload and its length", bytes: "+FULLRESYNC " + id + " 7\r\n" + incr + ping,
		options: func(o *Options) { o.Gaps = []Gap{{Byte: 56, Missing: 300}} }, want: `
link 1 full "` + id + `" 7 fullresync
  gap @56+300 offset -1--1
  -1--1 @56+21 db -1 tx 0 ["INCR" "n"]
  -1--1 @77+14 db -1 tx 0 ["PING"]
end clean: 2 commands, 335 bytes, to -1
`},
	{name: "a gap within the line of the payload's length", bytes: "+FULLRESYNC " + id + " 7\r\n$2" + incr,
		options: func(o *Options) { o.Gaps = []Gap{{Byte: 58, Missing: 28}} }, want: `
link 1 full "` + id + `" 7 fullresync
  gap @56+30 offset -1--1
  -1--1 @58+21 db -1 tx 0 ["INCR" "n"]
end clean: 1 commands, 51 bytes, to -1
`},
	{name: "a gap within the stream", bytes: "+CONTINUE\r\n" + select3 + incr[:7] + incr[3:] + incr + incr,
		options: func(o *Options) {
			o.Link.Requested = &record.Request{ID: id, Offset: 1}
			o.Gaps = []Gap{{Byte: 41, Missing: 17}}
		}, want: `
link 1 partial "` + id + `" 0 psync
  0-23 @11+23 db -1 tx 0 ["SELECT" "3"]
  gap @34+42 offset 23-65
  65-86 @59+21 db -1 tx 0 ["INCR" "n"]
  86-107 @80+21 db -1 tx 0 ["INCR" "n"]
end clean: 3 commands, 107 bytes, to 107
`},
	{name: "a gap within a payload", bytes: "+FULLRESYNC " + id + " 7\r\n$25\r\n" + rdb1[:14] + rdb1[20:] + ping,
		options: func(o *Options) { o.Gaps = []Gap{{Byte: 74, Missing: 6}} }, want: `
link 1 full "` + id + `" 7 fullresync
  rdb of 0 keys: the file ends early while reading a key at byte 13
  gap @74+6 offset -1--1
  7-21 @80+14 db -1 tx 0 ["PING"]
end clean: 1 commands, 14 bytes, to 21, payload length 25 damaged
`},
	{name: "a gap over the end of a payload", bytes: "+FULLRESYNC " + id + " 7\r\n$25\r\n" + rdb1[:14] + incr[11:] + ping,
		options: func(o *Options) { o.Gaps = []Gap{{Byte: 74, Missing: 22}} }, want: `
link 1 full "` + id + `" 7 fullresync
  rdb of 0 keys: the file ends early while reading a key at byte 13
  gap @74+22 offset -1--1
  gap @74+11 offset 17-28
  28-42 @85+14 db -1 tx 0 ["PING"]
end clean: 1 commands, 35 bytes, to 42, payload length 25 damaged
`},
}

func walk(t testing.TB, bytes_ string, options func(*Options), block int, r *recorder) string {
	t.Helper()
	c := parse.NewCursorSize(strings.NewReader(bytes_), 0, block)
	defer c.Close()
	o := Options{Link: NewLink(1), DB: record.Unknown, Again: func(from int64) (*parse.Cursor, error) {
		return parse.NewCursorSize(strings.NewReader(bytes_[from:]), from, block), nil
	}}
	if options != nil {
		options(&o)
	}
	if err := Walk(c, o, r); err != nil {
		t.Fatal(err)
	}
	return "\n" + r.String()
}

func TestLinks(t *testing.T) {
	for _, l := range links {
		t.Run(l.name, func(t *testing.T) {
			for _, block := range []int{1, 2, 3, 7, 64, 1 << 18} {
				if got := walk(t, l.bytes, l.options, block, &recorder{}); got != l.want {
					t.Errorf("blocks of %d:%s\nwant:%s", block, got, l.want)
					break
				}
			}
		})
	}
}

// A handler that does not read the payload finds the stream at the same place.
func TestPayloadLeftUnread(t *testing.T) {
	for _, l := range links {
		t.Run(l.name, func(t *testing.T) {
			var want strings.Builder
			for line := range strings.Lines(l.want) {
				if !strings.HasPrefix(line, "  rdb of") {
					want.WriteString(line)
				}
			}
			if got := walk(t, l.bytes, l.options, 64, &recorder{lazy: true}); got != want.String() {
				t.Errorf("%s\nwant:%s", got, want.String())
			}
		})
	}
}

func TestTimesAreThoseOfTheLastByte(t *testing.T) {
	o := Options{Link: NewLink(1), DB: record.Unknown, At: func(b int64) (time.Time, int64) { return time.Unix(b, 0), b }}
	h := &timeKeeper{}
	if err := Walk(parse.NewBytesCursor([]byte(ping+incr), 0), o, h); err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(h.packets) != "[13 34]" {
		t.Errorf("packets %v", h.packets)
	}
}

type timeKeeper struct {
	recorder
	packets []int64
}

func (k *timeKeeper) Command(c *record.Command) error {
	k.packets = append(k.packets, c.Packet)
	return nil
}

type stopper struct{ recorder }

func (s *stopper) Command(*record.Command) error { return record.Stop }

func TestHandlerStops(t *testing.T) {
	if err := Walk(parse.NewBytesCursor([]byte(ping+ping), 0), Options{}, &stopper{}); err != nil {
		t.Errorf("%v", err)
	}
}

func TestReadErrorComesThrough(t *testing.T) {
	broken := errors.New("disk on fire")
	for _, start := range []string{"", "+PONG\r\n", ping, "+FULLRESYNC " + id + " 1\r\n$25\r\n" + rdb1[:5]} {
		c := parse.NewCursor(io.MultiReader(strings.NewReader(start), &failing{broken}), 0)
		if err := Walk(c, Options{}, &recorder{}); !errors.Is(err, broken) {
			t.Errorf("after %q: %v", start, err)
		}
		c.Close()
	}
}

type failing struct{ err error }

func (f *failing) Read([]byte) (int, error) { return 0, f.err }

// FuzzWalk: however the bytes arrive, the events are the same, and the
// offsets go up by what lies between them.
func FuzzWalk(f *testing.F) {
	for _, l := range links {
		f.Add([]byte(l.bytes), uint8(5))
	}
	f.Fuzz(func(t *testing.T, data []byte, block uint8) {
		if bytes.Count(data, []byte("\n")) > 10_000 {
			return // only slow to write down
		}
		whole := walk(t, string(data), nil, 1<<18, &recorder{})
		if got := walk(t, string(data), nil, int(block)+1, &recorder{}); got != whole {
			t.Errorf("blocks of %d:%s\nwhole:%s", int(block)+1, got, whole)
		}
	})
}
