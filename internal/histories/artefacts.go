package histories

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/redsleuth/redsleuth/internal/pcaptest"
)

// A recording is what was kept of a history, as files: some of its connections,
// as a capture or as raw links, and the dumps that processes started from.
type recording struct {
	connections []*connection
	others      []*connection // of the second replica
	streams     []string
	bases       []string // of the replica
	otherBases  []string
	master      string // dumps at the end
	replica     string
	// ambiguous: nothing but the order of the arguments tells which connection
	// follows which, or which of two the process of a dump opened.
	ambiguous bool
}

// quiet is a test that never fails; what can't be written is a panic.
type quiet struct{ testing.TB }

func (quiet) Helper()           {}
func (quiet) Fatal(args ...any) { panic(fmt.Sprint(args...)) }

// record keeps the connections from the n-th on, in a folder.
func (h *History) record(dir string, from int, raw bool, random *rand.Rand) (*recording, error) {
	r := &recording{connections: h.connections[from:]}
	f := files{dir: dir}
	twice := !raw && random.IntN(6) == 0 // a capture and a raw recording of the same connections
	for i, c := range r.connections {
		if raw || twice {
			r.streams = append(r.streams, f.keep(fmt.Sprintf("link-%d.psync", i), []byte(c.answer()+c.sent)))
		}
		if raw && !placed(r.connections[:i], c) {
			r.ambiguous = true
		}
	}
	r.bases = f.bases("base", r.connections)
	if !raw {
		r.others = h.others
		r.otherBases = f.bases("other-base", r.others)
		frames := capture("10.0.0.2", r.connections, random)
		frames = append(frames, capture("10.0.0.3", r.others, random)...)
		r.streams = append(r.streams, f.keep("capture.pcap", pcaptest.Write(quiet{}, 0, frames...)))
	}
	r.ambiguous = r.ambiguous || twins(slices.Concat(r.connections, r.others))
	r.master = f.keep("master.rdb", h.masterDump.encode())
	r.replica = f.keep("replica.rdb", h.replicaDump.encode())
	return r, f.err
}

// files are written into a folder, until one can't be.
type files struct {
	dir string
	err error
}

func (f *files) keep(name string, data []byte) (path string) {
	path = filepath.Join(f.dir, name)
	if f.err == nil {
		f.err = os.WriteFile(path, data, 0o600)
	}
	return path
}

// bases keeps the dumps that processes started from.
func (f *files) bases(name string, connections []*connection) (paths []string) {
	for i, c := range connections {
		if c.from != nil {
			paths = append(paths, f.keep(fmt.Sprintf("%s-%d.rdb", name, i), c.from.encode()))
		}
	}
	return paths
}

// placed reports whether a raw link says by itself how it follows those before:
// raw bytes hold no request, so a partial resync that goes back, or has nothing
// before it, may be anywhere, and a full one may be of either process.
func placed(before []*connection, c *connection) bool {
	switch {
	case c.payload == nil:
		return len(before) > 0 && c.offset >= before[len(before)-1].end()
	case c.entry == fresh:
		return len(before) == 0
	}
	return true
}

// twins reports whether a connection of a process that started from a dump asked
// for the same as another one, which may as well be that process's.
func twins(connections []*connection) bool {
	for i, c := range connections {
		for j, d := range connections {
			if i != j && c.from != nil && d.payload == nil && c.offset == d.offset {
				return true
			}
		}
	}
	return false
}

// end is the offset behind the last byte that arrived.
func (c *connection) end() int64 { return c.offset + int64(len(c.sent)) }

// answer is what the master says to PSYNC, with the payload.
func (c *connection) answer() string {
	if c.payload == nil {
		return fmt.Sprintf("+CONTINUE %s\r\n", c.id)
	}
	dump := c.payload.encode()
	return fmt.Sprintf("+FULLRESYNC %s %d\r\n$%d\r\n%s", c.id, c.offset, len(dump), dump)
}

// capture is the packets of a replica's connections, one after the other.
func capture(host string, connections []*connection, random *rand.Rand) (frames []pcaptest.Frame) {
	now := pcaptest.New(quiet{}).Now
	for i, c := range connections {
		talk := pcaptest.New(quiet{})
		talk.Now, talk.Port, talk.Hosts[pcaptest.Replica] = now, uint16(40000+i), host
		talk.Open()
		greet(talk, c)
		for rest := c.sent; rest != ""; {
			n := min(len(rest), 1+random.IntN(400))
			talk.Say(pcaptest.Master, rest[:n])
			rest = rest[n:]
		}
		if c.acked { // as it does every second
			talk.Ack(int(c.applied))
		}
		now = talk.Close().Now
		frames = append(frames, talk.Frames...)
	}
	return frames
}

// greet is the handshake of a connection, with the payload.
func greet(talk *pcaptest.Conversation, c *connection) {
	for _, line := range [][]string{
		{"PING"}, {"REPLCONF", "listening-port", "6380"}, {"REPLCONF", "capa", "eof", "capa", "psync2"},
	} {
		answer := "+OK\r\n"
		if line[0] == "PING" {
			answer = "+PONG\r\n"
		}
		talk.Say(pcaptest.Replica, pcaptest.Command(line...)).Say(pcaptest.Master, answer)
	}
	id, offset, _ := strings.Cut(c.request, " ")
	talk.Say(pcaptest.Replica, pcaptest.Command("PSYNC", id, offset))
	talk.Say(pcaptest.Master, c.answer())
}
