package client

import "bytes"

// LooksAsked reports whether the first bytes of a direction may be what a client
// sends. Whole: they are the first of the connection.
func LooksAsked(head []byte, whole bool) bool {
	if beginsRequest(head) {
		return true
	}
	if whole {
		line, _, ended := bytes.Cut(head, []byte("\n"))
		return ended && isInline(bytes.TrimSuffix(line, []byte("\r")))
	}
	for i := 0; ; {
		n := bytes.Index(head[i:], []byte("\r\n*"))
		if n < 0 {
			return false
		}
		if i += n + len("\r\n"); StartsRequest(head[i:]) {
			return true
		}
	}
}

// beginsRequest reports whether bytes, which may be few, begin with a command.
func beginsRequest(head []byte) bool {
	if StartsRequest(head) {
		return true
	}
	rest := head
	if bytes.IndexByte(head, '\n') >= 0 {
		var ok bool
		if rest, ok = header(head, '*'); !ok {
			return false
		}
		return len(rest) == 0 || rest[0] == '$' && digits(rest[1:])
	}
	return len(head) > 0 && head[0] == '*' && digits(head[1:])
}

// digits: a number that is not whole.
func digits(b []byte) bool {
	for i, c := range b {
		if (c < '0' || c > '9') && !(c == '\r' && i == len(b)-1) {
			return false
		}
	}
	return len(b) < maxHeader
}

// isInline: a command of words, which begins with a letter.
func isInline(line []byte) bool {
	return len(line) > 0 && line[0]|0x20 >= 'a' && line[0]|0x20 <= 'z' && printable(line)
}

// LooksReplied reports whether the first bytes of a direction may be what a
// server sends. Whole: they are the first of the connection.
func LooksReplied(head []byte, whole bool) bool {
	if beginsReply(head) {
		return true
	}
	if whole {
		return false
	}
	for i := 0; ; {
		n := bytes.Index(head[i:], []byte("\r\n"))
		if n < 0 {
			return false
		}
		if i += n + len("\r\n"); i < len(head) && beginsReply(head[i:]) {
			return true
		}
	}
}

// beginsReply reports whether bytes, which may be few, begin with a reply.
func beginsReply(head []byte) bool {
	line, _, ended := bytes.Cut(head, []byte("\n"))
	if ended {
		if !bytes.HasSuffix(line, []byte("\r")) {
			return false
		}
		line = line[:len(line)-1]
	}
	if len(line) == 0 {
		return false
	}
	switch line[0] {
	case '+', '-':
		return printable(line)
	case '$', '!', '=', '*', '~', '>', '%', '|', ':':
		rest := bytes.TrimPrefix(line[1:], []byte("-"))
		return digits(rest) && (!ended || len(rest) > 0)
	case '_', '#', ',', '(':
		return len(line) < maxHeader*4 && printable(line)
	}
	return false
}
