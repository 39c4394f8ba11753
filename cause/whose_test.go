package cause

import (
	"testing"

	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/repl"
	"github.com/redsleuth/redsleuth/replay/session"
)

// Which of several replicas a dump is of is told by a dump that one of its processes
// started from, by what it acknowledged last, or by where it can have been at all.
func TestWhoseDump(t *testing.T) {
	const id, promoted = "history", "another"
	link := func(start, end, acked int64) *session.Connection {
		c := &session.Connection{Start: start, Last: true, Link: record.Link{ReplicationID: id, EndOffset: end}}
		if acked != record.Unknown {
			c.Link.Acks = &record.Acks{Last: acked}
		}
		return c
	}
	from := func(c *session.Connection) *session.Connection {
		c.Base = &session.Dump{}
		return c
	}
	before := func(c *session.Connection) *session.Connection {
		c.Last = false
		return c
	}
	state := func(id string, offset int64) *repl.State { return &repl.State{ID: id, Offset: offset} }
	type replicas = [][]*session.Connection
	for _, test := range []struct {
		name     string
		replicas replicas
		state    *repl.State
		want     whose
	}{
		{"one alone", replicas{{link(0, 100, 90)}}, state(id, 500), whose{}},
		{"what it acknowledged last", replicas{{link(0, 100, 100)}, {link(0, 100, 90)}}, state(id, 90), whose{number: 2}},
		{"both acknowledged it", replicas{{link(0, 100, 90)}, {link(0, 100, 90)}}, state(id, 90), whose{1, true}},
		{"a dump that it started from", replicas{{link(0, 100, 90)}, {from(link(0, 100, 100))}}, state(id, 90), whose{number: 2}},
		{"one was there, the other came later", replicas{{link(200, 300, -1)}, {link(0, 100, -1)}}, state(id, 90), whose{number: 2}},
		{"one was gone by then", replicas{{link(0, 100, -1)}, {before(link(0, 50, -1)), link(60, 70, -1)}}, state(id, 55), whose{number: 1}},
		{"both were there", replicas{{link(0, 100, -1)}, {link(0, 100, -1)}}, state(id, 90), whose{1, true}},
		{"neither was there", replicas{{link(200, 300, -1)}, {link(200, 300, -1)}}, state(id, 90), whose{1, true}},
		{"a dump that tells nothing", replicas{{link(0, 100, 90)}, {link(0, 100, 90)}}, nil, whose{1, true}},
		{"one that was promoted", replicas{{link(0, 100, 90)}, {link(0, 100, 90)}}, state(promoted, 120), whose{1, true}},
		{"links without offsets", replicas{{link(-1, -1, -1)}, {link(0, 100, 90)}}, state(id, 90), whose{number: 2}},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := &session.Plan{}
			for i, connections := range test.replicas {
				p.Replicas = append(p.Replicas, &session.Replica{Number: i + 1, Connections: connections})
			}
			if got := whoseDump(p, &diff.Side{State: test.state}); got != test.want {
				t.Errorf("%+v, want %+v", got, test.want)
			}
		})
	}
}
