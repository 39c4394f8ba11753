package inspect

import (
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
	patterns   *patternCounter
	memory     measure
	duplicates *duplicates
	second     *crossChecker // nil without --cross-check
	origin     repl.Origin
	valueState
}

// valueState is what was seen of values.
type valueState struct {
	verifier  *verify.Stage
	faults    []verify.Fault  // that verifier found
	inValue   bool            // damage was found within a value
	unread    bool            // for want of knowledge, not for damage
	emptyKeys finding.Finding // of Count 0 where there are none
	// modules and vectorSets: there are keys of these types.
	modules, vectorSets bool
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
		r.patterns = newPatternCounter(in.options.Separators)
	}
	r.out.Filtered = in.options.Filter.Any()
	r.duplicates = newDuplicates(in.options.Memory)
	r.memory = newMeasure(&in.options)
	checks := verify.Options{Found: r.fault}
	if r.memory.out != nil {
		checks.Meter, checks.Measured = r.meter, r.measured
	}
	r.verifier = verify.New(checks)
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
		if err := r.verifier.Finish(); err != nil { // the keys before it
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
	n := 0
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
		if r.memory.out == nil {
			r.key(rec, nil)
		}
		if n++; n%askEvery == 0 && r.in.options.Interrupted != nil {
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

// key takes in a key whose value was read; costs is what it costs in memory, as far
// as that is known.
func (r *rdbReader) key(rec *rdb.Record, costs []int64) {
	r.out.Read++
	if r.db == nil || r.db.DB != rec.DB {
		r.selectDB(rec.DB)
	}
	r.db.Read++
	if rec.Elements == 0 && rec.Object.HoldsElements() {
		r.empty(rec)
	}
	r.modules = r.modules || rec.Object == rdb.ObjectModule
	r.vectorSets = r.vectorSets || rec.Object == rdb.ObjectVectorSet
	r.duplicates.add(rec.DB, rec.Key, rec.Byte)
	if !r.out.Filtered || r.passes(rec, costs) {
		r.count(rec, costs)
	}
}

// passes applies the filter.
func (r *rdbReader) passes(rec *rdb.Record, costs []int64) bool {
	f := &r.in.options.Filter
	if f.CommandsOnly() {
		return false
	}
	expired := rec.HasExpire && r.out.Judged && rec.ExpireAt < r.out.JudgedAt
	cost := int64(0)
	if len(costs) > 0 {
		cost = costs[0]
	}
	return f.Key(rec, expired) && f.Size(rec.Bytes, cost, len(costs) > 0)
}

// count counts a key that is asked about.
func (r *rdbReader) count(rec *rdb.Record, costs []int64) {
	out := r.out
	out.Keys++
	r.db.Keys++
	if rec.HasExpire {
		r.expiry(rec)
	}
	total, encoding := r.typeStats(rec)
	total.add(rec.Elements, rec.Bytes)
	encoding.add(rec.Elements, rec.Bytes)
	if r.memory.out != nil {
		addCost(&r.db.Memory, costs)
		addCost(&total.Memory, costs)
		addCost(&encoding.Memory, costs)
	}
	r.sizes.add(rec.Bytes)
	if rec.Idle >= 0 {
		out.Idle.add(rec.Idle)
	}
	if rec.Freq >= 0 {
		out.Freq.add(int64(rec.Freq))
	}
	if r.biggest.wants(rec.Bytes) {
		r.biggest.add(keyOf(rec))
	}
	r.memory.key(rec, costs)
	if r.patterns != nil {
		r.patterns.add(rec, costs, out.Judged, out.JudgedAt)
	}
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

// typeStats returns the counters of the key's type and of its encoding.
func (r *rdbReader) typeStats(rec *rdb.Record) (total, encoding *Counts) {
	t := &r.types[rec.Object]
	name := encodingName(rec)
	for _, e := range t.Encodings {
		if e.Name == name {
			return &t.Total, &e.Counts
		}
	}
	if len(t.Encodings) == maxModuleTypes {
		return &t.Total, &t.Encodings[maxModuleTypes-1].Counts
	}
	if len(t.Encodings) == maxModuleTypes-1 {
		name = "" // what all others are counted under
	}
	t.Encodings = append(t.Encodings, &EncodingStats{Name: name})
	return &t.Total, &t.Encodings[len(t.Encodings)-1].Counts
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
		out.Lost.Saved += out.Read
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
	if r.in.options.Measure {
		out.Memory = r.memory.finish(out.Databases, out.Filtered || out.End != record.Clean)
	}
	if r.patterns != nil {
		byMemory := out.Memory != nil && out.Memory.Measured > 0
		out.Patterns = r.patterns.report(r.in.options.Top, byMemory, out.Judged)
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
	l.modules, l.vectorSets = r.modules, r.vectorSets
	return l
}
