package tcp

import (
	"bytes"
	"slices"
)

// A delivery is what the assembler gives at a time: the next bytes of a direction, or
// the end of a connection.
type delivery struct {
	assembly *assembly
	side     int
	missing  int64 // bytes lost before it
	bytes    int64
	pieces   []piece
	end      bool
}

// flush lets the assembler give up what it waits for, which it does in no order: that
// is taken in the order in which the connections began, so that a capture is told
// alike each time.
func (t *table) flush(giveUp func()) {
	flushed := map[*assembly][]delivery{}
	t.flushed = flushed
	giveUp()
	t.flushed = nil
	for _, a := range t.assemblies {
		for _, v := range flushed[a] {
			t.deliver(v)
		}
	}
}

// deliver takes what the assembler gave, or keeps it until its turn comes.
func (t *table) deliver(v delivery) {
	switch a := v.assembly; {
	case t.flushed != nil:
		v.pieces = slices.Clone(v.pieces)
		for i := range v.pieces {
			v.pieces[i].data = bytes.Clone(v.pieces[i].data)
		}
		t.flushed[a] = append(t.flushed[a], v)
	case v.end:
		a.complete()
	default:
		a.take(&v)
	}
}
