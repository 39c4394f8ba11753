//go:build unix

package cause_test

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/redsleuth/redsleuth/cause"
	"github.com/redsleuth/redsleuth/cause/engine"
	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/divergence"
	"github.com/redsleuth/redsleuth/internal/redistest"
	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/replay"
	"github.com/redsleuth/redsleuth/server"
)

// A staging is what makes a row of the catalogue of divergences happen on a pair:
// commands for the master, and "sleep MS", "stall", "go" (of the replica's process)
// and "resync".
type staging struct {
	row   string
	needs string // a command; servers without it are left out
	key   string // that differs; "" where dumps don't show it
	steps []string
}

var grown = func() string {
	line := "ZADD z"
	for i := range 200 {
		line += fmt.Sprintf(" %d m%d", i, i)
	}
	return line + " 200 a"
}()

var shrunk = "ZREMRANGEBYSCORE z 40 199"

func stagings() []staging {
	group := []string{"XADD x 1-1 a b", "XGROUP CREATE x g 0", "XREADGROUP GROUP g alice STREAMS x >"}
	expired := []string{
		"DEBUG SET-ACTIVE-EXPIRE 0", "HSET h f 1 k v", "HPEXPIRE h 3 FIELDS 1 f", "HPEXPIRE h 100000 FIELDS 1 k", "sleep 10",
	}
	members := func(n int) string {
		line := ""
		for i := range n {
			line += fmt.Sprint(" m", i)
		}
		return line
	}
	then := func(first []string, more ...string) []string { return slices.Concat(first, more) }
	return []staging{
		{divergence.BitfieldOverflowFail, "BITFIELD", "b", []string{"BITFIELD b OVERFLOW FAIL SET u8 0 300"}},
		{divergence.BitfieldOverflowFail, "BITFIELD", "b", []string{"SET b a", "BITFIELD b OVERFLOW FAIL SET u8 80 300"}},
		{divergence.DebugWrites, "DEBUG", "probe:1", []string{"DEBUG POPULATE 3 probe"}},
		{divergence.VAddExisting, "VADD", "v", []string{"VADD v VALUES 3 1 2 3 a", "VADD v VALUES 3 3 2 1 a"}},
		{divergence.VAddExisting, "VADD", "v", []string{"VADD v VALUES 3 1 2 3 a", `VADD v VALUES 3 1 2 3 a SETATTR {"x":1}`}},
		{divergence.VAddEmptyAttribute, "VADD", "", []string{"VADD v VALUES 3 1 2 3 a SETATTR EMPTY", "resync"}},
		{divergence.HSetEXPast, "HSETEX", "h", []string{"HSETEX h EXAT 1000 FIELDS 1 a b"}},
		{divergence.HIncrByFloatInfinity, "HINCRBYFLOAT", "h", []string{"HINCRBYFLOAT h f inf"}},
		{divergence.XReadGroupHistory, "XREADGROUP", "x", then(group, "XREADGROUP GROUP g alice STREAMS x 0")},
		{divergence.XReadGroupConsumer, "XREADGROUP", "x", then(group, "XREADGROUP GROUP g bob STREAMS x 0")},
		{divergence.XReadGroupIdle, "XREADGROUP", "x", []string{"XADD x 1-1 a b", "XGROUP CREATE x g $", "XREADGROUP GROUP g bob STREAMS x >"}},
		{divergence.XReadGroupNoack, "XREADGROUP", "x", then(group[:2], "XREADGROUP GROUP g bob NOACK STREAMS x >")},
		{divergence.XClaimConsumer, "XCLAIM", "x", then(group, "XCLAIM x g bob 100000 1-1")},
		{divergence.XClaimConsumer, "XAUTOCLAIM", "x", then(group, "XAUTOCLAIM x g bob 100000 0")},
		{divergence.XTrimMinIDAcked, "XTRIM", "x", []string{"XADD x 2-1 f b", "XADD x 20-1 f c", "XTRIM x MINID ~ 8-0 ACKED"}},
		{divergence.IncrByFloatExpiry, "INCRBYFLOAT", "s", []string{"SETEX s 1000 1", "INCRBYFLOAT s 1"}},
		{divergence.HIncrByFloatTTL, "HPEXPIRE", "h", []string{"HSET h f 1", "HPEXPIRE h 100000 FIELDS 1 f", "HINCRBYFLOAT h f 1"}},
		{divergence.EntriesRead, "XREADGROUP", "x", group},
		{divergence.StrayExec, "PFADD", "", []string{"PFADD p a b", "MULTI", "PFCOUNT p", "EXEC"}},
		{divergence.LexRangeScores, "ZREMRANGEBYLEX", "z", []string{grown, shrunk, "resync", "ZREMRANGEBYLEX z [b [z"}},
		{divergence.SortTies, "SORT", "l", []string{"SADD S" + members(200), "SORT S BY w* ALPHA STORE l"}},
		{divergence.RestoreTTL, "RESTORE", "", []string{"SET s 1", "SET d 1", "dumprestore"}},
		{divergence.LateHPersist, "HPERSIST", "h", []string{"HSET h f v k w", "stall", "HPEXPIRE h 60 FIELDS 1 f", "HPERSIST h FIELDS 1 f", "sleep 90", "go"}},
		{divergence.LateHPersist, "HGETEX", "h", []string{"HSET h f v k w", "stall", "HPEXPIRE h 60 FIELDS 1 f", "HGETEX h PERSIST FIELDS 1 f", "sleep 90", "go"}},
		{divergence.CopyExpiredFields, "HPERSIST", "h2", then(expired, "COPY h h2")},
		{divergence.SortExpiredField, "HPERSIST", "d", then(expired, "RPUSH l h", "SORT l BY nosort GET *->f STORE d")},
		{divergence.RevivedFields, "HPERSIST", "h", then(expired, "HPERSIST h FIELDS 2 f k")},
		{divergence.RevivedFields, "HPERSIST", "h", then(expired, "HPEXPIRE h 100000 FIELDS 2 f k")},
		{divergence.RedecidedFields, "HPERSIST", "h", then(expired, "HSETNX h f new")},
		{divergence.ScriptSPop, "EVAL", "S", []string{
			"CONFIG SET lua-replicate-commands no", "SADD S" + members(40), "EVAL return^redis.call('spop','S') 0",
			"EVAL return^redis.call('spop','S') 0", "EVAL return^redis.call('spop','S') 0", "CONFIG SET lua-replicate-commands yes",
		}},
	}
}

// TestStaged makes every row happen on the servers at hand that have it, and not
// on those that don't; from the command to what diff says of it.
func TestStaged(t *testing.T) {
	programs := redistest.Servers(t)
	if testing.Short() {
		programs = programs[len(programs)-1:]
	}
	for _, program := range programs {
		t.Run(program.String(), func(t *testing.T) {
			version, err := server.Parse(program.String())
			if err != nil {
				t.Fatal(err)
			}
			p := newPair(t, program)
			for i, s := range stagings() {
				row, _ := divergence.ByName(s.row)
				t.Run(s.row+" "+strconv.Itoa(i), func(t *testing.T) {
					p.TB = t
					if !p.master.Knows(s.needs) {
						t.Skipf("%s has no %s", program, s.needs)
					}
					p.stage(s, row.Concerns(version, version) == server.Yes)
				})
			}
		})
	}
}

// A servedPair is a master, a replica and what goes between them.
type servedPair struct {
	testing.TB
	master, replica *redistest.Server
	proxy           *redistest.Proxy
	conn            *redis.Conn // to the master
}

func newPair(t *testing.T, program redistest.Program) *servedPair {
	quick := []string{"--repl-diskless-sync", "yes", "--repl-diskless-sync-delay", "0"}
	p := &servedPair{TB: t, master: redistest.StartProgram(t, program, quick...), replica: redistest.StartProgram(t, program, quick...)}
	p.proxy = redistest.StartProxy(t, p.master.Addr)
	p.conn = p.master.Client.Conn()
	t.Cleanup(func() { _ = p.conn.Close() })
	p.follow()
	return p
}

// follow has the replica take everything anew.
func (p *servedPair) follow() {
	p.replica.Do("REPLICAOF", "NO", "ONE")
	p.replica.Do("REPLICAOF", "127.0.0.1", p.proxy.Port)
	p.settle()
}

func (p *servedPair) settle() {
	offset := func(s *redistest.Server, field string) string {
		text, _ := s.Do("INFO", "replication").(string)
		_, after, _ := strings.Cut(text, field+":")
		value, _, _ := strings.Cut(after, "\r\n")
		return value
	}
	p.master.WaitFor("the replica to catch up", func() bool {
		return offset(p.replica, "master_link_status") == "up" &&
			offset(p.replica, "slave_repl_offset") == offset(p.master, "master_repl_offset")
	})
}

// stage runs the steps and holds what diff says against whether these servers
// diverge. What chance has a part in is tried again.
func (p *servedPair) stage(s staging, diverges bool) {
	p.Helper()
	tries := 1
	if diverges && (s.row == divergence.LexRangeScores || s.row == divergence.ScriptSPop || s.row == divergence.SortTies) {
		tries = 5
	}
	for !p.try(s, diverges, tries == 1) && tries > 1 {
		tries--
	}
}

// try is one staging; false where nothing was named that should have been, which is
// an error of the last one alone.
func (p *servedPair) try(s staging, diverges, last bool) bool {
	p.Helper()
	p.master.Do("FLUSHALL")
	p.master.Do("DEBUG", "SET-ACTIVE-EXPIRE", "1")
	p.settle()
	for _, step := range s.steps {
		p.step(step)
	}
	p.settle()
	for _, s := range []*redistest.Server{p.master, p.replica} { // a child of the last full resync
		s.WaitFor("a dump to be made", func() bool {
			text, _ := s.Do("INFO", "persistence").(string)
			return strings.Contains(text, "rdb_bgsave_in_progress:0")
		})
	}
	var streams []*input.Input
	for n := 1; n <= p.proxy.Connections(); n++ {
		path, _ := p.proxy.Recording(n)
		streams = append(streams, p.open(path))
	}
	replayed := replay.Options{Streams: streams, Offset: record.Unknown}
	if s.row == divergence.RestoreTTL {
		p.holdReplay(replayed, s.row, diverges)
		return true
	}
	x := cause.New(cause.Options{
		Replay: replayed, Engine: engine.Start, MaxBytes: 64 << 20, Tell: p.Logf,
	})
	report, err := x.Compare(p.Context(), p.open(p.master.Save("master.rdb")), p.open(p.replica.Save("replica.rdb")),
		diff.Options{MaxMemory: 64 << 20, TTLSkew: 2 * time.Second})
	if err != nil {
		p.Fatal(err)
	}
	if err := x.Close(); err != nil {
		p.Error(err)
	}
	return p.hold(report, s, diverges, last)
}

func (p *servedPair) hold(report *diff.Report, s staging, diverges, last bool) bool {
	p.Helper()
	row, _ := divergence.ByName(s.row)
	named := false
	for _, d := range report.Differences {
		for _, e := range d.Evidence {
			if e.Divergence != s.row {
				continue
			}
			named = true
			if string(d.Key) != s.key && !strings.HasPrefix(string(d.Key), "probe:") || d.Cause != row.Way.Cause() {
				p.Errorf("%s: %s, %s", d.Key, d.Cause, d.Confidence)
			}
		}
		if d.Cause == "local-write" || d.Cause == "unexplained" {
			p.Errorf("%s: %s, %+v", d.Key, d.Cause, d.Evidence)
		}
	}
	want := diverges && row.Dumps == divergence.Shown
	if named != want && last {
		p.Errorf("named: %v, want %v; %d differences", named, want, len(report.Differences))
		for _, d := range report.Differences {
			p.Logf("%s %s: %s, %+v", d.Key, d.Kind, d.Cause, d.Evidence)
		}
	}
	return named == want
}

// holdReplay: the dumps of the servers may show nothing, and the stream does.
func (p *servedPair) holdReplay(o replay.Options, row string, diverges bool) {
	p.Helper()
	report, err := replay.Run(p.Context(), o)
	if err != nil {
		p.Fatal(err)
	}
	named := false
	for _, f := range report.Findings {
		named = named || f.Divergence == row
	}
	if named != diverges {
		p.Errorf("named: %v, want %v", named, diverges)
	}
}

func (p *servedPair) open(path string) *input.Input {
	p.Helper()
	in, err := input.Open(path, input.Options{})
	if err != nil {
		p.Fatal(err)
	}
	p.Cleanup(func() { in.Close() })
	return in
}

func (p *servedPair) step(line string) {
	p.Helper()
	words := strings.Fields(line)
	switch words[0] {
	case "sleep":
		ms, _ := strconv.Atoi(words[1])
		time.Sleep(time.Duration(ms) * time.Millisecond)
	case "stall":
		p.settle()
		p.signal(syscall.SIGSTOP)
	case "go":
		p.signal(syscall.SIGCONT)
	case "resync":
		p.settle()
		p.follow()
	case "dumprestore":
		payload, err := p.conn.Dump(p.Context(), "s").Result()
		if err != nil {
			p.Fatal(err)
		}
		p.conn.Do(p.Context(), "RESTORE", "d", "9223372036854775807", payload, "REPLACE")
	default:
		args := make([]any, len(words))
		for i, w := range words {
			args[i] = strings.ReplaceAll(strings.ReplaceAll(w, "^", " "), "EMPTY", "")
		}
		p.conn.Do(p.Context(), args...) // some servers refuse some of it
	}
}

func (p *servedPair) signal(s os.Signal) {
	p.Helper()
	if err := p.replica.Signal(s); err != nil {
		p.Fatal(err)
	}
}
