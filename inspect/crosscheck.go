package inspect

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/hdt3213/rdb/parser"

	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/rdb/verify"
)

// CrossCheck counts the keys that a second decoder, hdt3213/rdb, was asked
// about. Each disagreement is a finding.
type CrossCheck struct {
	Agreed, Differ int64
	// TooLarge are longer than the second decoder, which holds a value whole,
	// is given.
	TooLarge int64
	// Unknown are of types that the second decoder does not know.
	Unknown int64
}

// crossCheckMost is the longest record that is compared.
const crossCheckMost = 4 << 20

// newestElsewhere is the newest version that the second decoder takes.
const newestElsewhere = 12

// A crossChecker reads an RDB a second time, at its own pace. The second
// decoder reserves memory for lengths that it has only read, prints, and can
// stop early in silence; it is given one record at a time, which this one has
// read whole, in a file of its own.
type crossChecker struct {
	c      *parse.Cursor
	out    *CrossCheck
	header rdb.Header
	ours   []string
	// checker looks at the values in the place of a verify.Stage.
	checker *verify.Checker
	file    []byte
}

// value reads a value and compares it.
func (x *crossChecker) value(r *rdbReader, d *rdb.Decoder, rec *rdb.Record) error {
	x.ours = x.ours[:0]
	held := 0
	x.checker.Begin(rec)
	var wrong error
	err := d.Value(func(e *rdb.Element) error {
		if wrong == nil {
			wrong = parse.At(d.Place(), x.checker.See(e), "the value")
		}
		if held > 4*crossCheckMost {
			return nil
		}
		lines := ourLines(e)
		for _, line := range lines {
			held += len(line)
		}
		x.ours = append(x.ours, lines...)
		return nil
	})
	if err != nil {
		return err
	}
	if wrong == nil {
		wrong = parse.At(d.Place(), x.checker.End(), "the value")
	}
	if wrong != nil {
		if err := r.wrong(rec, wrong); err != nil {
			return err
		}
	}
	switch {
	case !knownElsewhere(rec):
		x.out.Unknown++
		return nil
	case rec.Bytes > crossCheckMost || held > 4*crossCheckMost:
		x.out.TooLarge++
		return nil
	}
	if err := x.c.Skip(d.Start() + rec.Byte - x.c.Offset()); err != nil {
		return err
	}
	raw, err := x.c.Take(int(rec.Bytes))
	if err != nil {
		return err
	}
	why, failed := x.compare(rec, raw)
	if why != "" {
		x.out.Differ++
		severity := finding.Warning
		if failed { // it can't read the value, and so contradicts nothing
			severity = finding.Info
		}
		f := r.at(finding.CrossCheck, severity, rec.Byte, "hdt3213/rdb reads this key otherwise: %s", why)
		f.DB, f.Keys = finding.At(rec.DB), [][]byte{bytes.Clone(rec.Key)}
		r.in.find(f)
		return nil
	}
	x.out.Agreed++
	return nil
}

// knownElsewhere: what the second decoder says of itself that it reads.
func knownElsewhere(rec *rdb.Record) bool {
	switch {
	case rec.Meta > 0, rec.Type == rdb.TypeModule2, rec.Type == rdb.TypeModulePreGA:
		return false
	case rec.Type == rdb.TypeValkeyHash2:
		return true
	}
	return rec.Type <= rdb.TypeHashListpackTTL
}

// compare says in which way the two differ, "" if in none; failed where the
// second decoder makes nothing of the record.
func (x *crossChecker) compare(rec *rdb.Record, raw []byte) (why string, failed bool) {
	theirs, err := x.decode(rec, raw)
	switch {
	case err != nil:
		return "it can't read it", true
	case theirs == nil:
		return "it finds no key", true
	}
	return x.difference(rec, theirs), false
}

func (x *crossChecker) difference(rec *rdb.Record, theirs parser.RedisObject) string {
	switch {
	case theirs.GetKey() != string(rec.Key):
		return "another name"
	case theirs.GetType() != rec.Object.String():
		return "another type"
	case (theirs.GetExpiration() != nil) != rec.HasExpire,
		rec.HasExpire && theirs.GetExpiration().UnixMilli() != rec.ExpireAt:
		return "another expiry"
	}
	lines := theirLines(theirs)
	if len(lines) != len(x.ours) {
		return fmt.Sprintf("%d members, where this program finds %d", len(lines), len(x.ours))
	}
	if rec.Object != rdb.ObjectList {
		slices.Sort(lines)
		slices.Sort(x.ours)
	}
	if !slices.Equal(lines, x.ours) {
		return "other members"
	}
	return ""
}

// decode gives the second decoder a file with this one record in it.
func (x *crossChecker) decode(rec *rdb.Record, raw []byte) (parser.RedisObject, error) {
	x.file = x.file[:0]
	if x.header.Magic == "VALKEY" {
		x.file = append(x.file, "VALKEY080"...)
	} else {
		x.file = fmt.Appendf(x.file, "REDIS%04d", min(x.header.Version, newestElsewhere))
	}
	x.file = append(x.file, raw...)
	x.file = append(x.file, 255, 0, 0, 0, 0, 0, 0, 0, 0)
	var found parser.RedisObject
	err := parser.NewDecoder(bytes.NewReader(x.file)).Parse(func(o parser.RedisObject) bool {
		if found != nil {
			found = nil
			return false
		}
		found = o
		return true
	})
	return found, err
}

// ourLines turns an element into text that is the same for both decoders.
func ourLines(e *rdb.Element) []string {
	switch e.Kind {
	case rdb.ElementBytes:
		return []string{string(e.Member)}
	case rdb.ElementField:
		expire := int64(0)
		if e.ExpireAt != rdb.NoExpiry {
			expire = e.ExpireAt
		}
		return []string{pair(string(e.Member), string(e.Value)) + strconv.FormatInt(expire, 10)}
	case rdb.ElementScore:
		return []string{score(string(e.Member), e.Score)}
	case rdb.ElementEntry:
		// The second decoder keeps fields in a map: of equal ones the last.
		fields := map[string]string{}
		for i := 0; i+1 < len(e.Fields); i += 2 {
			fields[string(e.Fields[i])] = string(e.Fields[i+1])
		}
		return []string{entry(e.ID.Ms, e.ID.Seq, fields)}
	case rdb.ElementStream:
		return []string{fmt.Sprintf("last %d-%d", e.Stream.LastID.Ms, e.Stream.LastID.Seq)}
	}
	return nil
}

// theirLines does the same with what the second decoder found.
func theirLines(o parser.RedisObject) (lines []string) {
	switch o := o.(type) {
	case *parser.StringObject:
		lines = append(lines, string(o.Value))
	case *parser.ListObject:
		for _, v := range o.Values {
			lines = append(lines, string(v))
		}
	case *parser.SetObject:
		for _, v := range o.Members {
			lines = append(lines, string(v))
		}
	case *parser.HashObject:
		for field, v := range o.Hash {
			lines = append(lines, pair(field, string(v))+strconv.FormatInt(max(o.FieldExpirations[field], 0), 10))
		}
	case *parser.ZSetObject:
		for _, v := range o.Entries {
			lines = append(lines, score(v.Member, v.Score))
		}
	case *parser.StreamObject:
		for _, node := range o.Entries {
			for _, m := range node.Msgs {
				if !m.Deleted {
					lines = append(lines, entry(m.Id.Ms, m.Id.Sequence, m.Fields))
				}
			}
		}
		if o.LastId != nil {
			lines = append(lines, fmt.Sprintf("last %d-%d", o.LastId.Ms, o.LastId.Sequence))
		}
	}
	return lines
}

// pair joins two strings so that no other two give the same.
func pair(a, b string) string { return strconv.Itoa(len(a)) + ":" + a + strconv.Itoa(len(b)) + ":" + b }

func score(member string, value float64) string {
	return pair(member, strconv.FormatUint(math.Float64bits(value), 16))
}

func entry(ms, seq uint64, fields map[string]string) string {
	var all []string
	for f, v := range fields {
		all = append(all, pair(f, v))
	}
	slices.Sort(all)
	return fmt.Sprintf("%d-%d %q", ms, seq, all)
}

// errNoSecondRead: what is read only once can't be read twice.
var errNoSecondRead = errors.New("this input can't be read a second time")

func newCrossChecker(in *Inspector, d *rdb.Decoder) (*crossChecker, error) {
	if in.options.Again == nil {
		return nil, errNoSecondRead
	}
	c, err := in.options.Again(d.Start())
	if err != nil {
		return nil, err
	}
	return &crossChecker{c: c, out: &CrossCheck{}, checker: verify.NewChecker()}, nil
}
