package tcp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"github.com/redsleuth/redsleuth/internal/pcaptest"
	"github.com/redsleuth/redsleuth/parse"
)

// rules is a Sorter out of two functions; nil ones keep everything.
type rules struct {
	more func(c *Connection, d int) Verdict
	end  func(c *Connection) Verdict
}

func (r rules) More(c *Connection, d int) Verdict {
	if r.more == nil {
		return Keep
	}
	return r.more(c, d)
}

func (r rules) End(c *Connection) Verdict {
	if r.end == nil {
		return Keep
	}
	return r.end(c)
}

func read(t testing.TB, data []byte, s Sorter) *Capture {
	t.Helper()
	c, err := Read(t.Context(), parse.NewBytesCursor(data, 0), s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// show is what was sent in a direction, with "<n>" where n bytes are missing.
func show(t testing.TB, s *Stream) string {
	t.Helper()
	r, err := s.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	at := int64(0)
	for _, g := range s.Gaps() {
		fmt.Fprintf(&out, "%s<%d>", b[at:g.Byte], g.Missing)
		at = g.Byte
	}
	return out.String() + string(b[at:])
}

// wantSides reads a capture of one connection.
func wantSides(t *testing.T, data []byte, first, second string) {
	t.Helper()
	c := read(t, data, rules{})
	if len(c.Connections) != 1 {
		t.Fatalf("%d connections", len(c.Connections))
	}
	if got := [2]string{show(t, c.Connections[0].Stream(0)), show(t, c.Connections[0].Stream(1))}; got != [2]string{first, second} {
		t.Errorf("%q\nwant %q, %q", got, first, second)
	}
}

const asked, answered = "GET a\r\nGET b\r\n", "one\r\ntwo\r\nthree\r\n"

// talk is a connection with 2 packets that open it, then these, from 2 on.
func talk(c *pcaptest.Conversation) *pcaptest.Conversation {
	c.Open().Say(pcaptest.Replica, "GET a\r\n").Say(pcaptest.Master, "one\r\n", "two\r\n")
	return c.Say(pcaptest.Replica, "GET b\r\n").Say(pcaptest.Master, "three\r\n")
}

// without leaves frames out, by their number from 0.
func without(frames []pcaptest.Frame, n ...int) []pcaptest.Frame {
	var kept []pcaptest.Frame
	for i, f := range frames {
		if !slices.Contains(n, i) {
			kept = append(kept, f)
		}
	}
	return kept
}

func TestStreams(t *testing.T) {
	twice := func(frames []pcaptest.Frame) (all []pcaptest.Frame) {
		for _, f := range frames {
			all = append(all, f, f)
		}
		return all
	}
	swapped := func(frames []pcaptest.Frame, i, j int) []pcaptest.Frame {
		frames = slices.Clone(frames)
		frames[i], frames[j] = frames[j], frames[i]
		return frames
	}
	joined := talk(pcaptest.New(t))
	joined.Seq[pcaptest.Master] -= uint32(len("two\r\nthree\r\n"))
	joined.Say(pcaptest.Master, "two\r\nthree\r\n")
	wrapped := pcaptest.New(t)
	wrapped.Seq = [2]uint32{1<<32 - 5, 1<<32 - 9}
	frames := talk(pcaptest.New(t)).Frames
	acked := talk(pcaptest.New(t)).Say(pcaptest.Replica, "bye").Frames
	for _, c := range []struct {
		name          string
		frames        []pcaptest.Frame
		snap          int
		first, second string
	}{
		{"whole", frames, 0, asked, answered},
		{"each packet twice", twice(frames), 0, asked, answered},
		{"out of order", swapped(frames, 3, 4), 0, asked, answered},
		{"sent again, joined", joined.Frames, 0, asked, answered},
		{"numbers that wrap around", talk(wrapped).Frames, 0, asked, answered},
		{"no SYN", frames[2:], 0, asked, answered},
		{"a packet lost", without(frames, 3), 0, asked, "<5>two\r\nthree\r\n"},
		{"two lost", without(frames, 2, 4), 0, "<7>GET b\r\n", "one\r\n<5>three\r\n"},
		{"the last one, acknowledged, lost", without(acked, 6), 0, asked + "bye", "one\r\ntwo\r\n<7>"},
		{"the last one lost, and nothing tells", frames[:6], 0, asked, "one\r\ntwo\r\n"},
		{"packets cut", frames, 42, "GE<5>GE<5>", "on<3>tw<3>th<5>"},
		{"packets cut after the headers", frames, 40, "<14>", "<17>"},
	} {
		t.Run(c.name, func(t *testing.T) {
			wantSides(t, pcaptest.Write(t, c.snap, c.frames...), c.first, c.second)
		})
	}
}

func TestConnectionKnowsItsPackets(t *testing.T) {
	frames := talk(pcaptest.New(t)).Frames
	c := read(t, pcaptest.Write(t, 0, without(frames, 4)...), rules{}).Connections[0]
	if c.Ends != [2]string{"10.0.0.2:40000", "10.0.0.1:6379"} || !c.Started {
		t.Errorf("%+v", c)
	}
	if !c.Began.Equal(frames[0].Time) || !c.Ended.Equal(frames[6].Time) {
		t.Errorf("from %v to %v", c.Began, c.Ended)
	}
	// "one" came with packet 4, "three" with packet 6 of those that are there.
	r, err := c.Stream(1).Open()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := r.Skip(12); err != nil {
		t.Fatal(err)
	}
	for _, want := range []struct {
		byte, packet int64
		time         time.Time
	}{{0, 4, frames[3].Time}, {4, 4, frames[3].Time}, {5, 6, frames[6].Time}, {11, 6, frames[6].Time}} {
		if at, packet := r.When(want.byte); packet != want.packet || !at.Equal(want.time) {
			t.Errorf("byte %d came with packet %d at %v, want %d at %v", want.byte, packet, at, want.packet, want.time)
		}
	}
	gap := Gap{Byte: 5, Missing: 5, From: frames[3].Time, To: frames[6].Time, Packet: 6}
	if got := c.Stream(1).Gaps(); len(got) != 1 || got[0] != gap {
		t.Errorf("%+v, want %+v", got, gap)
	}
}

func TestSorter(t *testing.T) {
	data := pcaptest.Write(t, 0, without(talk(pcaptest.New(t)).Close().Frames, 3)...)
	for _, c := range []struct {
		name          string
		rules         rules
		kept, dropped int
	}{
		{"keep at once", rules{}, 1, 0},
		{"drop at once", rules{more: func(*Connection, int) Verdict { return Drop }}, 0, 1},
		{"keep at the end", rules{more: func(*Connection, int) Verdict { return Undecided }}, 1, 0},
		{"never decided", rules{func(*Connection, int) Verdict { return Undecided },
			func(*Connection) Verdict { return Undecided }}, 0, 1},
		{"by what a side sent", rules{more: func(c *Connection, d int) Verdict {
			if d == 0 && string(c.Head(0)) == asked {
				return Keep
			}
			return Undecided
		}, end: func(*Connection) Verdict { return Drop }}, 1, 0},
		{"after a hole the head begins anew", rules{more: func(c *Connection, d int) Verdict {
			if c.Torn(1) && string(c.Head(1)) == "two\r\nthree\r\n" && !c.Torn(0) {
				return Keep
			}
			return Undecided
		}, end: func(*Connection) Verdict { return Drop }}, 1, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := read(t, data, c.rules)
			if len(got.Connections) != c.kept || got.Dropped != c.dropped {
				t.Errorf("%d kept, %d dropped", len(got.Connections), got.Dropped)
			}
			for _, kept := range got.Connections {
				if show(t, kept.Stream(0)) != asked {
					t.Errorf("%q", show(t, kept.Stream(0)))
				}
			}
		})
	}
}

// A port that is used again makes another connection, in the order in which
// they began; one that sent nothing is none.
func TestPortUsedAgain(t *testing.T) {
	first := talk(pcaptest.New(t)) // never closed
	again := pcaptest.New(t).Rest(time.Minute)
	again.Seq = [2]uint32{5_000_000, 7_000_000}
	again.Open().Say(pcaptest.Replica, "again").Close()
	silent := pcaptest.New(t)
	silent.Port = 50000
	silent.Open().Close()
	frames := slices.Concat(again.Frames, first.Frames, silent.Frames)
	slices.SortStableFunc(frames, func(a, b pcaptest.Frame) int { return a.Time.Compare(b.Time) })
	c := read(t, pcaptest.Write(t, 0, frames...), rules{end: func(*Connection) Verdict { return Drop }})
	if len(c.Connections) != 2 || c.Dropped != 0 {
		t.Fatalf("%d connections, %d dropped", len(c.Connections), c.Dropped)
	}
	for i, want := range []string{asked, "again"} {
		if got := show(t, c.Connections[i].Stream(0)); got != want {
			t.Errorf("connection %d: %q, want %q", i, got, want)
		}
	}
}

// What is larger than memory may hold is the same from a file.
func TestLargeStreams(t *testing.T) {
	c := pcaptest.New(t).Open()
	var want strings.Builder
	for i := range 2000 {
		text := fmt.Sprintf("%06d", i) + strings.Repeat("x", 1000)
		want.WriteString(text)
		c.Say(pcaptest.Master, text)
	}
	conn := read(t, pcaptest.Write(t, 0, c.Frames...), rules{}).Connections[0]
	if conn.Stream(1).file == nil {
		t.Error("it is held in memory")
	}
	for range 2 {
		if got := show(t, conn.Stream(1)); got != want.String() {
			t.Errorf("%d bytes, want %d, or others", len(got), want.Len())
		}
	}
	if got := show(t, conn.Stream(0)); got != "" {
		t.Errorf("the other side sent %q", got)
	}
}

func TestReadErrors(t *testing.T) {
	whole := pcaptest.Write(t, 0, talk(pcaptest.New(t)).Frames...)
	var unknown bytes.Buffer
	w := pcapgo.NewWriter(&unknown)
	raw := func(ip []byte, _ bool) []byte { return ip }
	pcaptest.WriteTo(t, w, w.WriteFileHeader(65536, layers.LinkType(147)), 0, talk(pcaptest.New(t)).Frames, raw)
	stopped, stop := context.WithCancel(t.Context())
	stop()
	for _, c := range []struct {
		name string
		ctx  context.Context
		data []byte
		want error
	}{
		{"no header", t.Context(), whole[:10], parse.ErrDamaged},
		{"another file", t.Context(), []byte("REDIS0011 is no capture at all"), parse.ErrDamaged},
		{"a link type that nobody knows", t.Context(), unknown.Bytes(), parse.ErrUnsupported},
		{"interrupted", stopped, whole, context.Canceled},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got, err := Read(c.ctx, parse.NewBytesCursor(c.data, 0), rules{}); !errors.Is(err, c.want) || got != nil {
				t.Errorf("%v, %v", got, err)
			}
		})
	}
}

// A capture that ends within a packet is read up to there.
func TestCut(t *testing.T) {
	whole := pcaptest.Write(t, 0, talk(pcaptest.New(t)).Frames...)
	c := read(t, whole[:len(whole)-3], rules{})
	if c.Cut == nil || !errors.Is(c.Cut, parse.ErrTruncated) || c.Packets != 6 || c.Cut.ByteOffset != int64(len(whole)-3) {
		t.Errorf("%v after %d packets", c.Cut, c.Packets)
	}
	if got := show(t, c.Connections[0].Stream(1)); got != "one\r\ntwo\r\n" {
		t.Errorf("%q", got)
	}
	if c := read(t, whole, rules{}); c.Cut != nil {
		t.Errorf("a whole one is cut: %v", c.Cut)
	}
}

func TestUnreadPacketsAreCounted(t *testing.T) {
	for _, c := range []struct {
		name string
		edit func(ip []byte) []byte
		want error // nil for nothing to count
	}{
		{"as it was", func(ip []byte) []byte { return ip }, nil},
		{"a fragment", func(ip []byte) []byte { ip[6] |= 0x20; return ip }, parse.ErrUnsupported}, // more fragments
		{"a header cut in two", func(ip []byte) []byte { return ip[:30] }, parse.ErrDamaged},
		{"UDP", func(ip []byte) []byte { ip[9] = 17; return ip }, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			frames := talk(pcaptest.New(t)).Frames
			frames[3].IP = c.edit(frames[3].IP)
			got := read(t, pcaptest.Write(t, 0, frames...), rules{}).Unread
			if c.want == nil && got != nil || c.want != nil && (len(got) != 1 || got[0].Count != 1 || !errors.Is(got[0].Err, c.want)) {
				t.Errorf("%v", got)
			}
		})
	}
}

// Whatever the capture: places ascend, and the bytes are there twice.
func FuzzRead(f *testing.F) {
	f.Add(pcaptest.Write(f, 0, talk(pcaptest.New(f)).Close().Frames...))
	f.Add(pcaptest.Write(f, 44, talk(pcaptest.NewV6(f)).Frames...))
	var ng bytes.Buffer
	w, err := pcapgo.NewNgWriter(&ng, layers.LinkTypeRaw)
	pcaptest.WriteTo(f, w, err, 0, talk(pcaptest.New(f)).Frames, func(ip []byte, _ bool) []byte { return ip })
	if err := w.Flush(); err != nil {
		f.Fatal(err)
	}
	f.Add(ng.Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Read(t.Context(), parse.NewBytesCursor(data, 0), rules{})
		if err != nil {
			return
		}
		defer c.Close()
		for _, conn := range c.Connections {
			for d := range 2 {
				wantSound(t, c, conn.Stream(d))
			}
		}
	})
}

func wantSound(t *testing.T, c *Capture, s *Stream) {
	t.Helper()
	text := show(t, s)
	if text != show(t, s) {
		t.Error("another read gives other bytes")
	}
	at := int64(-1)
	for _, g := range s.Gaps() {
		if g.Byte <= at || g.Missing <= 0 {
			t.Errorf("gaps %+v", s.Gaps())
		}
		at = g.Byte
	}
	r, err := s.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for {
		if _, err := r.Byte(); err != nil {
			return
		}
		if _, packet := r.When(r.Offset() - 1); packet < 1 || packet > c.Packets {
			t.Fatalf("byte %d came with packet %d of %d", r.Offset()-1, packet, c.Packets)
		}
	}
}
