package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/redsleuth/redsleuth/parse/crc64"
)

// A stagedDump is an RDB put together by hand: incidents of servers that a
// test can't start.
type stagedDump struct {
	version int
	body    []byte
}

func newStagedDump(version int, server, id string, offset int) *stagedDump {
	d := &stagedDump{version: version}
	aux := [][2]string{{"redis-ver", server}, {"redis-bits", "64"}, {"ctime", "1700000000"}}
	if id != "" {
		aux = append(aux, [2]string{"repl-stream-db", "0"}, [2]string{"repl-id", id}, [2]string{"repl-offset", fmt.Sprint(offset)})
	}
	for _, field := range aux {
		d.body = append(d.body, 0xfa)
		d.text(field[0])
		d.text(field[1])
	}
	d.body = append(d.body, 0xfe, 0x00)
	return d
}

func (d *stagedDump) text(s string) {
	d.length(len(s))
	d.body = append(d.body, s...)
}

func (d *stagedDump) length(n int) {
	if n>>32 > 0 { // a form that older versions don't know
		d.body = binary.BigEndian.AppendUint64(append(d.body, 0x81), uint64(n))
		return
	}
	d.body = binary.BigEndian.AppendUint32(append(d.body, 0x80), uint32(n))
}

func (d *stagedDump) set(key, value string) *stagedDump {
	d.body = append(d.body, 0x00)
	d.text(key)
	d.text(value)
	return d
}

// setUntil adds a string that expires, in Unix milliseconds.
func (d *stagedDump) setUntil(key, value string, at int64) *stagedDump {
	d.body = binary.LittleEndian.AppendUint64(append(d.body, 0xfc), uint64(at))
	return d.set(key, value)
}

// A stagedEntry is one of a stream, with one field.
type stagedEntry struct {
	ms           uint64
	field, value string
}

// stream adds a stream of the type that Redis 8.8 writes, a node an entry.
func (d *stagedDump) stream(key string, entries ...stagedEntry) *stagedDump {
	d.body = append(d.body, 27)
	d.text(key)
	d.length(len(entries))
	for _, e := range entries {
		d.text(string(binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, e.ms), 0)))
		d.text(string(streamNode(e.field, e.value)))
	}
	first, last := entries[0].ms, entries[len(entries)-1].ms
	d.length(len(entries))
	for _, ms := range []uint64{last, first, 0} { // last id, first id, highest deleted id
		d.length(int(ms))
		d.length(0)
	}
	d.length(len(entries)) // entries added
	for _, n := range []int{0, 100, 100, 0, 0, 0} {
		d.length(n) // no groups; duration, most entries, producers, ids added, duplicates
	}
	return d
}

// streamNode is a listpack with one entry of one field, at the node's own id.
func streamNode(field, value string) []byte {
	var b []byte
	n := 0
	add := func(item ...byte) {
		b = append(append(b, item...), byte(len(item)))
		n++
	}
	text := func(s string) { add(append([]byte{0x80 | byte(len(s))}, s...)...) }
	for _, small := range []byte{1, 0, 1} { // entries, deleted, fields
		add(small)
	}
	text(field)
	add(0)                                  // end of the master entry
	for _, small := range []byte{2, 0, 0} { // the fields are the master's; id differences
		add(small)
	}
	text(value)
	add(4) // how many items the entry takes
	head := binary.LittleEndian.AppendUint32(nil, uint32(len(b)+7))
	head = binary.LittleEndian.AppendUint16(head, uint16(n))
	return append(append(head, b...), 0xff)
}

func (d *stagedDump) bytes() []byte {
	b := append(fmt.Appendf(nil, "REDIS%04d", d.version), d.body...)
	b = append(b, 0xff)
	return binary.LittleEndian.AppendUint64(b, crc64.Update(0, b))
}

// stagedLink is what a master sends from a full resync at offset 0 on.
func stagedLink(id string, payload *stagedDump, commands ...string) (link []byte, end int) {
	dump := payload.bytes()
	link = fmt.Appendf(nil, "+FULLRESYNC %s 0\r\n$%d\r\n", id, len(dump))
	link = append(link, dump...)
	from := len(link)
	for _, c := range commands {
		words := strings.Fields(c)
		link = fmt.Appendf(link, "*%d\r\n", len(words))
		for _, w := range words {
			link = fmt.Appendf(link, "$%d\r\n%s\r\n", len(w), w)
		}
	}
	return link, len(link) - from
}

// A staged incident is compared through the command itself.
type stagedIncident struct{ master, replica, link []byte }

// causes are how many differences have each cause.
func (s stagedIncident) causes(t *testing.T, args ...string) map[string]int {
	t.Helper()
	dir := t.TempDir()
	all := []string{"diff", "--output", "json"}
	for name, b := range map[string][]byte{"master.rdb": s.master, "replica.rdb": s.replica, "link.psync": s.link} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	all = append(all, filepath.Join(dir, "master.rdb"), filepath.Join(dir, "replica.rdb"), "--stream", filepath.Join(dir, "link.psync"))
	var stdout, stderr bytes.Buffer
	status := execute(t.Context(), environment{
		args: append(all, args...), stdin: strings.NewReader(""), stdout: &stdout, stderr: &stderr,
		getenv: os.Getenv, now: time.Now, width: func(any) int { return 0 },
	})
	if status != exitFindings && status != exitClean {
		t.Fatalf("exit status %d: %s", status, stderr.String())
	}
	var document struct {
		Differences []struct{ Cause string } `json:"differences"`
	}
	if err := json.Unmarshal(stdout.Bytes(), &document); err != nil {
		t.Fatal(err)
	}
	causes := map[string]int{}
	for _, d := range document.Differences {
		causes[d.Cause]++
	}
	return causes
}

const stagedID = "0123456789abcdef0123456789abcdef01234567"

// engines calls test with each way to apply commands that can be had here.
func engines(t *testing.T, test func(t *testing.T, args ...string)) {
	for name, args := range map[string][]string{"server on PATH": nil, "none": {"--engine", "none"}} {
		t.Run(name, func(t *testing.T) { test(t, args...) })
	}
	t.Run("embedded", func(t *testing.T) {
		t.Setenv("PATH", "")
		test(t)
	})
}

// TestDiffDuplicateIdempotentAdd: Redis 8.8 sends a duplicate with the id *,
// and a replica that runs late has forgotten the first. No engine here knows
// the command.
func TestDiffDuplicateIdempotentAdd(t *testing.T) {
	order := stagedEntry{1700000000000, "order", "one"}
	again := stagedEntry{1700000009000, "order", "one"}
	const server = "8.8.0"
	for name, add := range map[string][2]string{
		"IDMP":     {"XADD orders IDMP shop id1 1700000000000-0 order one", "XADD orders IDMP shop id1 * order one"},
		"IDMPAUTO": {"XADD orders IDMPAUTO shop 1700000000000-0 order one", "xadd orders idmpauto shop * order one"},
		"trimmed":  {"XADD orders IDMP shop id1 MAXLEN = 10 1700000000000-0 order one", "XADD orders KEEPREF IDMP shop id1 MAXLEN = 10 * order one"},
	} {
		t.Run(name, func(t *testing.T) {
			link, end := stagedLink(stagedID, newStagedDump(14, server, stagedID, 0).set("other", "1"),
				"SELECT 0", "SET a 1", add[0], "PING", add[1], "SET b 2")
			dump := func(offset int, entries ...stagedEntry) []byte {
				return newStagedDump(14, server, stagedID, offset).set("other", "1").set("a", "1").set("b", "2").stream("orders", entries...).bytes()
			}
			for name, at := range map[string][2]int{"same offset": {end, end}, "replica ahead by a PING": {end, end + 14}} {
				t.Run(name, func(t *testing.T) {
					incident := stagedIncident{dump(at[0], order), dump(at[1], order, again), link}
					engines(t, func(t *testing.T, args ...string) {
						if d := cmp.Diff(map[string]int{"re-evaluated": 1}, incident.causes(t, args...)); d != "" {
							t.Errorf("causes (-want +got):\n%s", d)
						}
					})
				})
			}
		})
	}
}

// TestDiffStarIsNotAnID: a field's value * makes no duplicate of an add.
func TestDiffStarIsNotAnID(t *testing.T) {
	order := stagedEntry{1700000000000, "order", "*"}
	local := stagedEntry{1700000009000, "order", "two"}
	link, end := stagedLink(stagedID, newStagedDump(14, "8.8.0", stagedID, 0), "SELECT 0", "XADD orders IDMP shop id1 1700000000000-0 order *")
	incident := stagedIncident{
		newStagedDump(14, "8.8.0", stagedID, end).stream("orders", order).bytes(),
		newStagedDump(14, "8.8.0", stagedID, end).stream("orders", order, local).bytes(), link,
	}
	if causes := incident.causes(t); causes["re-evaluated"] > 0 {
		t.Errorf("causes %v", slices.Sorted(maps.Keys(causes)))
	}
}

// TestDiffWithoutIDs: dumps before 4.0 tell neither replication id nor offset,
// and may be of a moment after the end of the stream.
func TestDiffWithoutIDs(t *testing.T) {
	before := func() *stagedDump { return newStagedDump(6, "2.8.24", "", 0).set("a", "1") }
	link, _ := stagedLink(stagedID, before(), "SELECT 0", "SET b 2", "SET c 3")
	shared := func() *stagedDump { return before().set("b", "2").set("c", "3") }
	for name, test := range map[string]struct {
		master, replica *stagedDump
		want            map[string]int
	}{
		"a failover, and both wrote on": {shared().set("new", "1"), shared().set("old", "1").set("older", "1"), map[string]int{"different-history": 3}},
		"somebody wrote to the replica": {shared(), shared().set("local", "1"), map[string]int{"local-write": 1}},
		"the master wrote on":           {shared().set("new", "1"), shared(), map[string]int{"unexplained": 1}},
		"the replica is behind":         {shared(), before().set("b", "2"), map[string]int{"lag": 1}},
	} {
		t.Run(name, func(t *testing.T) {
			incident := stagedIncident{test.master.bytes(), test.replica.bytes(), link}
			if d := cmp.Diff(test.want, incident.causes(t)); d != "" {
				t.Errorf("causes (-want +got):\n%s", d)
			}
		})
	}
}

// TestDiffRelativeExpiries: before 7.0 a replica that runs an EXPIRE late keeps
// the key longer; what an EXPIRE on the replica itself does is another thing.
func TestDiffRelativeExpiries(t *testing.T) {
	const saved = 1700000000_000
	start := func(offset int) *stagedDump { return newStagedDump(9, "6.2.16", stagedID, offset) }
	for name, test := range map[string]struct {
		command string
		later   int64 // the replica's expiry than the master's
		want    map[string]int
	}{
		"run late":            {"EXPIRE k 1000", 8_000, map[string]int{"expired": 1}},
		"run very late":       {"EXPIRE k 1000", 500_000, map[string]int{"expired": 1}},
		"later than possible": {"EXPIRE k 1000", 5_000_000, map[string]int{"unexplained": 1}},
		"a fixed time":        {"EXPIREAT k 1700000200", 8_000, map[string]int{"local-write": 1}},
	} {
		t.Run(name, func(t *testing.T) {
			link, end := stagedLink(stagedID, start(0).set("k", "v"), "SELECT 0", test.command)
			const at = saved + 200_000
			incident := stagedIncident{start(end).setUntil("k", "v", at).bytes(), start(end).setUntil("k", "v", at+test.later).bytes(), link}
			if d := cmp.Diff(test.want, incident.causes(t)); d != "" {
				t.Errorf("causes (-want +got):\n%s", d)
			}
		})
	}
}
