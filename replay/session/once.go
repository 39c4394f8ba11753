package session

import (
	"encoding/binary"
	"hash/maphash"

	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/parse/record"
)

// A once leaves out what a client sent that another capture told already: two that hold
// the same connection, of which one may have holes, tell each command of it together.
type once struct {
	seed maphash.Seed
	told map[uint64]int // the stream that told a command
}

// mostTold bounds what is held of commands; what comes after is told as it comes.
const mostTold = 1 << 20

// newOnce is nil where fewer than two inputs are captures.
func newOnce(streams []*input.Input) *once {
	captures := 0
	for _, in := range streams {
		if in.Kind == input.KindPCAP {
			captures++
		}
	}
	if captures < 2 {
		return nil
	}
	return &once{maphash.MakeSeed(), map[uint64]int{}}
}

// first reports whether no other stream told a command before. One that was sent twice at
// the same time over one connection is told twice by the stream that is the first.
func (o *once) first(stream int, c *record.ClientCommand) bool {
	if o == nil || c.Time.IsZero() || c.Addr == "" || c.To == "" || c.Reply == record.ReplyNone || c.Cut {
		return true
	}
	var h maphash.Hash
	h.SetSeed(o.seed)
	var b [8]byte
	number := func(n int64) {
		binary.LittleEndian.PutUint64(b[:], uint64(n))
		h.Write(b[:])
	}
	number(c.Time.UnixNano())
	for _, s := range []string{c.Addr, c.To} {
		number(int64(len(s)))
		h.WriteString(s)
	}
	for _, a := range c.Args {
		number(int64(len(a)))
		h.Write(a)
	}
	told, known := o.told[h.Sum64()]
	if !known && len(o.told) < mostTold {
		o.told[h.Sum64()] = stream
	}
	return !known || told == stream
}
