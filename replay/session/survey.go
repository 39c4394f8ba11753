package session

import (
	"github.com/zeebo/xxh3"

	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
)

// survey is the Handler of the first reading: what connections there are, from
// where to where they reach, and no more of their contents than it takes to
// recognise them.
type survey struct {
	stream  int
	before  int // links of other inputs
	capture bool
	current *Connection
	all     []*Connection
	// beside sees all that is read, if set.
	beside record.Handler
}

func newSurvey(stream int, in *input.Input, before int) *survey {
	return &survey{stream: stream, before: before, capture: in.Kind == input.KindPCAP}
}

func (s *survey) LinkStart(l *record.Link) error {
	s.current = newConnection(s.stream, l)
	s.current.Capture = s.capture
	s.all = append(s.all, s.current)
	s.current.keep = marksOfLink
	if s.capture || s.before+len(s.all) > manyLinks {
		s.current.keep = marksOfCapture
	}
	if s.beside != nil {
		return s.beside.LinkStart(l)
	}
	return nil
}

// RDB reads the head of a payload.
func (s *survey) RDB(l *record.Link, d *rdb.Decoder) error {
	if l == nil || s.current == nil {
		if s.beside != nil {
			return s.beside.RDB(l, d)
		}
		return nil
	}
	head := NewDump()
	s.current.Payload = &head
	if s.beside == nil {
		return head.readHead(d)
	}
	d.Observe(func(r *rdb.Record) {
		if r.Kind == rdb.KindAux {
			head.Aux(r.Name, r.Value)
		}
	})
	return s.beside.RDB(l, d)
}

func (s *survey) Command(c *record.Command) error {
	var sum uint64
	for _, a := range c.Args {
		sum = sum*31 + xxh3.Hash(a)
	}
	s.current.add(sum, c.Bytes, command.ClassOf(c.Args[0]) == command.Quiet)
	if s.beside != nil {
		return s.beside.Command(c)
	}
	return nil
}

func (s *survey) Note(n *record.Note) error {
	if n.Kind == record.NoteGap && n.Link != nil && n.Link.Commands == 0 && s.current != nil {
		s.current.torn = true
	}
	if s.beside != nil {
		return s.beside.Note(n)
	}
	return nil
}

func (s *survey) LinkEnd(l *record.Link) error {
	s.current.Link = *l
	if s.beside != nil {
		return s.beside.LinkEnd(l)
	}
	return nil
}
