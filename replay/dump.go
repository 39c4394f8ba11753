package replay

import (
	"crypto/sha1"
	"fmt"
	"slices"

	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/replay/session"

	"github.com/redsleuth/redsleuth/parse/rdb"
)

// maxDumpScripts bounds how many scripts of one RDB are looked at.
const maxDumpScripts = 1 << 18

// A dump is what matters of an RDB to a process that loads it.
type dump struct {
	session.Dump
	magic          string // of the format, and its version
	format         int
	scripts        []loaded // in file order; no more than maxDumpScripts
	scriptsLeftOut int64
	libraries      []library
	databases      []int
	checksum       rdb.Checksum
	endByte        int64
	// keys are those that asked, if set, wants to know of.
	keys        []Touch
	keysLeftOut int64
	keyBytes    int64
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

func newDump() *dump { return &dump{Dump: session.NewDump()} }

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
	b.Path, b.analyse, b.asked = in.Path, a.take, asked
	return b, b.read(rdb.NewDecoder(c, rdb.Options{Limits: in.Limits}))
}

// read takes in an RDB to its end. Damage becomes part of the dump; other
// errors come back.
func (b *dump) read(d *rdb.Decoder) error {
	for r, err := range d.Records() {
		if err != nil {
			return b.Broken(err)
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

func (b *dump) aux(r *rdb.Record) {
	if string(r.Name) != "lua" {
		b.Aux(r.Name, r.Value)
		return
	}
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
