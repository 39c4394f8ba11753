// Package filter says which keys and commands are asked about, for whoever goes
// over them: all that a Filter's fields name must hold. A key is decided on by its
// head, before its value was read; what only that tells (sizes) comes after.
package filter

import (
	"bytes"
	"errors"
	"net"
	"slices"
	"time"

	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/glob"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
)

// A Filter says which keys and commands pass. The zero value lets everything
// through.
type Filter struct {
	DBs   []int
	Types []string // what TYPE replies
	// Match are globs; one of them must match the key, or a key that a
	// command names.
	Match [][]byte
	// Exclude are globs that the key must not match, nor any key of a command.
	Exclude [][]byte
	// NoTTL keeps keys without an expiry alone.
	NoTTL   bool
	Expired bool
	MinSize int64 // bytes of the record
	// MinMemory is in bytes of the memory of a server, as measured.
	MinMemory int64
	// Slots are those of a cluster, of a key or of a key of a command; nil for all.
	Slots []Slots
	// Commands are names. With them no keys of dumps pass.
	Commands []string
	// Clients are addresses, with or without the port, or names. With them only
	// commands of these clients pass.
	Clients []string
	// From and To bound commands: those that reach past From and begin
	// before To. Nil bounds nothing.
	From, To *Position
}

// Slots are those from First to Last.
type Slots struct{ First, Last int }

// A Position is a place in a stream: a replication offset or a time.
type Position struct {
	Offset int64
	Time   time.Time // if not zero, Offset means nothing
}

// Any reports whether anything is filtered.
func (f *Filter) Any() bool {
	return f.DBs != nil || f.Types != nil || f.Match != nil || f.Exclude != nil || f.NoTTL ||
		f.Expired || f.MinSize > 0 || f.MinMemory > 0 || f.Slots != nil || f.CommandsOnly()
}

// CommandsOnly reports whether something is asked for that only commands have.
func (f *Filter) CommandsOnly() bool {
	return f.Commands != nil || f.Clients != nil || f.From != nil || f.To != nil
}

// KeysOnly reports whether something is asked for that only keys have.
func (f *Filter) KeysOnly() bool { return f.Types != nil || f.Expired || f.NoTTL || f.MinMemory > 0 }

// Key decides by a key's head; its size is not known yet. expired says whether
// its time is known to have passed.
func (f *Filter) Key(rec *rdb.Record, expired bool) bool {
	if f.DBs != nil && !slices.Contains(f.DBs, rec.DB) {
		return false
	}
	if f.Types != nil && !slices.Contains(f.Types, rec.Object.String()) {
		return false
	}
	if f.Expired && !expired || f.NoTTL && rec.HasExpire {
		return false
	}
	return f.Name(rec.Key)
}

// Named decides by what a key is called, and in which database.
func (f *Filter) Named(db int, key []byte) bool {
	return (f.DBs == nil || slices.Contains(f.DBs, db)) && f.Name(key)
}

// Name decides by what a key is called.
func (f *Filter) Name(key []byte) bool {
	if f.Exclude != nil && f.excludes(key) || f.Slots != nil && !f.inSlots(key) {
		return false
	}
	return f.Match == nil || f.matches(key)
}

// Sized reports whether sizes are asked for, which only reading a value tells.
func (f *Filter) Sized() bool { return f.MinSize > 0 || f.MinMemory > 0 }

// Size decides by the size of a key's record and of its memory, where that is
// known.
func (f *Filter) Size(bytes, memory int64, known bool) bool {
	return bytes >= f.MinSize && (f.MinMemory == 0 || known && memory >= f.MinMemory)
}

func (f *Filter) matches(key []byte) bool { return anyMatches(f.Match, key) }

func (f *Filter) excludes(key []byte) bool { return anyMatches(f.Exclude, key) }

func (f *Filter) inSlots(key []byte) bool {
	slot := command.Slot(key)
	within := func(s Slots) bool { return s.First <= slot && slot <= s.Last }
	return slices.ContainsFunc(f.Slots, within)
}

func anyMatches(globs [][]byte, key []byte) bool {
	return slices.ContainsFunc(globs, func(pattern []byte) bool { return glob.Match(pattern, key) })
}

// Errors of --from and --to.
var (
	errNoOffsets = errors.New("--from and --to: nothing tells the offsets of this stream; " +
		"--offset or --base can")
	errNoTimes = errors.New("--from and --to: nothing tells the times of this stream; " +
		"offsets can be given instead")
)

// Command decides on a command of a stream. The error says that nothing tells
// what a bound of the filter asks for.
func (f *Filter) Command(c *record.Command) (bool, error) {
	if f.KeysOnly() || f.Clients != nil || c.Bytes < f.MinSize ||
		f.DBs != nil && !slices.Contains(f.DBs, c.DB) {
		return false, nil
	}
	if f.Commands != nil && (len(c.Args) == 0 || !f.named(c.Args[0])) {
		return false, nil
	}
	if f.Match != nil && !slices.ContainsFunc(command.Keys(c.Args), f.matches) {
		return false, nil
	}
	if f.Slots != nil && !slices.ContainsFunc(command.Keys(c.Args), f.inSlots) {
		return false, nil
	}
	if f.Exclude != nil && slices.ContainsFunc(command.Keys(c.Args), f.excludes) {
		return false, nil
	}
	return f.between(c)
}

// Client decides on a command of an ordinary client. It has no offset, so that
// a stretch of offsets holds none.
func (f *Filter) Client(c *record.ClientCommand) (bool, error) {
	for _, p := range []*Position{f.From, f.To} {
		if p != nil && p.Time.IsZero() {
			return false, nil
		}
	}
	sent := func(want string) bool { return isClient(c, want) }
	if f.Clients != nil && !slices.ContainsFunc(f.Clients, sent) {
		return false, nil
	}
	others := *f
	others.Clients = nil
	return others.Command(&record.Command{DB: c.DB, Bytes: c.Bytes, Time: c.Time, Args: c.Args,
		Offset: record.Unknown, EndOffset: record.Unknown})
}

// isClient: want is the address, the host, or the name of the client.
func isClient(c *record.ClientCommand, want string) bool {
	if want == c.Addr || want == c.Name && want != "" {
		return true
	}
	host, _, err := net.SplitHostPort(c.Addr)
	return err == nil && host == want
}

func (f *Filter) named(name []byte) bool {
	is := func(want string) bool { return bytes.EqualFold([]byte(want), name) }
	return slices.ContainsFunc(f.Commands, is)
}

func (f *Filter) between(c *record.Command) (bool, error) {
	if p := f.From; p != nil {
		if err := p.known(c); err != nil {
			return false, err
		}
		if p.Time.IsZero() && c.EndOffset <= p.Offset || !p.Time.IsZero() && c.Time.Before(p.Time) {
			return false, nil
		}
	}
	if p := f.To; p != nil {
		if err := p.known(c); err != nil {
			return false, err
		}
		if p.Time.IsZero() && c.Offset >= p.Offset || !p.Time.IsZero() && c.Time.After(p.Time) {
			return false, nil
		}
	}
	return true, nil
}

// known: whether the command has what the position is compared with.
func (p *Position) known(c *record.Command) error {
	switch {
	case p.Time.IsZero() && c.Offset == record.Unknown:
		return errNoOffsets
	case !p.Time.IsZero() && c.Time.IsZero():
		return errNoTimes
	}
	return nil
}
