package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/inspect"
	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/parse/serverlog"
	"github.com/redsleuth/redsleuth/repl"
	"github.com/redsleuth/redsleuth/replay"
)

var night = time.Date(2026, 11, 26, 9, 22, 30, 0, time.UTC)

// after is so many milliseconds into that second.
func after(ms int) time.Time { return night.Add(time.Duration(ms) * time.Millisecond) }

// linesOf is a log of lines, each at a millisecond.
func linesOf(path string, role Role, lines map[int]string) *Artefact {
	a := &Artefact{Path: path, Kind: KindLog, Role: role, Log: &Log{}}
	for _, ms := range slices.Sorted(maps.Keys(lines)) {
		line := serverlog.Line{Time: after(ms), HasYear: true, Text: lines[ms]}
		if e, ok := serverlog.EventOf(line); ok {
			a.Log.Events = append(a.Log.Events, e)
		}
	}
	return a
}

func clientsOf(path string, acts ...inspect.Act) *Artefact {
	return &Artefact{Path: path, Role: Link, Inspect: &inspect.Report{Clients: &inspect.Clients{Acts: acts}}}
}

func actOf(ms int, addr, to string, words string) inspect.Act {
	a := inspect.Act{Time: after(ms), Last: after(ms), Times: 1, Addr: addr, To: to}
	for _, w := range strings.Fields(words) {
		a.Args = append(a.Args, []byte(w))
	}
	return a
}

// Who did something is told once, whatever files tell of it; what nobody is known to
// have asked for is told with why that is not known.
func TestActs(t *testing.T) {
	const master, replica, ops = "10.0.0.1:6379", "10.0.0.2:6380", "10.0.0.9:4711"
	r := &run{}
	r.Hosts = []Host{{Master, master}, {Replica, replica}}
	failed := actOf(700, ops, replica, "SHUTDOWN")
	failed.Reply = record.ReplyError
	r.Artefacts = []*Artefact{
		clientsOf("a.pcap", actOf(100, ops, replica, "slaveof no one"), actOf(500, ops, master, "CONFIG SET save x maxmemory 1"), failed),
		clientsOf("b.pcap", actOf(100, ops, replica, "slaveof no one")),
		linesOf("replica.log", Replica, map[int]string{
			101: "MASTER MODE enabled (user request from 'id=3 addr=10.0.0.9:4711 name=ops user=default cmd=slaveof')",
			400: "WARNING: the new maxmemory value set via CONFIG SET (1) is smaller than the current memory usage (2)",
			710: "User requested shutdown...", 900: "Received SIGTERM scheduling shutdown...",
		}),
		linesOf("master.log", Master, map[int]string{
			501: "WARNING: the new maxmemory value set via CONFIG SET (1) is smaller than the current memory usage (2)",
		}),
	}
	link := capturedLink(idA, master, "10.0.0.2:51000", 6380)
	link.Inspect.Links[0].ByCommand = []inspect.CommandCount{{Name: "SET", Commands: 3}, {Name: "FLUSHALL", Commands: 2}}
	r.Artefacts = append(r.Artefacts, link)
	r.acts()
	var got []string
	for _, a := range r.Acts {
		got = append(got, fmt.Sprintf("%s %s %s %s %s %v", a.Role, a.Addr, a.Name, a.Args, a.Paths, a.Refused))
	}
	want := []string{
		"replica 10.0.0.9:4711 ops [slaveof no one] [a.pcap b.pcap replica.log] false",
		"master 10.0.0.9:4711  [CONFIG SET save x maxmemory 1] [a.pcap] false",
		"replica 10.0.0.9:4711  [SHUTDOWN] [a.pcap] true",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q, not\n%q", got, want)
	}
	got = nil
	for _, u := range r.Unasked {
		got = append(got, string(u.Role)+" "+u.What)
	}
	want = []string{"replica maxmemory set to less than the data took", "replica asked to end (SHUTDOWN)",
		"replica asked to end by a signal", "master FLUSHALL (2 times), which it sent its replicas"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, not\n%q", got, want)
	}
}

// A dump was made between what is known to be before it and what is known to be after;
// where the log's line may be another save's, it is not asked.
func TestSavedAt(t *testing.T) {
	samples := func(offsets map[int]int64) *Artefact {
		a := &Artefact{Path: "link.pcap", Role: Link}
		for _, ms := range slices.Sorted(maps.Keys(offsets)) {
			a.Samples.List = append(a.Samples.List, Sample{after(ms), offsets[ms], idA})
		}
		return a
	}
	promoted := func(id string) []*Artefact {
		return []*Artefact{linesOf("r", Replica, map[int]string{
			300: "Setting secondary replication ID to " + idB + ", valid up to offset: 40. New replication ID is " + id})}
	}
	for name, test := range map[string]struct {
		role     Role
		others   []*Artefact
		from, to int
	}{
		"of the history that a promotion began":   {Replica, promoted(idA), 300, 999},
		"of the history that a promotion came of": {Replica, promoted(idB), 0, 999},
		"nothing but the second":                  {Replica, nil, 0, 999},
		"the log of its server": {Replica, []*Artefact{linesOf("r", Replica, map[int]string{968: "DB saved on disk"}),
			linesOf("m", Master, map[int]string{400: "DB saved on disk"})}, 0, 968},
		"a save that may have begun in that second": {Replica,
			[]*Artefact{linesOf("r", Replica, map[int]string{100: "DB saved on disk", 30_000: "DB saved on disk"})}, 0, 999},
		"a restart ended what was being saved": {Replica, []*Artefact{linesOf("r", Replica, map[int]string{
			100: "DB saved on disk", 1200: "Redis version=7.0.15, bits=64", 30_000: "DB saved on disk"})}, 0, 100},
		"one of two saves of that second": {Replica, []*Artefact{linesOf("r", Replica, map[int]string{
			699: "DB saved on disk", 702: "Redis version=4.0.2, bits=64", 930: "DB saved on disk"})}, 0, 930},
		"the one that a process started from": {ReplicaBefore, []*Artefact{linesOf("r", Replica, map[int]string{
			699: "DB saved on disk", 702: "Redis version=4.0.2, bits=64", 930: "DB saved on disk"})}, 0, 699},
		"clocks that contradict one another": {Replica, []*Artefact{samples(map[int]int64{968: 50}),
			linesOf("r", Replica, map[int]string{500: "DB saved on disk"})}, 0, 999},
		"a fork":                        {Master, []*Artefact{linesOf("m", Master, map[int]string{300: "Background saving started by pid 7"})}, 0, 300},
		"what a replica had been sent":  {Replica, []*Artefact{samples(map[int]int64{689: 50, 958: 60})}, 689, 999},
		"what a master had yet to send": {Master, []*Artefact{samples(map[int]int64{500: 40, 689: 50, 958: 60})}, 500, 958},
		"who asked":                     {Replica, []*Artefact{clientsOf("c", actOf(250, "10.0.0.9:1", "10.0.0.2:6380", "SAVE"))}, 250, 999},
	} {
		t.Run(name, func(t *testing.T) {
			state := repl.State{ID: idA, Offset: 50}
			dump := &Artefact{Path: "d", Role: test.role, State: &state,
				Inspect: &inspect.Report{RDB: &inspect.RDB{CreatedAt: night}}}
			r := &run{}
			r.Hosts = []Host{{Replica, "10.0.0.2:6380"}}
			r.Artefacts = append(test.others, dump)
			r.acts()
			dump.Input = &input.Input{Path: "d"}
			r.Replay = &replay.Report{Links: []*replay.Link{{Base: "d"}}}
			r.Replay.Links[0].Began = after(707)
			if got := r.savedAt(dump); !got.From.Equal(after(test.from)) || !got.To.Equal(after(test.to)) {
				t.Errorf("%v to %v", got.From, got.To)
			}
		})
	}
}

// What INFO says counts where it is of after the last refusal; a try that came to
// nothing where none came through since.
func TestEndingNow(t *testing.T) {
	const refused = "== CRITICAL == This replica is sending an error to its master: '-OOM command not allowed' after " +
		"processing the command 'set'"
	for name, test := range map[string]struct {
		lines   map[int]string
		save    int64 // seconds after the night began
		limit   string
		wantErr string
	}{
		"of later":             {map[int]string{100: refused}, 1, "0", ""},
		"of before":            {map[int]string{2100: refused}, 1, "", ""},
		"the master was gone":  {map[int]string{100: "Error condition on socket for SYNC: Connection refused"}, 1, "0", "Connection refused"},
		"and came back":        {map[int]string{100: "Unable to connect to MASTER: x", 200: "MASTER <-> REPLICA sync: Finished with success"}, 1, "0", ""},
		"its master's address": {map[int]string{100: "Connecting to MASTER 10.0.0.5:6379"}, 1, "0", ""},
	} {
		t.Run(name, func(t *testing.T) {
			info := infoOf("i", repl.Replica, idA, "", 500, 1)
			save := night.Unix() + test.save
			info.Role, info.Info.LastSave = Replica, &save
			info.Info.Fields = map[string]string{"maxmemory": "0"}
			r := &run{}
			r.Artefacts = []*Artefact{info, linesOf("r", Replica, test.lines)}
			r.ending()
			limit := ""
			if r.Ending.MaxMemory != nil {
				limit = fmt.Sprint(*r.Ending.MaxMemory)
			}
			if limit != test.limit || r.Ending.LinkError != test.wantErr {
				t.Errorf("%q, %q", limit, r.Ending.LinkError)
			}
			if up := r.Ending.Upstream; name == "its master's address" && up != "10.0.0.5:6379" {
				t.Errorf("upstream %q", up)
			}
		})
	}
}

// Memory is that of the one server of the side; of two INFO outputs neither is taken.
func TestMemory(t *testing.T) {
	for name, infos := range map[string]int{"one": 1, "two": 2} {
		t.Run(name, func(t *testing.T) {
			dump := sided(dumpOf("m", idA, 9, 1), Master)
			dump.Inspect.RDB.Memory = &inspect.Memory{}
			r := &run{}
			r.Artefacts = []*Artefact{dump}
			for range infos {
				r.Artefacts = append(r.Artefacts, sided(infoOf("i", repl.Master, idA, "", 9, 1), Master))
			}
			if r.memory(); (dump.Inspect.RDB.Memory.Server != nil) != (infos == 1) {
				t.Errorf("%+v", dump.Inspect.RDB.Memory.Server)
			}
		})
	}
}

// A server that was promoted, or demoted, has a log that says both: its port tells, or
// the ids that it made up, and no role that it had.
func TestLogSide(t *testing.T) {
	const own, other = "1111111111111111111111111111111111111111", "2222222222222222222222222222222222222222"
	began := map[int]string{1: "Setting secondary replication ID to " + other + ", valid up to offset: 5. New replication ID is " + own}
	port := func(n string) map[int]string { return map[int]string{1: "Running mode=standalone, port=" + n + "."} }
	for name, test := range map[string]struct {
		log, second *Artefact
		parted      bool
		want        Role
	}{
		"its role":             {linesOf("a", Replica, nil), linesOf("b", Master, nil), false, Replica},
		"a role that two have": {linesOf("a", Replica, nil), linesOf("b", Replica, nil), false, Unknown},
		"its port":             {linesOf("a", Replica, port("6379")), linesOf("b", Replica, nil), true, Master},
		"a port that two have": {linesOf("a", Replica, port("7000")), linesOf("b", Master, nil), true, Unknown},
		"a role that it had":   {linesOf("a", Replica, nil), linesOf("b", Master, nil), true, Unknown},
		"the history it began": {linesOf("a", Replica, began), linesOf("b", Master, nil), true, Master},
	} {
		t.Run(name, func(t *testing.T) {
			r := &run{}
			r.Hosts = []Host{{Master, "10.0.0.1:6379"}, {Replica, "10.0.0.2:6380"}, {Replica, "10.0.0.3:7000"}, {Master, "10.0.0.4:7000"}}
			replica := own
			if test.parted {
				replica = other
			}
			r.Artefacts = []*Artefact{sided(dumpOf("m", own, 9, 1), Master), sided(dumpOf("r", replica, 9, 1), Replica), test.log, test.second}
			if got := r.logSide(test.log); got != test.want {
				t.Errorf("%s, not %s", got, test.want)
			}
		})
	}
}
