package diff

import (
	"cmp"
	"slices"

	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/rdb/verify"
)

// unsound takes in a value that is not sound. Two of equal bytes are equal, and
// still not what a server can be trusted to hold.
func (s *dump) unsound(f verify.Fault) error {
	if f.Kind == verify.Unread {
		return nil // nothing is known against it
	}
	if s.Broken++; len(s.faults) < notedKept {
		s.faults = append(s.faults, f)
	}
	return nil
}

// checked takes in what the hasher found in a value that can be read.
func (s *dump) checked(rec *rdb.Record) error {
	if s.hasher.wrong == nil {
		return nil
	}
	wrong := parse.At(rec.Byte, s.hasher.wrong)
	s.hasher.wrong = nil
	f, ok := verify.FaultOf(rec, wrong)
	if !ok {
		return wrong
	}
	return s.unsound(f)
}

// unsoundFindings tells of the first values that are not sound, each at its
// place; the last finding counts the others.
func (s *dump) unsoundFindings(add func(f finding.Finding, format string, args ...any)) {
	slices.SortFunc(s.faults, func(a, b verify.Fault) int { return cmp.Compare(a.Byte, b.Byte) })
	for i := range s.faults {
		v := &s.faults[i]
		code := finding.ValueBroken
		if v.Kind == verify.Repeated {
			code = finding.MemberDuplicate
		}
		f := finding.Finding{Code: code, Severity: finding.Error, Byte: finding.At(v.Byte), Bytes: v.Bytes,
			Keys: [][]byte{v.Key}}
		if v.DB >= 0 {
			f.DB = finding.At(v.DB)
		}
		add(f, "the value is not sound: %v", v.Err.Err)
	}
	if more := s.Broken - int64(len(s.faults)); more > 0 {
		add(finding.Finding{Code: finding.ValueBroken, Severity: finding.Error, Count: more},
			"%d more values are not sound; inspect names them", more)
	}
}
