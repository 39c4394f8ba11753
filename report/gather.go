package report

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/redsleuth/redsleuth/inspect"
	"github.com/redsleuth/redsleuth/parse/info"
	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/parse/serverlog"
	"github.com/redsleuth/redsleuth/repl"
)

// A Role is what an artefact is in the incident.
type Role string

// The roles.
const (
	Master        Role = "master"
	Replica       Role = "replica"
	ReplicaBefore Role = "replica-before"
	Link          Role = "link"
	Unknown       Role = "unknown"
)

// Kinds beside those that are recognised by package input.
const (
	KindInfo    input.Kind = "info"
	KindLog     input.Kind = "log"
	KindUnknown input.Kind = "unknown"
	// KindCollect is what collect says of its own work, and what it took that is
	// none of the other kinds.
	KindCollect input.Kind = "collect"
)

// An Artefact is one file, or one AOF set, of the evidence.
type Artefact struct {
	// Path is relative to the folder that was named, or as it was named.
	Path string
	// File is where it is.
	File   string
	Kind   input.Kind
	Bytes  int64
	SHA256 string // of the bytes as stored; "" of a set, whose files have Sums
	Sums   []input.FileSum
	Role   Role
	// RoleFrom says what tells the role; "" where it is unknown.
	RoleFrom string
	// Why says what is wrong with an artefact that could not be read.
	Why string

	Input   *input.Input
	Inspect *inspect.Report
	// Info is what INFO output says, State where in which history a dump is.
	Info  *info.Info
	State *repl.State
	// Saved is when the state of a dump was; zero where nothing tells.
	Saved Moment
	// Log: the file is a server's log, of a replica where it asked for a sync.
	Log *Log
	// Samples are places of its links with their times, first to last.
	Samples Samples
	// collection is what collect says of its folder; nil where it wrote none.
	collection *collection
}

// Log is what a server's log tells of the server.
type Log struct {
	Lines  int
	Events []serverlog.Event
	// Replica: it asked a master for a sync.
	Replica bool
}

// gather lists what the paths lead to.
func (r *run) gather(ctx context.Context) error {
	for _, path := range r.Paths {
		target, err := os.Stat(path)
		if err != nil {
			return err
		}
		if !target.IsDir() {
			if err := r.take(ctx, path, path); err != nil {
				return err
			}
			continue
		}
		if len(r.Paths) == 1 {
			r.Folder = path
		}
		err = Walk(path, func(file, name string) error { return r.take(ctx, file, name) })
		if err != nil {
			return err
		}
	}
	return nil
}

// byName compares the names of files as people number them, which is the order in which
// recordings were made where nothing else tells it: link-2 before link-10.
func byName(a, b string) int {
	for a != "" && b != "" {
		x, y := digits(a), digits(b)
		if x == 0 || y == 0 {
			if a[0] != b[0] {
				return strings.Compare(a, b)
			}
			a, b = a[1:], b[1:]
			continue
		}
		m, n := strings.TrimLeft(a[:x], "0"), strings.TrimLeft(b[:y], "0")
		if order := cmp.Or(cmp.Compare(len(m), len(n)), strings.Compare(m, n)); order != 0 {
			return order
		}
		a, b = a[x:], b[y:]
	}
	return cmp.Compare(len(a), len(b))
}

// digits counts those at the front.
func digits(s string) int { return len(s) - len(strings.TrimLeft(s, "0123456789")) }

// Walk calls take for what is in a folder and below, with where it is and its
// path within the folder, in the order of byName. Links are not followed, an AOF set
// is one artefact.
func Walk(dir string, take func(file, name string) error) error {
	type found struct{ file, name string }
	var all []found
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		switch {
		case d.IsDir() && path != dir && input.IsAOFSet(path):
			all = append(all, found{path, name})
			return fs.SkipDir
		case d.Type().IsRegular():
			all = append(all, found{path, name})
		}
		return nil
	})
	if err != nil {
		return err
	}
	slices.SortStableFunc(all, func(a, b found) int { return byName(a.name, b.name) })
	for _, f := range all {
		if err := take(f.file, f.name); err != nil {
			return err
		}
	}
	return nil
}

// take recognises one artefact. What can't be read is listed, and says why.
func (r *run) take(ctx context.Context, path, name string) error {
	a := &Artefact{Path: name, File: path, Kind: KindUnknown, Role: Unknown}
	r.Artefacts = append(r.Artefacts, a)
	in, err := r.Open(path)
	switch {
	case errors.Is(err, input.ErrUnrecognised):
		a.other()
	case err != nil:
		a.Why = err.Error()
	case in.Kind == KindInfo || in.Kind == KindLog:
		a.other()
	default:
		a.Input, a.Kind, a.Bytes = in, in.Kind, max(in.Size, 0)
		if !in.Folder() {
			in.Path = r.name(name) // what messages call it
		}
	}
	return ctx.Err()
}

// other sums a file that holds neither keys nor commands, and says what it is.
func (a *Artefact) other() {
	if err := a.sum(); err != nil {
		a.Why = err.Error()
		return
	}
	a.text()
}

// sum is size and SHA-256 of the file.
func (a *Artefact) sum() error {
	f, err := os.Open(a.File)
	if err != nil {
		return err
	}
	defer f.Close()
	h := sha256.New()
	if a.Bytes, err = io.Copy(h, f); err != nil {
		return err
	}
	a.SHA256 = hex.EncodeToString(h.Sum(nil))
	return nil
}

// KindOfText recognises files that are no artefacts of a server's own: INFO
// output, logs, what collect wrote; KindUnknown if it is none.
func KindOfText(file string) input.Kind {
	a := &Artefact{File: file, Kind: KindUnknown}
	a.text()
	return a.Kind
}

// recogniseCollected recognises what collect wrote.
func (a *Artefact) recogniseCollected(f io.Reader) {
	head, err := io.ReadAll(io.LimitReader(f, 4<<10))
	head = bytes.TrimSpace(head)
	if err == nil && bytes.HasPrefix(head, []byte("{")) && bytes.Contains(head, []byte(`"`+collectSchema)) ||
		collectionBeside(a.File).wrote(a.File) {
		a.Kind = KindCollect
	}
}

// fewFields is how many fields INFO output has at least.
const fewFields = 5

// text recognises INFO output and logs.
func (a *Artefact) text() {
	f, err := os.Open(a.File)
	if err != nil {
		a.Why = err.Error()
		return
	}
	defer f.Close()
	if !beginsAsText(f) {
		return // a capture may have INFO in it
	}
	// A log first: what a server writes as it crashes has its INFO within.
	if log := readLog(f); log.Lines > 0 {
		a.Kind, a.Log = KindLog, log
		return
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return
	}
	if i, err := info.Parse(f); err == nil && len(i.Fields) >= fewFields && (i.Role != "" || !i.Version.IsZero()) {
		a.Kind, a.Info = KindInfo, i
		return
	}
	if _, err := f.Seek(0, io.SeekStart); err == nil {
		a.recogniseCollected(f)
	}
}

// beginsAsText reports whether no byte near the front is of no text.
func beginsAsText(f io.ReaderAt) bool {
	head := make([]byte, 4<<10)
	n, _ := f.ReadAt(head, 0) // what can't be read is told where it is read again
	return bytes.IndexByte(head[:n], 0) < 0
}

// readLog reads a server's log; what is none has no lines of one.
func readLog(f io.Reader) *Log {
	log := &Log{}
	err := serverlog.Read(f, func(l serverlog.Line) {
		log.Lines++
		if e, ok := serverlog.EventOf(l); ok {
			log.keep(e)
			log.Replica = log.Replica || asksForSync(e)
		}
	})
	if err != nil {
		return &Log{}
	}
	return log
}

// mostEvents bounds what is kept of a log: its beginning, and twice as much of its end.
const mostEvents = 3_000

func (l *Log) keep(e serverlog.Event) {
	if l.Events = append(l.Events, e); len(l.Events) > 5*mostEvents {
		l.Events = slices.Delete(l.Events, mostEvents, 3*mostEvents)
	}
}

func asksForSync(e serverlog.Event) bool {
	return e.Kind == serverlog.SyncStarted || e.Kind == serverlog.PartialTried || e.Kind == serverlog.FullStarted
}

// grants: the server answered a replica.
func grants(e serverlog.Event) bool {
	return e.Kind == serverlog.FullRequested || e.Kind == serverlog.PartialAccepted ||
		e.Kind == serverlog.PartialRefused || e.Kind == serverlog.BacklogCreated
}

// name is what engines call an artefact.
func (r *run) name(path string) string {
	if r.Name == nil {
		return path
	}
	return r.Name(path)
}
