package replica

import (
	"crypto/sha1"
	"slices"

	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/replay/session"
)

// maxDumpScripts bounds how many scripts of one RDB are looked at.
const maxDumpScripts = 1 << 18

// A Dump is what matters of an RDB to a process that loads it.
type Dump struct {
	session.Dump
	Magic  string // of the format,
	Format int    // and its version
	// Checksum is at EndByte; zero where reading ended before.
	Checksum rdb.Checksum
	EndByte  int64

	scripts        []DumpScript // in file order; no more than maxDumpScripts
	scriptsLeftOut int64
	libraries      []library
	databases      []int
}

// A DumpScript is a script in an RDB.
type DumpScript struct {
	SHA   Digest
	Bytes int64
	Byte  int64
}

// NewDump is a dump of which nothing was read.
func NewDump() *Dump { return &Dump{Dump: session.NewDump()} }

// Read reads an RDB to its end, and has its scripts analysed. see, unless it
// is nil, is shown each key, whose value it may read. Damage becomes part of the dump; other errors come
// back.
func (b *Dump) Read(d *rdb.Decoder, a *Analyser, see func(*rdb.Record, *rdb.Decoder) error) error {
	for r, err := range d.Records() {
		if err != nil {
			return b.Broken(err)
		}
		switch r.Kind {
		case rdb.KindHeader:
			b.Magic, b.Format = string(r.Magic), r.Version
		case rdb.KindAux:
			b.aux(r, a)
		case rdb.KindFunction:
			b.libraries = append(b.libraries, readLibrary(r.Value))
		case rdb.KindSelectDB:
			b.databases = append(b.databases, r.DB)
		case rdb.KindKey:
			if see == nil {
				continue
			}
			if err := see(r, d); err != nil {
				return b.Broken(err)
			}
		case rdb.KindEnd:
			b.Checksum, b.EndByte = r.Checksum, r.Byte
		}
	}
	return nil
}

func (b *Dump) aux(r *rdb.Record, a *Analyser) {
	if string(r.Name) != "lua" {
		b.Aux(r.Name, r.Value)
		return
	}
	if len(b.scripts) >= maxDumpScripts {
		b.scriptsLeftOut++
		return
	}
	s := DumpScript{sha1.Sum(r.Value), int64(len(r.Value)), r.Byte}
	b.scripts = append(b.scripts, s)
	a.add(s.SHA, r.Value)
}

// IsWrong reports whether servers refuse to load it to its end.
func (b *Dump) IsWrong() bool { return b.Err != nil || b.Checksum.Status == rdb.ChecksumInvalid }

// carries reports whether a dump, if there is one, has a script in its AUX
// fields.
func (b *Dump) carries(sha Digest) bool {
	return b != nil && slices.ContainsFunc(b.scripts, func(s DumpScript) bool { return s.SHA == sha })
}

// onlyDatabaseZero reports whether the dump has keys, and none in another
// database.
func (b *Dump) onlyDatabaseZero() bool {
	return len(b.databases) > 0 && !slices.ContainsFunc(b.databases, func(db int) bool { return db != 0 })
}
