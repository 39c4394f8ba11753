package inspect

import (
	"bytes"

	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/rdb/verify"
	"github.com/redsleuth/redsleuth/server"
)

// value steps over a value and has it checked, or compares it with what a
// second decoder reads.
func (r *rdbReader) value(d *rdb.Decoder, rec *rdb.Record) error {
	switch {
	case r.second != nil:
		return r.second.value(r, d, rec)
	case r.in.options.Quick:
		return d.Skip()
	}
	return r.verifier.Value(d, rec)
}

// fault takes in a value that is not sound. They become findings in the end,
// so that their place among the findings doesn't depend on the machine.
func (r *rdbReader) fault(f verify.Fault) error {
	if f.Kind == verify.Unread {
		r.out.Values.Unread++
	} else {
		r.out.Values.Broken++
	}
	if len(r.faults) < r.in.options.Limits.MaxDistinct {
		r.faults = append(r.faults, f)
	}
	return nil
}

// wrong takes in what a Checker found in a value.
func (r *rdbReader) wrong(rec *rdb.Record, err error) error {
	f, ok := verify.FaultOf(rec, err)
	if !ok {
		return err
	}
	return r.fault(f)
}

// faultFindings makes findings of what fault took in.
func (r *rdbReader) faultFindings() {
	for i := range r.faults {
		v := &r.faults[i]
		f := r.at(finding.ValueBroken, finding.Error, v.Byte, "the value is not sound: %s", message(v.Err))
		switch v.Kind {
		case verify.Repeated:
			f.Code = finding.MemberDuplicate
		case verify.Unread:
			f.Code, f.Severity = finding.Undecoded, finding.Info
			f.Message = "the value could not be checked: " + message(v.Err)
		}
		f.Bytes, f.Keys = v.Bytes, [][]byte{v.Key}
		if v.DB >= 0 {
			f.DB = finding.At(v.DB)
		}
		if v.Kind == verify.Unread {
			r.in.find(f)
		} else {
			r.broken(f)
		}
	}
}

// announced takes in the size of the database that is selected.
func (r *rdbReader) announced(rec *rdb.Record) {
	if rec.DB >= 0 && len(r.out.Announced) < r.in.options.Limits.MaxDistinct {
		r.out.Announced = append(r.out.Announced, Announced{rec.DB, int64(min(rec.Keys, 1<<62))})
	}
}

// emptyNamed is how many keys without elements are named.
const emptyNamed = 16

// empty takes in a key that holds no elements.
func (r *rdbReader) empty(rec *rdb.Record) {
	f := &r.emptyKeys
	if f.Count++; f.Count == 1 {
		f.Byte = finding.At(rec.Byte)
	}
	if len(f.Keys) < emptyNamed {
		f.Keys = append(f.Keys, bytes.Clone(rec.Key))
	}
}

// emptyFinding tells of all keys without elements, at the place of the first.
func (r *rdbReader) emptyFinding() {
	if r.emptyKeys.Count == 0 {
		return
	}
	const drops = server.DropsEmptyKeys
	f := r.at(finding.EmptyKey, finding.Info, *r.emptyKeys.Byte,
		"%d of %d keys hold no elements: %s drop them when they load, others hold them",
		r.emptyKeys.Count, r.out.Read, drops.Affects())
	f.Count, f.Keys, f.Affects = r.emptyKeys.Count, r.emptyKeys.Keys, drops.Affects()
	r.in.find(f)
}
