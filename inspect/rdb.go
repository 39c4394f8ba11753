package inspect

import (
	"slices"
	"time"

	"github.com/redsleuth/redsleuth/cluster"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/repl"
	"github.com/redsleuth/redsleuth/server"
)

// An RDB is what one dump, payload or AOF head holds.
type RDB struct {
	// Link is the number of the link whose payload it is, 0 for none.
	Link    int
	Magic   string
	Version int
	// ServerVersion is what the AUX fields say, "" without any; Server is the
	// same, to compare, and the zero Version where it can't be read.
	ServerVersion string
	Server        server.Version
	Valkey        bool
	CreatedAt     time.Time // zero where not told
	// Aux has every field in file order, but for scripts and slot-info.
	Aux []Aux
	// AuxLeftOut counts those beyond the limit MaxDistinct.
	AuxLeftOut  int64
	Replication *Replication // nil where the dump says nothing of it
	Scripts     []*Script
	Functions   []*Library
	Databases   []*Database
	Types       []*TypeStats
	Keys        int64
	Expires     int64
	// JudgedAt is the time at which expired was judged, in Unix milliseconds;
	// meaningful if Judged.
	JudgedAt int64
	Judged   bool
	// FirstExpiry and LastExpiry are in Unix milliseconds; meaningful if
	// Expires is not 0.
	FirstExpiry, LastExpiry int64
	Biggest                 []Key // largest first
	TTL, Idle               *Histogram
	Sizes                   *Histogram
	Freq                    *Histogram
	Patterns                *Patterns // nil unless asked for
	Memory                  *Memory   // nil unless asked for
	// Read counts the keys that were read; Keys and what is told of them are those
	// that passed the filter, if there is one.
	Read          int64
	Filtered      bool
	ModuleAux     []string
	SlotImports   int64
	Updates       int64
	HashTemplates int64
	Slots         int64
	Values        Values
	// Announced are the sizes that the dump gives for its databases.
	Announced []Announced
	// Lost is what could not be read.
	Lost Lost
	// Loads is empty where nothing asks: no version is told or asked about.
	Loads    []Loads
	Checksum rdb.Checksum
	// EOFMark: the mark of a diskless sync stands behind the end.
	EOFMark bool
	End     record.End
	// Bytes is how much of the input it takes, as far as it was read.
	Bytes int64
	// Shard is what the dump holds of the cluster that it is of; nil where that was not
	// asked.
	Shard *cluster.Shard
	// CrossChecked is what a second decoder was asked; nil if it was not.
	CrossChecked *CrossCheck
	// DuplicatesUntil is how many keys had been seen when looking for
	// duplicates was given up for want of memory; 0 if it was not.
	DuplicatesUntil int64
}

// Aux is an AUX field.
//
// Of a name that is there more often than a few times the fields after those are
// counted in the last.
type Aux struct {
	Count       int64 // how many fields it stands for
	Byte        int64
	Name, Value []byte
}

// Replication is the replication state that a server saved in a dump.
type Replication struct {
	repl.State
	// Restored says what of it a server of the dump's version would take up
	// again if it were restarted from the dump.
	Restored server.Restart
}

// A Script is a Lua script kept in an AUX field, or sent in a stream.
type Script struct {
	SHA1  string
	Bytes int64
	// Count is how often the same body is there.
	Count int64
	// Byte is where it first is: the AUX field, or the command.
	Byte int64
	// Offset is the replication offset of the command, or record.Unknown.
	Offset int64
	// As says how it was sent: "rdb-aux", "eval" or "script-load".
	As string
}

// A Library is a function library.
type Library struct {
	Byte, Bytes  int64
	Name, Engine string // untrusted; "" where its first line doesn't tell
	// Functions are the names that it registers, as far as its text shows
	// them; Partial: it may register others.
	Functions []string
	Partial   bool
}

// Values is what came of opening every value that was reached.
type Values struct {
	// Quick: none was opened.
	Quick bool
	// Broken are not sound; Unread are those that could not be checked, for a
	// limit or a layout that is not known.
	Broken, Unread int64
}

// Status is "sound", "broken", or "unread" where not all were opened and no
// broken one was found.
func (v Values) Status() string {
	switch {
	case v.Broken > 0:
		return "broken"
	case v.Quick || v.Unread > 0:
		return "unread"
	}
	return "sound"
}

// Lost counts the ranges that can't be read and their bytes. With Salvage, Saved
// is how many keys were read behind the first of them.
type Lost struct{ Ranges, Bytes, Saved int64 }

// Announced is how many keys a dump says that a database has.
type Announced struct {
	DB   int
	Keys int64
}

// MissingKeys is how many of the keys that are announced for the databases that
// were reached are not there; false where none are announced.
func MissingKeys(r *RDB) (missing int64, told bool) {
	for _, a := range r.Announced {
		missing += a.Keys
	}
	for _, db := range r.Databases {
		if i := slices.IndexFunc(r.Announced, func(a Announced) bool { return a.DB == db.DB }); i >= 0 {
			missing -= min(db.Read, r.Announced[i].Keys)
		} else if db.DB == repl.Unknown {
			missing -= db.Read // read after damage; they may be of any
		}
	}
	return max(missing, 0), len(r.Announced) > 0
}

// A Database counts the keys under one number.
type Database struct {
	DB                     int
	Keys, Expires, Expired int64
	// Memory is what they cost; record.Unknown where that of a key is not known.
	// Meaningful where RDB.Memory is there.
	Memory int64
	// Read counts those that did not pass the filter too.
	Read int64
}

// TypeStats counts the keys of one type, and of each of its encodings.
type TypeStats struct {
	Object    rdb.Object
	Total     Counts
	Encodings []*EncodingStats
}

// EncodingStats counts the keys of one encoding; of module values Name is the
// module's type name.
type EncodingStats struct {
	Name string
	Counts
}

// Counts sums keys, their elements, and the bytes of their records. Elements is
// record.Unknown where that of a key is: a module's value tells none. So is Memory
// where that of a key is not known; it is meaningful where RDB.Memory is there.
type Counts struct{ Keys, Elements, Bytes, Memory int64 }

func (c *Counts) add(elements, bytes int64) {
	c.Keys++
	c.Bytes += bytes
	if elements == record.Unknown || c.Elements == record.Unknown {
		c.Elements = record.Unknown
	} else {
		c.Elements += elements
	}
}

// addCost adds what a key costs, or that it is unknown.
func addCost(sum *int64, costs []int64) {
	if len(costs) == 0 || *sum == record.Unknown {
		*sum = record.Unknown
		return
	}
	*sum += costs[0]
}

// A Key is one of the largest. Its name is a copy.
type Key struct {
	DB          int
	Name        []byte
	Object      rdb.Object
	Encoding    string
	Elements    int64
	Byte, Bytes int64
	Memory      int64 // meaningful of one in Memory.Biggest
	ExpireAt    int64 // Unix milliseconds; meaningful if HasExpire
	HasExpire   bool
}
