package capture

import (
	"bytes"
	"encoding/binary"
)

// afterProxy is what follows the header that a proxy puts before the first
// bytes of a connection to tell whose they are; all of it where there is none.
//
//	v1  "PROXY TCP4 1.2.3.4 5.6.7.8 1111 6379" CRLF
//	v2  12 bytes, version and command, family, a length of two bytes, as many bytes
//
// Source: haproxy doc/proxy-protocol.txt.
func afterProxy(head []byte) []byte {
	const sign, longest = "\r\n\r\n\x00\r\nQUIT\n", 107
	if rest, ok := bytes.CutPrefix(head, []byte("PROXY ")); ok {
		if i := bytes.Index(rest[:min(len(rest), longest)], []byte("\r\n")); i >= 0 {
			return rest[i+2:]
		}
	}
	if rest, ok := bytes.CutPrefix(head, []byte(sign)); ok && len(rest) >= 4 {
		if n := 4 + int(binary.BigEndian.Uint16(rest[2:])); n <= len(rest) {
			return rest[n:]
		}
	}
	return head
}

// encrypted reports whether bytes are TLS: records that follow one another.
//
//	20 to 23, version 3.0 to 3.4, a length of two bytes, as many bytes
//
// The first one begins the connection (whole), or follows a torn one.
func encrypted(head []byte, whole bool) bool {
	const handshake, enough = 22, 3
	if records(head) > 0 && (!whole || head[0] == handshake) {
		return true
	}
	for i := range head {
		if records(head[i:]) >= enough {
			return !whole
		}
	}
	return false
}

// records counts the records that begin one after another.
func records(b []byte) (n int) {
	const header, most = 5, 1<<14 + 2048
	for len(b) >= header {
		size := int(binary.BigEndian.Uint16(b[3:]))
		if b[0] < 20 || b[0] > 23 || b[1] != 3 || b[2] > 4 || size == 0 || size > most {
			break
		}
		n++
		b = b[min(len(b), header+size):]
	}
	return n
}
