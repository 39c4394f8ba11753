package session

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/parse/record"
)

// One connection in two inputs, and what makes two of it. The wanted one is
// left out.
func TestSameConnection(t *testing.T) {
	second, capture := onInput(1), captured("10.0.0.2", 6380)
	noPayload := func(c *Connection) { c.Link.Payload = nil }
	from := func(offset int64) edit {
		return func(c *Connection) { c.Link.StartOffset, c.Link.EndOffset = offset, offset+c.Link.Bytes }
	}
	ends := func(c *Connection) { c.Link.From, c.Link.To = "10.0.0.1:6379", "10.0.0.2:40000" }
	between := func(from, to int64) edit {
		return func(c *Connection) { c.Link.Began, c.Link.Ended = time.Unix(from, 0), time.Unix(to, 0) }
	}
	long := strings.Repeat("abcdefgh", 25) // of which 64 commands at either end are known
	for _, c := range []struct {
		name string
		a, b *Connection
		want string
	}{
		{"whole in both", fullAt(idA, 100, "abc"), fullAt(idA, 100, "abc", second), "2"},
		{"the one with the request stays",
			fullAt(idA, 100, "abc"), fullAt(idA, 100, "abc", second, asksAll), "1"},
		{"the longer one stays",
			fullAt(idA, 100, "ab", capture), fullAt(idA, 100, "abc", second), "1"},
		{"and counts for more than a request",
			fullAt(idA, 100, "abc"), fullAt(idA, 100, "ab", second, capture, asksAll), "2"},
		{"both cut, both recordings", fullAt(idA, 100, "ab"), fullAt(idA, 100, "abc", second), ""},
		{"both cut, both captures",
			fullAt(idA, 100, "ab", capture), fullAt(idA, 100, "abc", second, capture), ""},
		{"two captures of the same ports, one with holes",
			fullAt(idA, 100, "abcdef", capture, ends), fullAt(idA, 100, "bdf", second, capture, ends), "2"},
		{"one that began late",
			fullAt(idA, 100, "abcdef", capture, ends), bare("ef", second, capture, ends), "2"},
		{"one that began late, and tells where",
			fullAt(idA, 100, "abcdef", capture, ends), bare("ef", second, capture, ends, from(140)), "2"},
		{"one that began late, and behind the other",
			fullAt(idA, 100, "abcdef", capture, ends), bare("ef", second, capture, ends, from(400)), ""},
		{"one that began late, while the other lasted",
			fullAt(idA, 100, "abcdef", capture, ends, between(10, 20)),
			bare("ef", second, capture, ends, between(15, 25)), "2"},
		{"the same ports, given out again later",
			fullAt(idA, 100, "abcdef", capture, ends, between(10, 20)),
			bare("ef", second, capture, ends, between(21, 25)), ""},
		{"the same ports, of which one alone tells when",
			fullAt(idA, 100, "abcdef", capture, ends, between(10, 20)),
			bare("ef", second, capture, ends), ""},
		{"the same ports, from another offset",
			fullAt(idA, 100, "abcdef", capture, ends), fullAt(idA, 160, "bdf", second, capture, ends), ""},
		{"the same ports, of another history",
			fullAt(idA, 100, "abcdef", capture, ends), fullAt(idB, 100, "bdf", second, capture, ends), ""},
		{"twice in one input", fullAt(idA, 100, "abc"), fullAt(idA, 100, "abc"), ""},
		{"another resync", fullAt(idA, 100, "abc", noPayload), goesOn(idA, "abc", second), ""},
		{"another history", fullAt(idA, 100, "abc"), fullAt(idB, 100, "abc", second), ""},
		{"a history that is not told", goesOn(idA, "abc"), goesOn("", "abc", second), "2"},
		{"another offset", fullAt(idA, 100, "abc"), fullAt(idA, 101, "abc", second), ""},
		{"an offset that is not told",
			fullAt(idA, 100, "abc"), fullAt(idA, record.Unknown, "abc", second), "2"},
		{"a payload in one alone",
			fullAt(idA, 100, "abc"), fullAt(idA, 100, "abc", second, noPayload), ""},
		{"other commands", fullAt(idA, 100, "abc"), fullAt(idA, 100, "abd", second), ""},
		{"a long one", fullAt(idA, 100, long), fullAt(idA, 100, long, second), "2"},
		{"a long one with another end",
			fullAt(idA, 100, long), fullAt(idA, 100, long[:len(long)-1]+"z", second), ""},
		{"partial resyncs without a command", goesOn(idA, ""), goesOn(idA, "", second), "2"},
		{"nothing in common but to be empty", bare(""), bare("", second), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := duplicates(c.a, c.b); got != c.want {
				t.Errorf("%q left out, want %q", got, c.want)
			}
		})
	}
}

func duplicates(all ...*Connection) string {
	markDuplicates(number(all))
	var list []*Connection
	for _, c := range all {
		if c.duplicate {
			list = append(list, c)
		}
	}
	return numbers(list)
}

// Connections are matched each with one, whole ones first.
func TestDuplicatesAreMatched(t *testing.T) {
	second, capture := onInput(1), captured("10.0.0.2", 6380)
	for _, c := range []struct {
		name string
		all  []*Connection
		want string
	}{
		{"twice, and once",
			[]*Connection{goesOn(idA, "ab"), goesOn(idA, "ab"), goesOn(idA, "ab", second)}, "3"},
		{"twice, and twice", []*Connection{
			goesOn(idA, "ab"), goesOn(idA, "ab"), goesOn(idA, "ab", second), goesOn(idA, "ab", second)},
			"3 4"},
		{"the whole one before the cut one that comes earlier", []*Connection{
			goesOn(idA, "abc"), goesOn(idA, "ab", second, capture), goesOn(idA, "abc", second, capture)},
			"3"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := duplicates(c.all...); got != c.want {
				t.Errorf("%q left out, want %q", got, c.want)
			}
		})
	}
	t.Run("two captures and the bytes", func(t *testing.T) {
		ends := func(c *Connection) { c.Link.From, c.Link.To = "10.0.0.1:6379", "10.0.0.2:40000" }
		all := []*Connection{fullAt(idA, 100, "abcdef", capture, ends), fullAt(idA, 100, "bdf", second, capture, ends),
			fullAt(idA, 100, "abcdef", onInput(2))}
		if got := duplicates(all...); got != "2 3" {
			t.Errorf("%q left out", got)
		}
	})
	t.Run("a port that was given out again tells nothing", func(t *testing.T) {
		ends := func(c *Connection) { c.Link.From, c.Link.To = "10.0.0.1:6379", "10.0.0.2:40000" }
		all := []*Connection{fullAt(idA, 100, "abcdef", capture, ends), goesOn(idA, "gh", capture, ends),
			bare("de", second, capture, ends)}
		if got := duplicates(all...); got != "" {
			t.Errorf("%q left out", got)
		}
	})
	t.Run("the payload goes with its stream", func(t *testing.T) {
		p, m := payloadOf("7", idA, 100), mainOf("7", "abc")
		all := []*Connection{p, m, fullAt(idA, 100, "abcd", onInput(1), captured("10.0.0.2", 6380))}
		joinChannels(all)
		if got := duplicates(all...); got != "1 2" {
			t.Errorf("%q left out", got)
		}
	})
}

// Whose connections they are: replicas are separated by "|".
func TestAssign(t *testing.T) {
	to := func(host string, port int) *Connection { return goesOn(idA, "a", captured(host, port)) }
	refused := func(c *Connection) { c.Link.End = record.Clean }
	double := func(c *Connection) { c.duplicate = true }
	for _, c := range []struct {
		name string
		all  []*Connection
		want string
	}{
		{"a host and a port", []*Connection{to("10.0.0.2", 6380), to("10.0.0.2", 6380)}, "1 2"},
		{"two ports", []*Connection{to("10.0.0.2", 6380), to("10.0.0.2", 6381)}, "1 | 2"},
		{"two hosts", []*Connection{to("10.0.0.2", 6380), to("10.0.0.3", 6380)}, "1 | 2"},
		{"in turn", []*Connection{to("h", 1), to("h", 2), to("h", 1), to("h", 2)}, "1 3 | 2 4"},
		{"a port that was not seen", []*Connection{to("h", 0), to("h", 1)}, "1 2"},
		{"where two could be meant", []*Connection{to("h", 0), to("h", 1), to("h", 2)}, "2 | 3 | 1"},
		{"on another host", []*Connection{to("g", 0), to("h", 1)}, "2 | 1"},
		{"no port at all", []*Connection{to("h", 0), to("h", 0)}, "1 2"},
		{"recordings", []*Connection{goesOn(idA, "a"), fullAt(idB, 1, "b")}, "1 2"},
		{"a recording beside one replica", []*Connection{goesOn(idA, "a"), to("h", 1)}, "2 1"},
		{"a recording beside two", []*Connection{goesOn(idA, "a"), to("h", 1), to("h", 2)}, "2 | 3 | 1"},
		{"refused", []*Connection{bare("", refused), fullAt(idA, 1, "a")}, "2"},
		{"empty, but an AOF", []*Connection{bare("", refused, inAOF)}, "1"},
		{"a duplicate", []*Connection{fullAt(idA, 1, "a"), fullAt(idA, 1, "a", double)}, "1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for i, r := range assign(number(c.all)) {
				got = append(got, numbers(r.Connections))
				for _, conn := range r.Connections {
					if conn.Replica != r.Number || r.Number != i+1 {
						t.Errorf("%d leads to replica %d of %d", conn.Link.Number, conn.Replica, r.Number)
					}
				}
			}
			if s := strings.Join(got, " | "); s != c.want {
				t.Errorf("%s, want %s", s, c.want)
			}
		})
	}
}

// The order in which connections were made.
func TestOrder(t *testing.T) {
	guess := func(offset int64) edit { return func(c *Connection) { c.guess = offset } }
	for _, c := range []struct {
		name string
		all  []*Connection
		want string
	}{
		{"by the clock", []*Connection{bare("a", at(9)), bare("b", at(3)), bare("c", at(5))}, "2 3 1"},
		{"by the clock, whatever offsets say",
			[]*Connection{fullAt(idA, 500, "a", at(1)), fullAt(idA, 100, "b", at(2))}, "1 2"},
		{"at one time, as given", []*Connection{bare("a", at(3)), bare("b", at(3))}, "1 2"},
		{"one without a clock, as given", []*Connection{bare("a", at(9)), bare("b")}, "1 2"},
		{"full resyncs", []*Connection{fullAt(idA, 500, "a"), fullAt(idA, 100, "b")}, "2 1"},
		{"of two histories, as given",
			[]*Connection{fullAt(idA, 500, "a"), fullAt(idB, 100, "b")}, "1 2"},
		{"back within one that was sent, as given",
			[]*Connection{fullAt(idA, 100, "abc"), fullAt(idA, 120, "x")}, "1 2"},
		{"three", []*Connection{
			fullAt(idA, 900, "a"), fullAt(idA, 500, "b"), fullAt(idA, 100, "c")}, "3 2 1"},
		{"what carries later bytes",
			[]*Connection{goesOn(idA, "abc", guess(200)), fullAt(idA, 100, "a")}, "2 1"},
		{"what ends where it begins, as given",
			[]*Connection{goesOn(idA, "abc", guess(70)), fullAt(idA, 100, "a")}, "1 2"},
		{"nothing tells, as given", []*Connection{goesOn(idA, "abc"), fullAt(idA, 100, "a")}, "1 2"},
		{"what is more than there was before it",
			[]*Connection{goesOn(idA, "abc"), fullAt(idA, 20, "a")}, "2 1"},
		{"of no told history", []*Connection{goesOn("", "abc"), fullAt(idA, 20, "a")}, "2 1"},
		{"of another history, as given", []*Connection{goesOn(idB, "abc"), fullAt(idA, 20, "a")}, "1 2"},
		{"an AOF, as given", []*Connection{bare("abc", inAOF), fullAt(idA, 20, "a")}, "1 2"},
		{"more than there was between two",
			[]*Connection{fullAt(idA, 100, "a"), goesOn(idA, "abc"), fullAt(idA, 120, "a")}, "1 3 2"},
		{"less than that, as given",
			[]*Connection{fullAt(idA, 100, "a"), goesOn(idA, "abc"), fullAt(idA, 130, "a")}, "1 2 3"},
		{"past one that may be anywhere",
			[]*Connection{goesOn(idA, "abc"), goesOn(idA, "a"), fullAt(idA, 20, "b")}, "3 1 2"},
		{"none is full, as given",
			[]*Connection{goesOn(idA, "a", guess(500)), goesOn(idA, "b", guess(100))}, "1 2"},
		{"streams stay behind their payloads", []*Connection{
			payloadOf("7", idA, 500), mainOf("7", "a"), payloadOf("8", idA, 100), mainOf("8", "b")},
			"3 4 1 2"},
		{"wherever they were given", []*Connection{
			mainOf("7", "a"), payloadOf("7", idA, 500), fullAt(idA, 100, "b")}, "3 2 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			joinChannels(number(c.all))
			r := &Replica{Connections: c.all}
			if r.sort(); numbers(r.Connections) != c.want {
				t.Errorf("%s, want %s", numbers(r.Connections), c.want)
			}
		})
	}
}

// Where a recording may begin that does not tell it.
func TestGuessStarts(t *testing.T) {
	one := func() *Connection { return goesOn(idA, "abc") }
	for _, c := range []struct {
		name  string
		all   []*Connection
		bases []*Dump
		want  string // of each connection
	}{
		{"one dump", []*Connection{fullAt(idA, 1, "a"), one()}, []*Dump{baseAt(idA, 50)}, "-1 50"},
		{"two", []*Connection{one()}, []*Dump{baseAt(idA, 50), baseAt(idA, 60)}, "-1"},
		{"one of its history", []*Connection{one()}, []*Dump{baseAt(idB, 50), baseAt(idA, 60)}, "60"},
		{"one with a state", []*Connection{one()},
			[]*Dump{baseAt(idA, 60), baseAt(idA, record.Unknown)}, "60"},
		{"two recordings", []*Connection{one(), one()}, []*Dump{baseAt(idA, 50)}, "-1 -1"},
		{"two, of which one tells", []*Connection{one(), asks(idA, 9, "x")},
			[]*Dump{baseAt(idA, 50)}, "50 -1"},
		{"a torn one", []*Connection{bare("abc", torn)}, []*Dump{baseAt(idA, 50)}, "-1"},
		{"a capture", []*Connection{goesOn(idA, "abc", captured("h", 1))},
			[]*Dump{baseAt(idA, 50)}, "-1"},
		{"no dump", []*Connection{one()}, nil, "-1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := &Replica{Connections: c.all}
			r.guessStarts(c.bases)
			var got []string
			for _, c := range c.all {
				got = append(got, fmt.Sprint(c.guess))
			}
			if s := strings.Join(got, " "); s != c.want {
				t.Errorf("%s, want %s", s, c.want)
			}
		})
	}
}
