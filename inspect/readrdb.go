package inspect

import (
	"bytes"
	"errors"
	"io"

	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/rdb/verify"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/repl"
	"github.com/redsleuth/redsleuth/server"
)

// maxModuleTypes bounds how many encodings and module types of one object
// type are told apart.
const maxModuleTypes = 64

// askEvery is how many keys go by between two questions whether to go on.
const askEvery = 1 << 12

// rdbReader takes in one RDB.
type rdbReader struct {
	in      *Inspector
	link    *record.Link
	decoder *rdb.Decoder // the first one, where damage made it end
	out     *RDB
	types   [rdb.ObjectModule + 1]TypeStats
	auxFields
	// db is the counter of the database that is selected.
	db         *Database
	databases  map[int]*Database
	biggest    *top[Key]
	sizes      sizes
	prefixes   *prefixCounter
	duplicates *duplicates
	second     *crossChecker // nil without --cross-check
	origin     repl.Origin
	verifier   *verify.Stage
	faults     []verify.Fault  // that verifier found
	inValue    bool            // damage was found within a value
	unread     bool            // for want of knowledge, not for damage
	emptyKeys  finding.Finding // of Count 0 where there are none
}

// auxFields is what was seen of them.
type auxFields struct {
	scripts map[string]*Script
	auxSeen map[string]auxSeen
}

// RDB implements record.Handler.
func (in *Inspector) RDB(link *record.Link, d *rdb.Decoder) error {
	r := newRDBReader(in, link)
	defer r.verifier.Close()
	err := r.crossCheck(d)
	if err == nil {
		err = r.read(d)
	}
	if err == nil {
		err = r.verifier.Finish()
	}
	r.finish()
	if link == nil || link.AOF {
		if in.report.RDB == nil {
			in.report.RDB = r.out
		}
	} else {
		in.link(link).Payload = r.out
	}
	return err
}

func newRDBReader(in *Inspector, link *record.Link) *rdbReader {
	r := &rdbReader{
		in: in, link: link,
		out: &RDB{
			Checksum: rdb.Checksum{Status: rdb.ChecksumAbsent}, End: record.Clean,
			TTL: newHistogram(ages), Idle: newHistogram(ages), Freq: newHistogram(frequencies),
		},
		auxFields: auxFields{map[string]*Script{}, map[string]auxSeen{}},
		databases: map[int]*Database{},
		biggest:   newTop(in.options.Top, func(k *Key) int64 { return k.Bytes }),
		origin:    repl.NewOrigin(),
	}
	if link != nil {
		r.out.Link = link.Number
	}
	if now := in.options.Now; !now.IsZero() {
		r.out.JudgedAt, r.out.Judged = now.UnixMilli(), true
	}
	if in.options.Separators != "" {
		r.prefixes = newPrefixCounter(in.options.Separators)
	}
	r.duplicates = newDuplicates(in.options.Memory)
	r.verifier = verify.New(verify.Options{Found: r.fault})
	r.out.Values.Quick = in.options.Quick
	return r
}

// resumable reports whether records may be found after what could not be read.
func resumable(err error) bool {
	return errors.Is(err, parse.ErrDamaged) || errors.Is(err, parse.ErrUnsupported) ||
		errors.Is(err, parse.ErrLimit)
}

// read goes to the end, with Salvage after damage too.
func (r *rdbReader) read(d *rdb.Decoder) error {
	r.decoder = d
	for {
		err := r.records(d)
		r.out.Bytes = d.Place()
		placed, damaged := parse.AsDamage(err)
		if !damaged {
			return err
		}
		if !r.in.options.Salvage || !resumable(err) {
			r.damage(placed, nil)
			return nil
		}
		next, lost, resumeErr := rdb.Resume(d, err, r.again())
		if resumeErr != nil && !errors.Is(resumeErr, io.EOF) {
			return resumeErr
		}
		r.damage(placed, &lost)
		r.out.Bytes = lost.Byte + lost.Bytes
		if next == nil {
			return nil
		}
		d = next
	}
}

// again is nil for an RDB that is only part of an input.
func (r *rdbReader) again() parse.Opener {
	if r.link != nil {
		return nil
	}
	return r.in.options.Again
}

// records takes records in up to the end or an error.
func (r *rdbReader) records(d *rdb.Decoder) error {
	for rec, err := range d.Records() {
		if err != nil {
			return err
		}
		if rec.Kind != rdb.KindKey {
			r.other(rec)
			continue
		}
		if err := r.value(d, rec); err != nil {
			return err
		}
		r.key(rec)
		if r.out.Keys%askEvery == 0 && r.in.options.Interrupted != nil {
			if err := r.in.options.Interrupted(); err != nil {
				return err
			}
		}
	}
	return nil
}

// crossCheck gets a second decoder ready, where one is asked for.
func (r *rdbReader) crossCheck(d *rdb.Decoder) (err error) {
	if !r.in.options.CrossCheck || r.link != nil {
		return nil
	}
	if r.second, err = newCrossChecker(r.in, d); err == nil {
		r.out.CrossChecked = r.second.out
	}
	return err
}

func (r *rdbReader) key(rec *rdb.Record) {
	out := r.out
	out.Keys++
	if r.db == nil || r.db.DB != rec.DB {
		r.selectDB(rec.DB)
	}
	r.db.Keys++
	if rec.HasExpire {
		r.expiry(rec)
	}
	if rec.Elements == 0 && rec.Object.HoldsElements() {
		r.empty(rec)
	}
	r.typeStats(rec).add(rec.Elements, rec.Bytes)
	r.sizes.add(rec.Bytes)
	if rec.Idle >= 0 {
		out.Idle.add(rec.Idle)
	}
	if rec.Freq >= 0 {
		out.Freq.add(int64(rec.Freq))
	}
	if r.biggest.wants(rec.Bytes) {
		r.biggest.add(Key{
			DB: rec.DB, Name: bytes.Clone(rec.Key), Object: rec.Object, Encoding: encodingName(rec),
			Elements: rec.Elements, Byte: rec.Byte, Bytes: rec.Bytes,
			ExpireAt: rec.ExpireAt, HasExpire: rec.HasExpire,
		})
	}
	if r.prefixes != nil {
		r.prefixes.add(rec.Key, rec.Bytes)
	}
	r.duplicates.add(rec.DB, rec.Key, rec.Byte)
}

func (r *rdbReader) expiry(rec *rdb.Record) {
	out := r.out
	if out.Expires == 0 || rec.ExpireAt < out.FirstExpiry {
		out.FirstExpiry = rec.ExpireAt
	}
	if out.Expires == 0 || rec.ExpireAt > out.LastExpiry {
		out.LastExpiry = rec.ExpireAt
	}
	out.Expires++
	r.db.Expires++
	switch {
	case !out.Judged:
	case rec.ExpireAt < out.JudgedAt:
		r.db.Expired++
		out.TTL.add(0)
	default:
		out.TTL.add((rec.ExpireAt-out.JudgedAt)/1000 + 1)
	}
}

// encodingName is the encoding, or the name of a module's type.
func encodingName(rec *rdb.Record) string {
	if rec.Object == rdb.ObjectModule {
		return rec.Module
	}
	return rec.Encoding
}

// typeStats counts the key's type and returns the counter of its encoding.
func (r *rdbReader) typeStats(rec *rdb.Record) *Counts {
	t := &r.types[rec.Object]
	t.Total.add(rec.Elements, rec.Bytes)
	name := encodingName(rec)
	for _, e := range t.Encodings {
		if e.Name == name {
			return &e.Counts
		}
	}
	if len(t.Encodings) == maxModuleTypes {
		return &t.Encodings[maxModuleTypes-1].Counts
	}
	if len(t.Encodings) == maxModuleTypes-1 {
		name = "" // what all others are counted under
	}
	t.Encodings = append(t.Encodings, &EncodingStats{Name: name})
	return &t.Encodings[len(t.Encodings)-1].Counts
}

// selectDB finds the counter of a database.
func (r *rdbReader) selectDB(db int) {
	r.db = r.databases[db]
	if r.db != nil {
		return
	}
	r.db = &Database{DB: db}
	if len(r.databases) < r.in.options.Limits.MaxDistinct {
		r.databases[db] = r.db
		r.out.Databases = append(r.out.Databases, r.db)
	}
}

// finish fills in what only the end tells.
func (r *rdbReader) finish() {
	out := r.out
	if r.second != nil {
		r.second.c.Close()
		r.second.checker.Close()
	}
	if out.Lost.Ranges > 0 {
		out.Lost.Saved += out.Keys
	}
	r.faultFindings()
	r.emptyFinding()
	twice := r.duplicates.finish()
	for _, t := range twice {
		r.duplicate(t)
	}
	out.DuplicatesUntil = r.duplicates.until
	for _, o := range rdb.Objects() {
		if t := r.types[o]; t.Total.Keys > 0 {
			t.Object = o
			out.Types = append(out.Types, &t)
		}
	}
	out.ServerVersion, out.Server = r.origin.Written, r.origin.Version
	if r.origin.Placed() {
		out.Replication = &Replication{State: r.origin.State}
		out.Replication.Restored = server.RestartFrom(out.Server, r.origin.StreamDB != repl.Unknown)
	}
	out.Biggest = r.biggest.list()
	out.Sizes = r.sizes.histogram()
	if r.prefixes != nil {
		out.Prefixes = r.prefixes.report(r.in.options.Top)
	}
	r.remarks()
	out.Loads = r.loader(len(twice)).loads(r.in.options.Versions)
}

// loader is what all that was read tells of loading it.
func (r *rdbReader) loader(duplicates int) *loader {
	l := &loader{out: r.out, faults: r.faults, emptyKeys: r.emptyKeys.Count, duplicates: duplicates,
		unread: r.unread, inValue: r.inValue}
	for _, s := range r.out.Scripts {
		l.twice = l.twice || s.Count > 1
	}
	l.modules = r.types[rdb.ObjectModule].Total.Keys > 0
	l.vectorSets = r.types[rdb.ObjectVectorSet].Total.Keys > 0
	return l
}
