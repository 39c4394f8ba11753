package rdb

import (
	"errors"

	"github.com/redsleuth/redsleuth/parse"
)

// A Flaw is what is wrong with a value, in the classes by which servers look at
// one while they load it: all of them at some, few of them at others.
type Flaw uint8

// The flaws.
const (
	FlawOther      Flaw = iota
	FlawCompressed      // a compressed string does not give what it claims
	FlawEnvelope        // a packed blob's length or end mark, or an intset's size
	FlawEntries         // what is within a packed blob
	FlawNaN             // a score that is no number, outside a blob
	FlawIndex           // of a stream: a node, group, consumer or pending entry is there twice, or not in its group
	FlawOwners          // of a stream: a pending entry has two owners
	FlawLength          // of a stream: it says that it has other than its number of entries
	FlawCounts          // of a stream: order, last ids, a pending entry without owner
)

type flawError struct {
	error
	flaw Flaw
}

func (e flawError) Unwrap() error { return e.error }

// Flawed tells FlawOf the class of an error.
func Flawed(flaw Flaw, err error) error { return flawError{err, flaw} }

// FlawOf is the class of an error that reading a value came to.
func FlawOf(err error) Flaw {
	var known flawError
	if errors.As(err, &known) {
		return known.flaw
	}
	return FlawOther
}

// flawed fails with damage of a class.
func (d *Decoder) flawed(flaw Flaw, format string, args ...any) error {
	return d.fail(Flawed(flaw, parse.Damaged(format, args...)))
}
