package input

import (
	"bytes"
	"regexp"

	"github.com/redsleuth/redsleuth/parse/clitext"
)

// magics are what people bring in place of what is in it. %s is a program.
var magics = []struct{ magic, is string }{
	{"\xfd7zXZ\x00", "xz compressed: xz -d it first"},
	{"PK\x03\x04", "a zip archive: unzip it first"},
	{"7z\xbc\xaf\x27\x1c", "a 7z archive: unpack it first"},
	{"\x89LZO", "lzop compressed: lzop -d it first"},
	{"LZIP", "lzip compressed: lzip -d it first"},
	{"\xff\x06\x00\x00sNaPpY", "compressed with Snappy: decompress it first"},
	{"\x1f\x9d", "compressed with compress: uncompress it first"},
	{"\xff\xfe", "UTF-16 text: a shell or an editor converted it, and bytes that were no text are lost"},
	{"\xfe\xff", "UTF-16 text: a shell or an editor converted it, and bytes that were no text are lost"},
	{"sending REPLCONF ", "what redis-cli says of a transfer (--rdb, --replica), and not what was transferred"},
	{"SYNC sent to master", "what redis-cli --rdb says of a transfer, and not the dump"},
}

// hexDump is the text of a tool that shows bytes, or the digits alone.
var hexDump = regexp.MustCompile(`^(?:[0-9a-f]{6,8}:? +[0-9a-f]{2,4} ?[0-9a-f]{2,4} |[0-9a-fA-F]{64})`)

// foreign says what an unrecognised input is, or "" where nothing tells.
func foreign(head []byte) string {
	for _, m := range magics {
		if bytes.HasPrefix(head, []byte(m.magic)) {
			return m.is
		}
	}
	line, _, _ := bytes.Cut(head, []byte("\n"))
	switch {
	case compression(head) != "":
		return "compressed twice (" + compression(head) + " within): decompress it once"
	case isTarHead(head):
		return "a tar archive: unpack it first"
	case hexDump.Match(head):
		return "the text of a hex dump: xxd -r makes bytes of it (-p where it is digits alone)"
	case isZlib(head):
		return "compressed with zlib: decompress it first"
	case clitext.IsStatus(line):
		return "what redis-cli --replica says of itself, and no commands"
	}
	return ""
}

// isTarHead: the first header of a tar archive has a mark.
func isTarHead(head []byte) bool {
	const place, mark = 257, "ustar"
	return len(head) > place && bytes.HasPrefix(head[place:], []byte(mark))
}

// isZlib: the two bytes at the head of zlib's data are a multiple of 31.
func isZlib(head []byte) bool {
	return len(head) > 2 && head[0] == 0x78 && (int(head[0])<<8|int(head[1]))%31 == 0
}
