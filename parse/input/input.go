package input

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/clitext"
	"github.com/redsleuth/redsleuth/parse/dumped"
	"github.com/redsleuth/redsleuth/parse/tempfile"
)

// ErrUnrecognised: an input is no kind of artefact that this program knows.
var ErrUnrecognised = errors.New("not recognised")

// Options say how inputs are opened.
type Options struct {
	Limits parse.Limits
	// As overrules the recognition of the kind.
	As Kind
	// Stdin is what the path "-" reads.
	Stdin io.Reader
	// Progress, where set, is told of every read of the bytes as they are on
	// disk, from another goroutine.
	Progress func(n int)
	// Sum: SHA256 is wanted of what comes through a pipe.
	Sum bool
}

// An Input is a file, a folder or a pipe, opened read-only, with its kind
// and compression recognised by content.
type Input struct {
	Path string // as it was given; "-" is standard input
	Size int64  // bytes as they are on disk; -1 where not known before the end
	Kind Kind   // as sniffed, or as overruled
	// Preamble: it begins with an RDB that says it is the head of an AOF, whose
	// commands follow it.
	Preamble bool
	// Compression is "", "gzip", "zstd", "lz4" or "bzip2"; "vcs-lz4" and
	// "vcs-zstd" are Valkey's envelope, "base64" is a transfer's, "redis-cli" the
	// text in which redis-cli --replica writes commands.
	Compression string
	// Payload is the length of the RDB with which a link begins whose handshake
	// is not there, not even the line with that length; 0 for any other.
	Payload int64
	Limits  parse.Limits

	options Options
	file    *os.File // nil for a folder and for a pipe that is being read
	pipe    io.Reader
	spool   *os.File
	tail    *bufferedHead
	sum     *sum // nil where nobody wants it
	payload dumped.Payload
	packing packing
}

// Open opens path and recognises it. An error that wraps ErrUnrecognised
// means that nothing in it looks like an artefact.
func Open(path string, options Options) (*Input, error) {
	in := &Input{Path: path, Size: -1, Limits: options.Limits.OrDefault(), options: options}
	if path == "-" {
		if options.Stdin == nil {
			return nil, fmt.Errorf("stdin is not available")
		}
		in.pipe = options.Stdin
		return in, in.recognise()
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return in, in.recogniseFolder()
	}
	if in.file, err = os.Open(path); err != nil {
		return nil, err
	}
	if info.Mode().IsRegular() {
		in.Size = info.Size()
	} else {
		in.pipe, in.file = in.file, nil
	}
	if err := in.recognise(); err != nil {
		return nil, errors.Join(err, in.Close())
	}
	return in, nil
}

// Close closes what Open opened and removes the spool.
func (in *Input) Close() error {
	var errs []error
	if in.sum != nil && in.sum.done != nil {
		in.sum.stopped.Store(true)
		<-in.sum.done
	}
	if in.file != nil {
		errs = append(errs, in.file.Close())
	}
	if f, ok := in.pipe.(*os.File); ok && in.Path != "-" {
		errs = append(errs, f.Close())
	}
	if in.spool != nil {
		errs = append(errs, in.spool.Close())
	}
	return errors.Join(errs...)
}

// Cursor starts at the first decompressed byte. Of a pipe there is one
// cursor, once, unless Spool was called.
func (in *Input) Cursor() (*parse.Cursor, error) { return in.CursorAt(0) }

// CursorAt starts at a place of the decompressed input. For it the input must
// be Rereadable.
func (in *Input) CursorAt(offset int64) (*parse.Cursor, error) {
	r, err := in.open(offset)
	if err != nil {
		return nil, err
	}
	size := int64(parse.BlockSize)
	if in.Size >= 0 && in.Compression == "" {
		size = max(recordBlockSize, min(size, in.Size-offset))
	}
	return parse.NewCursorSize(r, offset, int(size)), nil
}

// RecordCursor is CursorAt for little: it reads no further ahead than a few
// kilobytes, so that one record of a large file costs no more than that.
func (in *Input) RecordCursor(offset int64) (*parse.Cursor, error) {
	r, err := in.open(offset)
	if err != nil {
		return nil, err
	}
	return parse.NewCursorOnDemand(r, offset, recordBlockSize), nil
}

// recordBlockSize is the size of the blocks of a RecordCursor.
const recordBlockSize = 4 << 10

// Rereadable: whether CursorAt can be called more than once, and with any
// place.
func (in *Input) Rereadable() bool {
	return in.spool != nil || in.file != nil && in.Compression == "" && in.Kind != KindDumpPayload
}

// Spool copies an input that can be read only once (or only from its front)
// into a private temporary file, which is removed by Close and, being
// unlinked at once, on every other way out too. It does nothing where the
// input is Rereadable, or a folder.
func (in *Input) Spool() (err error) {
	if in.Rereadable() || in.Folder() {
		return nil
	}
	r, err := in.open(0)
	if err != nil {
		return err
	}
	f, err := tempfile.New("redsleuth-spool")
	if err != nil {
		return err
	}
	if _, err := io.Copy(f, r); err != nil {
		return errors.Join(err, f.Close())
	}
	in.spool = f
	return nil
}

// open reads the decompressed bytes, of a DUMP payload those of the RDB that is
// made of it.
func (in *Input) open(offset int64) (io.Reader, error) {
	r, err := in.decompressed(offset)
	if err != nil || in.Kind != KindDumpPayload || in.spool != nil {
		return r, err
	}
	return in.payload.RDB(r)
}

func (in *Input) decompressed(offset int64) (io.Reader, error) {
	switch {
	case in.spool != nil:
		return io.NewSectionReader(in.spool, offset, 1<<62), nil
	case in.file != nil && in.Compression == "" && (offset == 0 || in.Kind != KindDumpPayload):
		return in.watched(io.NewSectionReader(in.file, offset, 1<<62)), nil
	case offset != 0:
		return nil, fmt.Errorf("%s: can't be read from byte %d: not a plain file", in.Path, offset)
	case in.file != nil:
		return in.decompress(in.watched(io.NewSectionReader(in.file, 0, 1<<62)), in.Compression)
	case in.tail != nil:
		r := in.tail
		in.tail = nil
		return r, nil
	}
	return nil, fmt.Errorf("%s: a pipe can be read only once", in.Path)
}

// packedHead is how much of an input tells its compression.
const packedHead = 4 << 10

// recognise reads the head, takes off the compression and sniffs.
func (in *Input) recognise() error {
	raw := io.Reader(in.pipe)
	if in.file == nil && in.options.Sum {
		raw = in.summed(raw)
	}
	if in.file != nil {
		raw = io.NewSectionReader(in.file, 0, 1<<62)
	}
	compressed := &bufferedHead{r: raw}
	head, err := compressed.fill(packedHead)
	if err != nil {
		return err
	}
	if in.Compression = compression(head); in.Compression == "" && clitext.Begins(head) {
		in.Compression = ofRedisCLI
	}
	source := io.Reader(compressed)
	if in.file == nil {
		source = in.watched(compressed)
	}
	if source, err = in.decompress(source, in.Compression); err != nil {
		return fmt.Errorf("%s: %w", in.Path, err)
	}
	plain := &bufferedHead{r: source}
	head, err = plain.fill(sniffLen)
	if err != nil && len(head) == 0 {
		return fmt.Errorf("%s: %w", in.Path, err)
	}
	if in.file == nil {
		in.tail = plain
		if len(head) < sniffLen && in.Compression == "" && err == nil {
			in.Size = int64(len(head))
		}
	}
	in.Preamble = isPreamble(head)
	if in.Kind = Sniff(head); in.options.As != "" {
		in.Kind = in.options.As
	}
	if in.Kind == KindRDB && in.options.As == "" || in.options.As == KindPSYNC {
		if in.Payload, err = in.barePayload(head); err != nil {
			return err
		}
		if in.Payload > 0 {
			in.Kind = KindPSYNC
		}
	}
	if k := in.Kind; k == KindDumpPayload || in.options.As == "" && (k == "" || k == KindCommands) {
		is, err := in.recognisePayload(head, k == KindDumpPayload)
		if err != nil {
			return err
		}
		if is {
			in.Kind = KindDumpPayload
		}
	}
	if err := in.Broken(); in.Kind == "" && err != nil {
		return fmt.Errorf("%s: %w: %w", in.Path, ErrUnrecognised, err)
	}
	if in.Kind == "" && len(head) == 0 && in.Compression != "" {
		return fmt.Errorf("%s: %w: the %s data ends before anything can be decompressed", in.Path,
			ErrUnrecognised, in.Compression)
	}
	if in.Kind == "" && len(head) == 0 {
		return fmt.Errorf("%s: %w: it is empty", in.Path, ErrUnrecognised)
	}
	if what := foreign(head); in.Kind == "" && what != "" {
		return fmt.Errorf("%s: %w: it is %s", in.Path, ErrUnrecognised, what)
	}
	if in.Kind == "" {
		return fmt.Errorf("%s: %w as an RDB, AOF, replication link, command stream, packet capture, "+
			"output of MONITOR, slow log or reply of DUMP", in.Path, ErrUnrecognised)
	}
	return nil
}

// IsAOFSet reports whether a folder holds a multi-part AOF: a manifest, or, where
// that was lost, files with the names of its parts.
func IsAOFSet(dir string) bool {
	for _, like := range []string{"*.manifest", "*.*.base.rdb", "*.*.base.aof", "*.*.incr.aof"} {
		// The error is of a pattern, or of a folder's name that reads as one.
		if names, err := filepath.Glob(filepath.Join(dir, like)); err == nil && len(names) > 0 {
			return true
		}
	}
	return false
}

func (in *Input) recogniseFolder() error {
	if !IsAOFSet(in.Path) {
		return fmt.Errorf(
			"%s: a folder without a manifest: %w as a multi-part AOF", in.Path, ErrUnrecognised)
	}
	in.Kind = KindAOFSet
	in.Size = in.folderSize()
	return nil
}

// folderSize is that of the regular files of a set; -1 where not all can be asked.
func (in *Input) folderSize() (size int64) {
	entries, err := os.ReadDir(in.Path)
	if err != nil {
		return -1
	}
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil {
			return -1
		}
		if info.Mode().IsRegular() {
			size += info.Size()
		}
	}
	return size
}

// Folder reports whether the input is a folder.
func (in *Input) Folder() bool { return in.file == nil && in.pipe == nil }

// FS gives the files beside the input: those in the folder, or those in the
// folder of the file.
func (in *Input) FS() fs.FS {
	if in.Folder() {
		return os.DirFS(in.Path)
	}
	return os.DirFS(filepath.Dir(in.Path))
}

// PartOptions are those for a file that belongs to this one. Its kind is
// known, so that an empty one is opened too.
func (in *Input) PartOptions() Options {
	o := in.options
	o.As, o.Stdin, o.Sum = KindAOF, nil, false
	return o
}

func (in *Input) watched(r io.Reader) io.Reader {
	if in.options.Progress == nil {
		return r
	}
	return &watchedReader{r, in.options.Progress}
}

type watchedReader struct {
	io.Reader
	tell func(int)
}

func (w *watchedReader) Read(p []byte) (int, error) {
	n, err := w.Reader.Read(p)
	w.tell(n)
	return n, err
}

// A bufferedHead lets its first bytes be looked at before they are read.
type bufferedHead struct {
	r    io.Reader
	head []byte
	err  error
}

func (b *bufferedHead) fill(n int) ([]byte, error) {
	buf := make([]byte, n)
	got, err := io.ReadFull(b.r, buf)
	b.head = buf[:got]
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return b.head, nil
	}
	b.err = err
	return b.head, err
}

func (b *bufferedHead) Read(p []byte) (int, error) {
	if len(b.head) > 0 {
		n := copy(p, b.head)
		b.head = b.head[n:]
		return n, nil
	}
	if b.err != nil {
		return 0, b.err
	}
	return b.r.Read(p)
}
