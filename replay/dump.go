package replay

import (
	"crypto/sha1"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/redsleuth/redsleuth/parse/input"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/server"
)

// maxDumpScripts bounds how many scripts of one RDB are looked at.
const maxDumpScripts = 1 << 18

// maxOffset is more than any server reaches; sums of offsets stay within int64.
const maxOffset = 1 << 62

// A dump is what matters of an RDB to a process that loads it.
type dump struct {
	path    string
	version server.Version
	written string // the version, in the writer's own words
	magic   string // of the format, and its version
	format  int
	created time.Time
	// id is "" without a replication state; streamDB is record.Unknown where
	// the dump doesn't tell it.
	id       string
	offset   int64
	streamDB int
	scripts  []loaded // in file order; no more than maxDumpScripts
	// scriptsLeftOut counts the others.
	scriptsLeftOut int64
	libraries      []library
	databases      []int
	end            record.End
	err            error // what is wrong, where end is not clean
	checksum       rdb.Checksum
	endByte        int64
	// keys are those that asked, if set, wants to know of.
	keys        []Touch
	keysLeftOut int64
	keyBytes    int64
	taken       bool // a process started from it
	asked       func(key []byte) bool
	// analyse is shown the body of each script, if set.
	analyse func(sha digest, body []byte)
}

// loaded is a script in an RDB.
type loaded struct {
	sha   digest
	bytes int64
	byte  int64
}

func newDump() *dump {
	return &dump{offset: record.Unknown, streamDB: record.Unknown, end: record.Clean}
}

// readBase reads a dump that the user named.
func readBase(in *input.Input, a *analyser, asked func(key []byte) bool) (*dump, error) {
	if in.Kind != input.KindRDB {
		return nil, fmt.Errorf("%s: a base must be an RDB, and this is %q", in.Path, in.Kind)
	}
	c, err := in.Cursor()
	if err != nil {
		return nil, err
	}
	defer c.Close()
	b := newDump()
	b.path, b.analyse, b.asked = in.Path, a.take, asked
	return b, b.read(rdb.NewDecoder(c, rdb.Options{Limits: in.Limits}))
}

// read takes in an RDB to its end. Damage becomes part of the dump; other
// errors come back.
func (b *dump) read(d *rdb.Decoder) error {
	for r, err := range d.Records() {
		if err != nil {
			return b.broken(err)
		}
		switch r.Kind {
		case rdb.KindHeader:
			b.magic, b.format = string(r.Magic), r.Version
		case rdb.KindAux:
			b.aux(r)
		case rdb.KindFunction:
			b.libraries = append(b.libraries, readLibrary(r.Value))
		case rdb.KindSelectDB:
			b.databases = append(b.databases, r.DB)
		case rdb.KindKey:
			b.remember(r)
		case rdb.KindEnd:
			b.checksum, b.endByte = r.Checksum, r.Byte
		}
	}
	return nil
}

func (b *dump) broken(err error) error {
	if !parse.IsDamage(err) {
		return err
	}
	b.err, b.end = err, record.Damaged
	if errors.Is(err, parse.ErrTruncated) {
		b.end = record.Truncated
	}
	return nil
}

func (b *dump) aux(r *rdb.Record) {
	value := string(r.Value)
	switch string(r.Name) {
	case "redis-ver", "valkey-ver":
		b.written = value
		if string(r.Name) == "valkey-ver" {
			value = "valkey " + value
		}
		if v, err := server.Parse(value); err == nil {
			b.version = v
		}
	case "ctime":
		if n, err := strconv.ParseInt(value, 10, 64); err == nil {
			b.created = time.Unix(n, 0).UTC()
		}
	case "repl-id":
		b.id = value
	case "repl-offset":
		if n, err := strconv.ParseInt(value, 10, 64); err == nil && n >= 0 && n < maxOffset {
			b.offset = n
		}
	case "repl-stream-db":
		if n, err := strconv.Atoi(value); err == nil && n >= 0 {
			b.streamDB = n
		}
	case "lua":
		if len(b.scripts) >= maxDumpScripts {
			b.scriptsLeftOut++
			return
		}
		l := loaded{sha1.Sum(r.Value), int64(len(r.Value)), r.Byte}
		b.scripts = append(b.scripts, l)
		if b.analyse != nil {
			b.analyse(l.sha, r.Value)
		}
	}
}

// carries reports whether a dump, if there is one, has a script in its AUX
// fields.
func (b *dump) carries(sha digest) bool {
	return b != nil && slices.ContainsFunc(b.scripts, func(s loaded) bool { return s.sha == sha })
}

// onlyDatabaseZero: the dump has keys, and none in another database.
func (b *dump) onlyDatabaseZero() bool {
	if len(b.databases) == 0 {
		return false // it shows nothing
	}
	for _, db := range b.databases {
		if db != 0 {
			return false
		}
	}
	return true
}
