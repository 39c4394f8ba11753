package capture

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/redsleuth/redsleuth/internal/pcaptest"
	"github.com/redsleuth/redsleuth/internal/redistest"
	"github.com/redsleuth/redsleuth/parse/record"
)

// packetSize is how many bytes of a recording go into a packet.
const packetSize = 1400

// live records a full resync and what follows between two real servers. It
// returns what either side sent, and the offset of the master after it.
func live(t *testing.T) (fromMaster, fromReplica string, offset int64) {
	t.Helper()
	server := redistest.Start(t, "--repl-diskless-sync", "no", "--repl-ping-replica-period", "3600")
	for i := range 100 {
		server.Do("SET", "before:"+strconv.Itoa(i), strings.Repeat("v", i))
	}
	proxy := redistest.StartProxy(t, server.Addr)
	copied := redistest.Start(t)
	copied.Do("REPLICAOF", "127.0.0.1", proxy.Port)
	server.WaitFor("the replica", func() bool {
		n, err := server.Client.Do(t.Context(), "WAIT", 1, 100).Int()
		return err == nil && n == 1
	})
	for i := range 400 {
		server.Do("SET", "key:"+strconv.Itoa(i), strings.Repeat("v", i%97))
	}
	server.WaitFor("the replica to catch up", func() bool {
		offset = infoOffset(t, server, "master_repl_offset")
		return infoOffset(t, copied, "slave_repl_offset") == offset
	})
	server.WaitFor("an ACK of it", func() bool {
		info, err := server.Client.Info(t.Context(), "replication").Result()
		return err == nil && strings.Contains(info, fmt.Sprintf(",offset=%d,", offset))
	})
	var texts [2]string
	master, replica := proxy.Recording(proxy.Connections())
	for i, path := range []string{master, replica} {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		texts[i] = string(b)
	}
	return texts[0], texts[1], offset
}

func infoOffset(t *testing.T, s *redistest.Server, field string) int64 {
	t.Helper()
	info, err := s.Client.Info(t.Context(), "replication").Result()
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(info, field+":")
	n, err := strconv.ParseInt(strings.TrimSpace(strings.SplitN(rest, "\n", 2)[0]), 10, 64)
	if err != nil {
		return record.Unknown
	}
	return n
}

// offsets are the offsets of the commands, in order, and those of the gaps.
func offsets(s *scribe) (commands []string, gaps [][2]int64) {
	for line := range strings.Lines(s.String()) {
		var at, size, from, to int64
		if n, _ := fmt.Sscanf(line, "gap %d+%d, %d-%d", &at, &size, &from, &to); n == 4 {
			gaps = append(gaps, [2]int64{from, to})
		}
		if place, rest, found := strings.Cut(line, " db "); found {
			_, args, _ := strings.Cut(rest, "[")
			commands = append(commands, place+" "+args)
		}
	}
	return commands, gaps
}

// What two real servers said gives the master's own offsets, and where packets
// were lost, every hole is named and what follows it keeps its offset.
func TestOffsetsAreThoseOfTheMaster(t *testing.T) {
	fromMaster, fromReplica, end := live(t)
	c := pcaptest.New(t).Open()
	asked, acks, _ := strings.Cut(fromReplica, string(ackStart))
	c.Say(pcaptest.Replica, asked)
	start := len(c.Frames)
	for rest := fromMaster; rest != ""; {
		n := min(len(rest), packetSize)
		c.Say(pcaptest.Master, rest[:n])
		rest = rest[n:]
	}
	sent := len(c.Frames) - start
	c.Say(pcaptest.Replica, string(ackStart)+acks)

	whole := read(t, pcaptest.Write(t, 0, c.Frames...))
	if l := whole.links[0]; l.EndOffset != end || l.Acks == nil || l.Acks.Last != end {
		t.Fatalf("ends at %d, the master is at %d; %+v", l.EndOffset, end, l.Acks)
	}
	mixed := slices.Clone(c.Frames)
	for i := start; i+1 < start+sent; i += 3 {
		mixed[i], mixed[i+1] = mixed[i+1], mixed[i]
		mixed = append(mixed, mixed[i])
	}
	if got := read(t, pcaptest.Write(t, 0, mixed...)); got.String() != whole.String() {
		t.Error("packets that came twice and out of order change what is read")
	}

	all, _ := offsets(whole)
	lost := []int{start + sent - 3, start + sent - 6, start + sent - 7}
	got := read(t, pcaptest.Write(t, 0, without(c.Frames, lost...)...))
	commands, gaps := offsets(got)
	if got.links[0].EndOffset != end {
		t.Errorf("ends at %d, the master is at %d", got.links[0].EndOffset, end)
	}
	for _, command := range commands {
		if !slices.Contains(all, command) {
			t.Errorf("%s is nowhere in the whole", command)
		}
	}
	for _, n := range lost {
		from := end - int64(len(fromMaster)-(n-start)*packetSize)
		if !slices.ContainsFunc(gaps, func(g [2]int64) bool { return g[0] <= from && from+packetSize <= g[1] }) {
			t.Errorf("%d-%d was lost and is in no gap of %v", from, from+packetSize, gaps)
		}
	}
	if len(commands) >= len(all) || len(gaps) != 2 {
		t.Errorf("%d of %d commands, gaps %v", len(commands), len(all), gaps)
	}
}
