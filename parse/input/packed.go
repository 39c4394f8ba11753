package input

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sync/atomic"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/clitext"
)

// vcs begins the envelope that Valkey 9.2 may put around an RDB: "VCS",
// version 1, codec, a reserved zero, the kind of stream; one frame follows.
const vcs = "VCS\x01"

func compression(head []byte) string {
	has := func(magic string) bool {
		return len(head) >= len(magic) && string(head[:len(magic)]) == magic
	}
	switch {
	case has("\x1f\x8b"):
		return "gzip"
	case has("\x28\xb5\x2f\xfd"):
		return "zstd"
	case has("\x04\x22\x4d\x18"):
		return "lz4"
	case has("BZh"):
		return "bzip2"
	case has(vcs + "\x01"):
		return "vcs-lz4"
	case has(vcs + "\x02"):
		return "vcs-zstd"
	case isBase64(head):
		return "base64"
	}
	return ""
}

// ofRedisCLI: the text of redis-cli --replica, which stands for commands.
const ofRedisCLI = "redis-cli"

// isBase64 reports whether bytes are the text into which mail and terminals put
// files, and what is in it begins as an artefact does, compressed or not.
func isBase64(head []byte) bool {
	const looked = 64 // bytes that it stands for
	text := bytes.TrimRight(head, "\r\n")
	if line, _, cut := bytes.Cut(text, []byte("\n")); cut {
		text = bytes.TrimRight(line, "\r")
	}
	text = text[:min(len(text)/4*4, looked/3*4)]
	begin, err := base64.StdEncoding.DecodeString(string(text))
	if err != nil || len(begin) < looked/8 {
		return false
	}
	switch c := compression(begin); c {
	case "", "base64":
	default:
		return true
	}
	k := Sniff(begin)
	return k != "" && k != KindCommands || startsCommand(begin)
}

// zstdWindow bounds what a hostile frame can make the decoder reserve.
const zstdWindow = 128 << 20

// packing is what reading found of the compressed data around an input.
type packing struct {
	cut    atomic.Bool // it ends early
	behind atomic.Bool // bytes follow it
	broken atomic.Pointer[string]
}

func (in *Input) decompress(r io.Reader, method string) (io.Reader, error) {
	u := &unpacked{method: method, found: &in.packing}
	switch method {
	case "base64":
		u.Reader = base64.NewDecoder(base64.StdEncoding, r)
	case ofRedisCLI:
		u.Reader = clitext.Reader(r)
	case "gzip":
		u.Reader = &members{from: bufio.NewReader(r)}
	case "bzip2":
		u.Reader = bzip2.NewReader(r)
	case "vcs-lz4", "vcs-zstd":
		if _, err := io.CopyN(io.Discard, r, 7); err != nil {
			return nil, err
		}
		return in.decompress(r, method[len("vcs-"):])
	case "lz4":
		u.Reader = lz4.NewReader(r)
	case "zstd":
		z, err := zstd.NewReader(r, zstd.WithDecoderMaxWindow(zstdWindow), zstd.WithDecoderConcurrency(1))
		if err != nil {
			return nil, err
		}
		u.Reader = z
	default:
		return r, nil
	}
	if method == "base64" { // of a file that was compressed before
		return in.within(u)
	}
	return u, nil
}

// within takes off the compression of what base64 stands for.
func (in *Input) within(r io.Reader) (io.Reader, error) {
	b := &bufferedHead{r: r}
	head, err := b.fill(16)
	if err != nil {
		return nil, err
	}
	switch c := compression(head); c {
	case "", "base64":
		return b, nil
	default:
		return in.decompress(b, c)
	}
}

// unpacked reads decompressed bytes. A compressed file that was cut is an
// input that ends early, and so is one with wrong bytes, at these; neither is one
// that the operating system could not read.
type unpacked struct {
	io.Reader
	method string
	found  *packing
	any    bool // something was decompressed
}

func (u *unpacked) Read(p []byte) (int, error) {
	n, err := u.Reader.Read(p)
	u.any = u.any || n > 0
	var system *fs.PathError
	switch {
	case err == nil, err == io.EOF, errors.As(err, &system):
		return n, err
	case errors.Is(err, io.ErrUnexpectedEOF):
		u.found.cut.Store(true)
	case u.any && isBehind(err):
		u.found.behind.Store(true)
	default:
		what := fmt.Sprintf("the %s compression is broken: %v", u.method, err)
		u.found.broken.CompareAndSwap(nil, &what)
	}
	return n, io.EOF
}

// isBehind: what follows one stream of compressed data begins no other.
func isBehind(err error) bool {
	const ofBzip2 = bzip2.StructuralError("bad magic value in continuation file")
	return errors.Is(err, errBehind) || errors.Is(err, zstd.ErrMagicMismatch) ||
		errors.Is(err, lz4.ErrInvalidFrame) || errors.Is(err, ofBzip2)
}

var errBehind = errors.New("bytes behind the compressed data")

// members reads the members of a gzip file one after the other, and tells bytes
// behind the last of them from one that is cut.
type members struct {
	from *bufio.Reader
	z    *gzip.Reader
}

// Read implements io.Reader.
func (m *members) Read(p []byte) (int, error) {
	if m.z == nil {
		z, err := gzip.NewReader(m.from)
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return 0, err
		}
		m.z = z
		m.z.Multistream(false)
	}
	n, err := m.z.Read(p)
	if n > 0 || !errors.Is(err, io.EOF) {
		if errors.Is(err, io.EOF) {
			err = nil // it comes again
		}
		return n, err
	}
	switch next, _ := m.from.Peek(2); {
	case len(next) == 0:
		return 0, io.EOF
	case len(next) < 2 || compression(next) != "gzip":
		return 0, errBehind
	}
	if err := m.z.Reset(m.from); err != nil {
		return 0, err
	}
	m.z.Multistream(false)
	return 0, nil
}

// Cut reports whether the compressed data was found to end early. It is not
// known before the end was read.
func (in *Input) Cut() bool { return in.packing.cut.Load() }

// Broken says what is wrong with the compressed data, behind which nothing of it
// was read; nil where nothing was found.
func (in *Input) Broken() error {
	if what := in.packing.broken.Load(); what != nil {
		return parse.Damaged("%s", *what)
	}
	return nil
}

// Behind reports whether bytes follow the compressed data that are none.
func (in *Input) Behind() bool { return in.packing.behind.Load() }
