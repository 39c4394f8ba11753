package cause

import (
	"bytes"
	"crypto/sha1"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/zeebo/xxh3"

	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/replay"
)

// A recording is what causes need of the streams, written down while they are
// followed, so that they are read no more often than that: every command that
// may change keys, with what the replica made of it, and the values in the
// payloads. It is a temporary file without a name, no larger than the streams
// are, and is read from front to back for each batch of differences.
//
// Of a command there is the length of its entry first, then what tells whether
// it concerns a set of keys, then the rest, numbers in little-endian order:
//
//	uint64 length of what follows
//	uint8  scope
//	uint8  1: it runs a script that may change keys which it does not name
//	uint32 number of keys
//	uint64 of each key: a hash of its name, whose last bit says that the
//	       command may change it
//	varint offset, end - offset, link, db, replica's db, time (Unix ns),
//	       transaction
//	uint8  outcome
//	varint number of arguments, length of each; their bytes
//
// The source of a script is among them as the entry of a command that changes
// nothing.
type recording struct {
	entries, values *scratch
	// begins have in seq the number of commands before them.
	begins []begin
	spans  spans
	// links are numbered as they come.
	links    []linkKey
	numbers  map[linkKey]int64
	payloads map[linkKey]*payload
	scripts  map[[sha1.Size]byte]recordedScript
	reached  reachCache
	commands int64 // how many were written
	// refused are those that the replica's log shows it refused, and aborted the
	// transactions that it refused as a whole with one of them.
	refused map[refusal]bool
	aborted []replay.Aborted
	// selection says which are worth it; nil takes all.
	selection *selection
	// passed counts by name the commands that the replica ran on keys that are
	// equal on both sides, as mayDiffer says.
	passed map[string]int
	// passedAt are the offsets of those of them that need memory, the first
	// passedKept.
	passedAt  []int64
	mayDiffer func(key []byte) bool
	buf       []byte
	keys      []command.Key
}

// A recordedScript is the body of a script in the recording.
type recordedScript struct {
	at, size int64
	reaches  bool // it may change keys that its caller does not name
}

// scriptsRecorded bounds how many scripts are remembered by name.
const scriptsRecorded = 1 << 17

// Places within an entry.
const (
	atScope  = 8
	atReach  = 9
	atKeys   = 10
	headSize = 14
)

var recordedOutcomes = []replay.Outcome{replay.Applied, replay.Dropped, replay.Undelivered}

func newRecording() (*recording, error) {
	r := &recording{
		numbers: map[linkKey]int64{}, payloads: map[linkKey]*payload{},
		scripts: map[[sha1.Size]byte]recordedScript{}, passed: map[string]int{},
	}
	var err error
	if r.entries, err = newScratch(); err != nil {
		return nil, err
	}
	if r.values, err = newScratch(); err != nil {
		return nil, errors.Join(err, r.entries.close())
	}
	return r, nil
}

func (r *recording) close() error { return errors.Join(r.entries.close(), r.values.close()) }

// writesKey is the bit of a key's word that says that it may be changed.
const writesKey = 1

// hashName is that of a key, or of what may be one, without that bit.
func hashName(name []byte) uint64 { return xxh3.Hash(name) &^ writesKey }

// effect writes down what became of a command, or that a state began; foreign is of
// another replica.
func (r *recording) effect(e *replay.Effect, foreign bool) error {
	switch e.Outcome {
	case replay.Started, replay.Loaded:
		b := begin{outcome: e.Outcome, offset: e.Offset, path: e.Path, seq: r.commands, foreign: foreign}
		if e.Outcome == replay.Loaded && e.Link != nil {
			b.link, b.time = e.Link.Number, e.Link.Began
		}
		if e.Outcome == replay.Started {
			b.path = e.Base
		}
		r.begins = append(r.begins, b)
		return nil
	}
	r.spans.cover(e.Command)
	return r.command(e)
}

// loaded writes down the source in a SCRIPT LOAD.
func (r *recording) loaded(args [][]byte) error {
	if len(args) == 3 && command.Is(args, "SCRIPT") && bytes.EqualFold(args[1], []byte("LOAD")) {
		return r.source(args[2])
	}
	return nil
}

// called writes down the source in an EVAL.
func (r *recording) called(args [][]byte) error {
	if len(args) > 2 && command.Is(args, "EVAL") {
		return r.source(args[1])
	}
	return nil
}

// source writes down the source of a script, the first time.
func (r *recording) source(body []byte) error {
	name := sha1.Sum(body)
	if _, ok := r.scripts[name]; ok || len(r.scripts) == scriptsRecorded {
		return nil
	}
	r.buf = appendHead(r.buf[:0], command.Nothing)
	if err := r.entry(r.buf, body); err != nil {
		return err
	}
	r.scripts[name] = recordedScript{r.entries.at - int64(len(body)), int64(len(body)), reaches(body)}
	return nil
}

// appendHead appends the head of an entry, its length and keys to be set.
func appendHead(b []byte, scope command.Scope) []byte {
	b = append(b, make([]byte, headSize)...)
	b[atScope] = byte(scope)
	return b
}

// entry writes an entry that ends in these pieces.
func (r *recording) entry(b []byte, pieces ...[]byte) error {
	size := len(b) - atScope
	for _, p := range pieces {
		size += len(p)
	}
	binary.LittleEndian.PutUint64(b, uint64(size))
	if err := r.entries.write(b); err != nil {
		return err
	}
	for _, p := range pieces {
		if err := r.entries.write(p); err != nil {
			return err
		}
	}
	return nil
}

// reachesOut reports whether the script that a command runs may change keys
// that the command does not name; of one whose source is not known, it may.
func (r *recording) reachesOut(args [][]byte) bool {
	if len(args) < 3 {
		return false
	}
	if command.Is(args, "EVAL") {
		name := sha1.Sum(args[1])
		if s, ok := r.scripts[name]; ok {
			return s.reaches
		}
		return r.reached.of(name, args[1])
	}
	s, ok := r.scripts[digestOf(args[1])]
	return !ok || s.reaches
}

// digestOf is the SHA-1 that a name is in hexadecimal; zero for any other.
func digestOf(name []byte) (sum [sha1.Size]byte) {
	if b, err := hex.DecodeString(strings.ToLower(string(name))); err == nil && len(b) == len(sum) {
		copy(sum[:], b)
	}
	return sum
}

// body reads the source of a script; nil where the streams don't hold it, or
// where it is longer than most.
func (r *recording) body(sha string, most int64) ([]byte, error) {
	s, ok := r.scripts[digestOf([]byte(sha))]
	if !ok || s.size > most {
		return nil, nil
	}
	return r.entries.readAt(s.at, s.size)
}

// number is that of a link in the recording.
func (r *recording) number(path string, l *record.Link) int64 {
	k := linkKey{path: path}
	if l != nil {
		k.link = l.Number
	}
	n, ok := r.numbers[k]
	if !ok {
		n = int64(len(r.links))
		r.links, r.numbers[k] = append(r.links, k), n
	}
	return n
}

// command writes a command down, if it may matter.
func (r *recording) command(e *replay.Effect) error {
	args, c := e.Command.Args, e.Command
	known := command.Lookup(args)
	scope := known.Scope()
	switch scope {
	case command.Nothing:
		return r.loaded(args)
	case command.Scripted:
		if err := r.called(args); err != nil {
			return err
		}
	}
	if r.keys = r.keys[:0]; known != nil {
		r.keys = known.Find(r.keys, args)
	}
	if scope == command.Named && e.Outcome == replay.Applied && r.equal(args) {
		name, _, _ := strings.Cut(known.Name, " ")
		r.passed[name]++
		if len(r.passedAt) < passedKept && c.Offset != record.Unknown && known.NeedsMemory() {
			r.passedAt = append(r.passedAt, c.Offset)
		}
	}
	if scope == command.Named && !r.selection.takes(args, r.keys) {
		return nil
	}
	b := appendHead(r.buf[:0], scope)
	if scope == command.Scripted && r.reachesOut(args) {
		b[atReach] = 1
	}
	b = r.appendKeys(b, args, scope)
	binary.LittleEndian.PutUint32(b[atKeys:], uint32((len(b)-headSize)/8))
	b = binary.AppendVarint(b, c.Offset)
	b = binary.AppendVarint(b, c.EndOffset-c.Offset)
	b = binary.AppendVarint(b, r.number(e.Path, c.Link))
	b = binary.AppendVarint(b, int64(c.DB))
	b = binary.AppendVarint(b, int64(e.ReplicaDB))
	b = binary.AppendVarint(b, unixNano(c.Time))
	b = binary.AppendVarint(b, int64(c.Transaction))
	b = append(b, outcomeByte(e.Outcome))
	b = binary.AppendVarint(b, int64(len(args)))
	for _, a := range args {
		b = binary.AppendVarint(b, int64(len(a)))
	}
	r.buf = b
	r.commands++
	return r.entry(b, args...)
}

// equal reports whether the keys of a command, as Find left them, are the same
// on both sides.
func (r *recording) equal(args [][]byte) bool {
	for _, k := range r.keys {
		if r.mayDiffer == nil || r.mayDiffer(args[k.Index]) {
			return false
		}
	}
	return true
}

// passedKept bounds passedAt.
const passedKept = 1 << 16

// appendKeys appends a word for each key of a command, as Find left them: for
// every argument of one that is not known.
func (r *recording) appendKeys(b []byte, args [][]byte, scope command.Scope) []byte {
	if scope == command.Uncertain {
		for _, a := range args[1:] {
			b = binary.LittleEndian.AppendUint64(b, hashName(a)|writesKey)
		}
		return b
	}
	for _, k := range r.keys {
		word := hashName(args[k.Index])
		if k.Access.Writes() {
			word |= writesKey
		}
		b = binary.LittleEndian.AppendUint64(b, word)
	}
	return b
}

func outcomeByte(o replay.Outcome) byte {
	for i := range recordedOutcomes {
		if recordedOutcomes[i] == o {
			return byte(i)
		}
	}
	return 0
}

// unixNano is 0 for no time.
func unixNano(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

// A refusal is where the replica refused a command.
type refusal struct {
	link   linkKey
	offset int64
}

// takeRefused learns of the commands that the replica refused, which is known
// once all is followed: by the log itself, or with a transaction.
func (r *recording) takeRefused(followed *replay.Report) {
	r.refused = map[refusal]bool{}
	for _, p := range followed.Refused {
		if p.Place.Offset != nil {
			r.refused[refusal{linkKey{p.Place.Path, p.Place.Link}, *p.Place.Offset}] = true
		}
	}
	r.aborted = followed.Aborted
}

// refusedOf reports whether a command was refused, and whether that was for itself, and
// not with its transaction alone.
func (r *recording) refusedOf(link linkKey, offset int64) (refused, itself bool) {
	if r.refused[refusal{link, offset}] {
		return true, true
	}
	return slices.ContainsFunc(r.aborted, func(a replay.Aborted) bool {
		return link == linkKey{a.Path, a.Link} && a.From <= offset && offset <= a.To
	}), false
}
