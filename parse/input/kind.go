package input

import (
	"bytes"
	"encoding/binary"
	"regexp"

	"github.com/redsleuth/redsleuth/parse/link"
	"github.com/redsleuth/redsleuth/parse/monitor"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/slowlog"
	"github.com/redsleuth/redsleuth/parse/tcp"
)

// Kind says what an input is. The values are those of --as and of "kind" in
// the JSON documents.
type Kind string

// The kinds of artefact.
const (
	KindRDB      Kind = "rdb"
	KindPSYNC    Kind = "psync"    // raw bytes of a link, master to replica
	KindCommands Kind = "commands" // RESP commands with nothing before them
	KindAOF      Kind = "aof"
	KindAOFSet   Kind = "aof-set" // multi-part AOF: a manifest, or the folder that holds it
	KindPCAP     Kind = "pcap"    // pcap or pcapng
	KindMonitor  Kind = "monitor" // the output of MONITOR
	KindSlowlog  Kind = "slowlog" // what SLOWLOG GET replied, as text or JSON
	// KindDumpPayload is what DUMP replies; it reads as an RDB of one key.
	KindDumpPayload Kind = "dump-payload"
)

// Kinds lists every kind, for help and completion.
func Kinds() []Kind {
	return []Kind{KindRDB, KindPSYNC, KindCommands, KindAOF, KindAOFSet, KindPCAP, KindMonitor,
		KindSlowlog, KindDumpPayload}
}

// Seconds reports whether the times in inputs of the kind are known to the second alone:
// those of "#TS:" annotations, and of a slow log.
func (k Kind) Seconds() bool { return k == KindAOF || k == KindAOFSet || k == KindSlowlog }

// Clients reports whether inputs of the kind hold what ordinary clients sent, and
// nothing else.
func (k Kind) Clients() bool { return k == KindMonitor || k == KindSlowlog }

// Recording reports whether inputs of the kind end wherever somebody stopped
// recording them, so that an early end is no damage.
func (k Kind) Recording() bool {
	switch k {
	case KindPSYNC, KindCommands, KindPCAP, KindMonitor, KindSlowlog:
		return true
	}
	return false
}

// sniffLen is how many decompressed bytes Sniff likes to see.
const sniffLen = 64 << 10

// Sniff tells the kind of an input from its first decompressed bytes; "" if
// it is none. An RDB that commands follow is an AOF, which only its end can
// tell: such a one is sniffed as an RDB.
func Sniff(head []byte) Kind {
	switch {
	case rdb.HasMagic(head), isZeros(head), isBrokenMagic(head):
		return KindRDB
	case isPCAP(head):
		return KindPCAP
	case isManifest(head):
		return KindAOFSet
	case bytes.HasPrefix(head, []byte("#TS:")):
		return KindAOF
	}
	line := bytes.TrimLeft(head, "\n")
	switch {
	case startsCommand(bytes.TrimLeft(line, "\x00")):
		return sniffCommands(line)
	case tcp.Headless(head):
		return KindPCAP
	case leads(head):
		return KindRDB
	case monitor.Begins(head):
		return KindMonitor
	case slowlog.Begins(head):
		return KindSlowlog
	case startsReply(line), link.Leading(head) > 0:
		return KindPSYNC
	case converted.Match(line): // whose reader says what became of it
		return KindAOF
	case entersCommands(head):
		return KindCommands
	case rdb.LooksCut(head):
		return KindRDB
	}
	return ""
}

// converted is a command whose line ends a transfer or an editor changed.
var converted = regexp.MustCompile(`^\*\d{1,7}(?:\n|\r\r\n)\$\d{1,9}(?:\n|\r\r\n)`)

// isPreamble reports whether an RDB says in its first fields that it is the
// head of an AOF: AUX aof-preamble is 1.
func isPreamble(head []byte) bool {
	const enough = 512
	return rdb.HasMagic(head) &&
		bytes.Contains(head[:min(len(head), enough)], []byte("\x0caof-preamble\xc0\x01"))
}

// leads: an RDB begins behind text, and is no payload of a link, whose length or
// mark is before it.
func leads(head []byte) bool {
	at := rdb.FindMagic(head)
	if at <= 0 || bytes.Contains(head[:at], []byte("\n*")) {
		return false
	}
	line := bytes.TrimRight(head[:at], "\r\n")
	if len(line) < at {
		line = line[bytes.LastIndexByte(line, '\n')+1:]
		if mark, is := bytes.CutPrefix(line, []byte("$")); is && (digits(mark) || bytes.HasPrefix(mark, []byte("EOF:"))) {
			return false
		}
	}
	return true
}

func digits(b []byte) bool {
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(b) > 0
}

// isZeros: what the file was can't be told. A dump is what most such files were, and
// its decoder says what is there.
func isZeros(head []byte) bool {
	const enough = 16 // more than a head and a record of zeros
	return len(head) >= enough && len(bytes.TrimLeft(head, "\x00")) == 0
}

// isBrokenMagic: a magic of whose version a digit or two are wrong.
func isBrokenMagic(head []byte) bool {
	const size, most = len("REDIS0000"), 2
	if len(head) < size {
		return false
	}
	version, ok := bytes.CutPrefix(head[:size], []byte("REDIS"))
	if !ok {
		if version, ok = bytes.CutPrefix(head[:size], []byte("VALKEY")); !ok {
			return false
		}
	}
	wrong := 0
	for _, c := range version {
		if c < '0' || c > '9' {
			wrong++
		}
	}
	return wrong <= most
}

func isPCAP(b []byte) bool {
	if len(b) < 4 {
		return false
	}
	switch binary.LittleEndian.Uint32(b) {
	case 0xa1b2c3d4, 0xd4c3b2a1, 0xa1b23c4d, 0x4d3cb2a1, 0x0a0d0d0a:
		return true
	}
	return false
}

// isManifest looks for the keys of redis src/aof.c, aofLoadManifestFromFile,
// after the comments.
func isManifest(b []byte) bool {
	for line := range bytes.Lines(b) {
		if line[0] == '#' && !bytes.HasPrefix(line, []byte("#TS:")) {
			continue
		}
		return bytes.HasPrefix(line, []byte("file ")) && bytes.Contains(line, []byte(" seq ")) &&
			bytes.Contains(line, []byte(" type "))
	}
	return false
}

// startsCommand: a multibulk command, possibly cut.
func startsCommand(b []byte) bool {
	if len(b) < 2 || b[0] != '*' || b[1] < '1' || b[1] > '9' {
		return false
	}
	i := bytes.IndexByte(b, '\n')
	return i < 0 && len(b) < 12 || i > 2 && i < 12 && digits(b[1:i-1]) &&
		(len(b) == i+1 || b[i+1] == '$')
}

// sniffCommands tells an AOF with timestamps further down from a stream.
func sniffCommands(b []byte) Kind {
	if bytes.Contains(b, []byte("\r\n#TS:")) {
		return KindAOF
	}
	return KindCommands
}

// handshake is a line that a master sends before the payload, as exactly as it
// writes it: text of people begins with a word of it now and then.
var handshake = regexp.MustCompile(`^(?:\+FULLRESYNC [0-9a-f]+(?: \d|$)|\+CONTINUE(?: [0-9a-f]{40})?(?:\r?\n|\r?$)|` +
	`\+(?:PONG|OK|DUALCHANNELSYNC)(?:\r?\n|\r?$)|\+RDBCHANNELSYNC \d|\$EOF:\w|\$ENDOFF:\d|` +
	`-(?:NOAUTH|ERR|NOPERM|LOADING|NOMASTERLINK|BUSY|DENIED|MISCONF)\b[^\n]*(?:\n|$))`)

// startsReply: the lines that a master sends before the payload.
func startsReply(b []byte) bool {
	if handshake.Match(b) {
		return true
	}
	// "$LEN" of a payload: an RDB follows.
	if len(b) > 3 && b[0] == '$' {
		if i := bytes.IndexByte(b[:min(len(b), 24)], '\n'); i > 1 && digits(b[1:i-1]) {
			return rdb.HasMagic(b[i+1:])
		}
	}
	return false
}

// entersCommands: somewhere in the bytes a command begins that has another
// one, or its own arguments, after it.
func entersCommands(b []byte) bool {
	for rest := b; ; {
		i := bytes.Index(rest, []byte("\r\n*"))
		if i < 0 {
			return false
		}
		rest = rest[i+2:]
		if startsCommand(rest) && bytes.Contains(rest[:min(len(rest), 32)], []byte("\r\n$")) {
			return true
		}
	}
}
