package damage

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/redsleuth/redsleuth/cause"
	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/dump"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/inspect"
	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/artefact"
	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/replay"
)

// The exit statuses of the program.
const (
	nothing    = 0
	findings   = 1
	unreadable = 2
	damaged    = 3
)

// plain shows bytes so that nothing in them matters.
type plain struct{}

func (plain) Text(b []byte) string { return strconv.Quote(string(b)) }
func (plain) CSV(b []byte) string  { return base64.StdEncoding.EncodeToString(b) }
func (plain) AppendJSON(dst, b []byte) []byte {
	return strconv.AppendQuote(dst, base64.StdEncoding.EncodeToString(b))
}

// open is input.Open; an input that is nothing, or can't be read, is nil.
func open(path string, kind input.Kind) *input.Input {
	in, err := input.Open(path, input.Options{})
	if errors.Is(err, input.ErrUnrecognised) && kind == input.KindAOF {
		in, err = input.Open(path, input.Options{As: kind})
	}
	if err != nil {
		return nil
	}
	return in
}

// look does what the command inspect does, and returns its status.
func look(path string, salvage bool) (status int, report *inspect.Report, err error) {
	in := open(path, "")
	if in == nil {
		return unreadable, nil, nil
	}
	defer in.Close()
	options := inspect.Options{Limits: in.Limits, Kind: in.Kind, Top: 10, Salvage: salvage}
	if in.Rereadable() {
		options.Again = in.CursorAt
	}
	i := inspect.New(options)
	_, err = artefact.Walk(context.Background(), in, artefact.Options{Clients: i.Client}, i)
	if err != nil {
		return unreadable, nil, own(err)
	}
	report = i.Report()
	switch {
	case report.Damaged:
		return damaged, report, nil
	case finding.HasProblems(report.Findings):
		return findings, report, nil
	}
	return nothing, report, nil
}

// own is an error that is not one of the input: a fault of the program.
func own(err error) error {
	if parse.IsDamage(err) || errors.Is(err, input.ErrUnrecognised) ||
		errors.Is(err, replay.ErrNoStream) {
		return nil
	}
	return err
}

// list does what dump does, and holds the records of an RDB to covering it.
func list(path string, format dump.Format, salvage, cover bool) error {
	in := open(path, "")
	if in == nil {
		return nil
	}
	defer in.Close()
	var out bytes.Buffer
	var w io.Writer = io.Discard
	if cover && format == dump.NDJSON {
		w = &out
	}
	options := dump.Options{
		Format: format, Show: plain{}, AtByte: -1, Salvage: salvage, Recording: in.Kind.Recording(),
		Commands: in.Kind != input.KindRDB || in.Preamble, Limits: in.Limits,
	}
	if in.Rereadable() && in.Kind != input.KindPCAP && !in.Kind.Clients() {
		options.Again = in.RecordCursor
	}
	d, err := dump.New(w, options)
	if err != nil {
		return err
	}
	kind := in.Kind
	_, err = artefact.Walk(context.Background(), in, artefact.Options{Clients: d.Client}, d)
	err = errors.Join(own(err), d.Close())
	if err != nil || w != &out || kind != input.KindRDB || in.Preamble || in.Compression != "" {
		return err
	}
	return covers(&out, in.Size)
}

// covers holds that records follow one another from the first byte to the last.
// Damage may be told again of bytes that a record has covered, and follows in the
// place of a key that ends within it. What is before a dump is told behind its
// header, which is the first record always.
func covers(lines io.Reader, size int64) error {
	var c coverage
	scan := bufio.NewScanner(lines)
	scan.Buffer(nil, 64<<20)
	for scan.Scan() {
		var r place
		if err := json.Unmarshal(scan.Bytes(), &r); err != nil {
			return fmt.Errorf("dump writes no JSON: %w: %.200s", err, scan.Bytes())
		}
		if err := c.add(&r); err != nil {
			return err
		}
	}
	switch {
	case c.lead > 0:
		return fmt.Errorf("nothing is told of the %d bytes before the header", c.lead)
	case c.at != size:
		return fmt.Errorf("the last record ends at byte %d of %d", c.at, size)
	}
	return scan.Err()
}

// place is what a record says of its own.
type place struct {
	Record      string
	Byte, Bytes *int64
	Incomplete  bool
}

// coverage is how far records cover an input; lead bytes are before its header.
type coverage struct{ at, lead int64 }

func (c *coverage) add(r *place) error {
	switch {
	case r.Byte == nil || r.Incomplete && *r.Byte == c.at: // of the whole; damage comes next
	case r.Record == "header" && c.at == 0 && *r.Byte > 0 && r.Bytes != nil:
		c.lead = *r.Byte
		c.at = c.lead + *r.Bytes
	case r.Record == "leading-data" && c.lead > 0 && *r.Byte == 0 && r.Bytes != nil && *r.Bytes == c.lead:
		c.lead = 0
	case r.Bytes != nil && r.Record == "damage" && *r.Byte < c.at && *r.Byte+*r.Bytes <= c.at:
	case *r.Byte != c.at || r.Bytes == nil || *r.Bytes < 0:
		return fmt.Errorf("a %s at byte %d, but the record before ends at %d", r.Record, *r.Byte, c.at)
	default:
		c.at += *r.Bytes
	}
	return nil
}

// follow does what replay does.
func follow(path string, several bool) error {
	in := open(path, "")
	if in == nil {
		return nil
	}
	defer in.Close()
	_, err := replay.Run(context.Background(), replay.Options{
		Streams: []*input.Input{in}, Limits: in.Limits, MaxScripts: replay.DefaultMaxScripts,
		Restarts: several, Key: func([]byte) bool { return true },
	})
	return own(err)
}

// compare does what diff does, with a stream or without, and returns its status.
func compare(master, replica string, streams ...string) (status int, err error) {
	var inputs []*input.Input
	for _, path := range append([]string{master, replica}, streams...) {
		in := open(path, "")
		if in == nil {
			return unreadable, nil
		}
		defer in.Close()
		if !in.Rereadable() && !in.Folder() {
			if err := in.Spool(); err != nil {
				return unreadable, own(err)
			}
		}
		inputs = append(inputs, in)
	}
	tell := func(string, ...any) {}
	x := cause.New(cause.Options{
		Replay: replay.Options{
			Streams: inputs[2:], Offset: record.Unknown, MaxScripts: replay.DefaultMaxScripts,
		},
		MaxBytes: 64 << 20, Tell: tell,
	})
	defer x.Close()
	report, err := x.Compare(context.Background(), inputs[0], inputs[1],
		diff.Options{MaxMemory: 64 << 20, TTLSkew: 2 * time.Second, Tell: tell})
	if err != nil {
		return unreadable, own(err)
	}
	return diffStatus(report), nil
}

// diffStatus is the exit status of diff.
func diffStatus(r *diff.Report) int {
	for _, s := range []*diff.Side{r.Master, r.Replica} {
		if s.End != record.Clean || s.Trailing || s.Broken > 0 ||
			s.Checksum.Status == rdb.ChecksumInvalid {
			return damaged
		}
	}
	if r.Summary.Different > 0 || len(r.Libraries) > 0 || finding.HasProblems(r.Findings) {
		return findings
	}
	return nothing
}

// leave writes the artefact of a wreck into a folder, and returns what a command
// is given: the file, or of a set the folder.
func (w *Wreck) leave(dir string) (path string, err error) {
	if w.Seed.Part == "" {
		path = filepath.Join(dir, "wreck")
		return path, os.WriteFile(path, w.Data, 0o600)
	}
	dir = filepath.Join(dir, "set")
	err = os.MkdirAll(dir, 0o700)
	for name, data := range w.Seed.Beside {
		err = errors.Join(err, os.WriteFile(filepath.Join(dir, name), data, 0o600))
	}
	return dir, errors.Join(err, os.WriteFile(filepath.Join(dir, w.Seed.Part), w.Data, 0o600))
}
