package diff

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/server"
)

// remarks are findings on each dump, and on how they divide the slots.
func (s *side) remarks(ctx context.Context) ([]finding.Finding, error) {
	var found []finding.Finding
	for _, d := range s.dumps {
		of, err := d.remarks(ctx)
		if err != nil {
			return nil, err
		}
		found = append(found, of...)
	}
	of, err := s.shardRemarks(ctx)
	return append(found, of...), err
}

// remarks are findings on one dump.
func (s *dump) remarks(ctx context.Context) ([]finding.Finding, error) {
	var found []finding.Finding
	add := func(f finding.Finding, format string, args ...any) {
		f.Path, f.Message = s.Path, fmt.Sprintf(format, args...)
		found = append(found, f)
	}
	if s.damage != nil {
		code := finding.Damaged
		if s.End == record.Truncated {
			code = finding.Truncated
		}
		add(finding.Finding{Code: code, Severity: finding.Error, Byte: finding.At(s.EndByte)}, "%v", s.damage)
	}
	if s.Checksum.Status == rdb.ChecksumInvalid {
		add(finding.Finding{Code: finding.ChecksumInvalid, Severity: finding.Error},
			"the checksum does not match: bytes of the dump were changed")
	}
	if s.trailing != nil {
		f, what := behind(s.trailing)
		add(f, "%s", what)
	}
	if s.commands > 0 {
		add(finding.Finding{Code: finding.CommandsNotCompared, Severity: finding.Info, Commands: s.commands},
			"%d commands after the RDB are not part of the state compared", s.commands)
	}
	if s.rdbs > 1 {
		add(finding.Finding{Code: finding.SeveralKeyspaces, Severity: finding.Info},
			"of %d whole RDBs in this input the last one is compared", s.rdbs)
	}
	if n := s.duplicates.count; n > 0 {
		keys, err := s.namesOf(ctx, &s.duplicates)
		if err != nil {
			return nil, err
		}
		add(finding.Finding{Code: finding.DuplicateKey, Severity: finding.Error, Count: n, Keys: keys},
			"%d keys are in the dump more than once; the last of each is compared", n)
	}
	s.unsoundFindings(add)
	if n := s.empty.count; n > 0 {
		keys, err := s.namesOf(ctx, &s.empty)
		if err != nil {
			return nil, err
		}
		const drops = server.DropsEmptyKeys
		add(finding.Finding{Code: finding.EmptyKey, Severity: finding.Info, Count: n, Keys: keys,
			Affects: drops.Affects()},
			"%d keys without elements are compared like any other; %s drop them when they load",
			n, drops.Affects())
	}
	return found, nil
}

// behind is what is wrong behind the end of a dump.
func behind(n *record.Note) (f finding.Finding, what string) {
	f = finding.Finding{Code: finding.TrailingData, Severity: finding.Error}
	if n.Byte >= 0 {
		f.Byte, f.Bytes = finding.At(n.Byte), n.Bytes
	}
	cut := n.Kind == record.NoteCut
	switch {
	case cut && n.Err == nil:
		f.Code = finding.Truncated
		return f, "the compressed data ends early: the file was not copied whole; what was in it may have been"
	case n.Kind == record.NoteTruncated:
		f.Code = finding.Truncated
		return f, "the bytes end within a command"
	case errors.Is(n.Err, parse.ErrZeros):
		f.Code = finding.ZeroFilled
	case cut, n.Kind == record.NoteDamage:
		f.Code = finding.Damaged
	case n.Err == nil:
		return f, fmt.Sprintf("%d bytes follow the end of the dump, which servers ignore", n.Bytes)
	}
	if placed, ok := parse.AsDamage(n.Err); ok {
		return f, placed.Err.Error()
	}
	return f, n.Err.Error()
}

// namesOf reads the names of the first of these keys.
func (s *dump) namesOf(ctx context.Context, n *noted) (keys [][]byte, err error) {
	slices.Sort(n.places)
	err = s.fetch(ctx, n.places, func(_ int, rec *rdb.Record, _ *rdb.Decoder) error {
		keys = append(keys, bytes.Clone(rec.Key))
		return nil
	})
	return keys, err
}
