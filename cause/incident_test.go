package cause_test

import (
	"context"
	"crypto/sha1"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/redsleuth/redsleuth/cause"
	"github.com/redsleuth/redsleuth/cause/engine"
	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/internal/redistest"
	"github.com/redsleuth/redsleuth/parse/crc64"
	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/repl"
	"github.com/redsleuth/redsleuth/replay"
)

const (
	historyID = "0123456789abcdef0123456789abcdef01234567"
	otherID   = "fedcba9876543210fedcba9876543210fedcba98"
	// firstOffset is that of the full resync.
	firstOffset = 100
	// savedAt is when the dumps say they were made.
	savedAt = 1700000000
)

// An incident is a master, a replica, and what was sent between them, told in
// commands: words, or "words in quotes". A real server makes the values.
type incident struct {
	// master and replica are the versions that the dumps tell; the engine's own
	// where "".
	master, replica string
	format          int // of the dumps; the engine's own where 0

	start  []string // led to what the full resync sent
	sent   []string // was sent after it
	held   []string // is what the master ran to send that, if it is not the same
	ran    []string // is what the replica ran of it, if it is not the same
	unsent []string // ran on the master, and was not sent
	local  []string // ran on the replica alone

	// behind counts the last commands sent that the replica has not run.
	behind int
	// resumed is how many commands were sent when the connection broke; the
	// replica went on with a partial resync, from a dump that is given where
	// based is set. 0 is one connection.
	resumed int
	based   bool
	// stale: the replica's dump tells the offset at which the connection broke.
	stale bool
	// skipped bytes of the stream are missing at the end of the first
	// connection.
	skipped int

	// noState: the dumps don't tell their offsets. parted: the replica has a
	// history of its own since then.
	noState, parted bool
	noStart         bool // the stream has no full resync
	noEngine        bool
	maxBytes        int64
	facts           repl.Facts
	servers         []repl.Server // what INFO says of them
}

// A lab makes dumps of what commands lead to.
type lab struct {
	*testing.T
	server *redistest.Server
	conn   *redis.Conn
	dir    string
}

func newLab(t *testing.T) *lab {
	t.Helper()
	s := redistest.Start(t)
	conn := s.Client.Conn()
	t.Cleanup(func() { _ = conn.Close() })
	return &lab{T: t, server: s, conn: conn, dir: t.TempDir()}
}

// words splits a command.
func words(line string) []string {
	var all []string
	for i, part := range strings.Split(line, `"`) {
		if i%2 == 1 {
			all = append(all, part)
			continue
		}
		all = append(all, strings.Fields(part)...)
	}
	return all
}

// resp is a command as it travels.
func resp(line string) string {
	all := words(line)
	out := fmt.Sprintf("*%d\r\n", len(all))
	for _, w := range all {
		out += fmt.Sprintf("$%d\r\n%s\r\n", len(w), w)
	}
	return out
}

func stream(lines []string) string {
	var out strings.Builder
	for _, line := range lines {
		out.WriteString(resp(line))
	}
	return out.String()
}

func (l *lab) do(args ...any) any {
	l.Helper()
	v, err := l.conn.Do(l.Context(), args...).Result()
	if err != nil && err != redis.Nil {
		l.Fatalf("%v: %v", args, err)
	}
	return v
}

// dump is the RDB of what the commands lead to.
func (l *lab) dump(i *incident, version, id string, offset int, commands ...string) []byte {
	l.Helper()
	db := "0"
	pipe := l.conn.Pipeline()
	pipe.Do(l.Context(), "FLUSHALL")
	pipe.Do(l.Context(), "SELECT", 0)
	for _, c := range commands {
		var args []any
		for _, w := range words(c) {
			args = append(args, w)
		}
		if name, ok := strings.CutPrefix(c, "SELECT "); ok {
			db = name
		}
		pipe.Do(l.Context(), args...)
	}
	replies, err := pipe.Exec(l.Context())
	if err != nil && err != redis.Nil {
		for _, r := range replies {
			l.Logf("%v", r)
		}
		l.Fatal(err)
	}
	body, format := l.keys(0)
	for db := 1; db < 16; db++ {
		more, _ := l.keys(db)
		body = append(body, more...)
	}
	if i.format > 0 {
		format = i.format
	}
	if version == "" {
		version = "7.0.15"
	}
	out := fmt.Appendf(nil, "REDIS%04d", max(format, 9))
	aux := [][2]string{{"redis-ver", version}, {"ctime", fmt.Sprint(savedAt)}}
	if name, ok := strings.CutPrefix(version, "valkey-"); ok {
		aux[0] = [2]string{"valkey-ver", name}
	}
	if id != "" {
		aux = append(aux, [2]string{"repl-stream-db", db}, [2]string{"repl-id", id}, [2]string{"repl-offset", fmt.Sprint(offset)})
	}
	for _, field := range aux {
		out = text(text(append(out, 0xfa), field[0]), field[1])
	}
	out = append(append(out, body...), 0xff)
	return binary.LittleEndian.AppendUint64(out, crc64.Update(0, out))
}

// keys are the records of a database, out of what DUMP replies.
func (l *lab) keys(db int) (body []byte, format int) {
	l.Helper()
	l.do("SELECT", db)
	names, err := l.conn.Keys(l.Context(), "*").Result()
	if err != nil {
		l.Fatal(err)
	}
	slices.Sort(names)
	if len(names) > 0 {
		body = append(body, 0xfe, byte(db))
	}
	pipe := l.conn.Pipeline()
	var expiries []*redis.DurationCmd
	var payloads []*redis.StringCmd
	for _, name := range names {
		expiries, payloads = append(expiries, pipe.PExpireTime(l.Context(), name)), append(payloads, pipe.Dump(l.Context(), name))
	}
	if _, err := pipe.Exec(l.Context()); err != nil && len(names) > 0 {
		l.Fatal(err)
	}
	for i, name := range names {
		if at := expiries[i].Val().Milliseconds(); at > 0 {
			body = binary.LittleEndian.AppendUint64(append(body, 0xfc), uint64(at))
		}
		payload := payloads[i].Val()
		value, footer := payload[:len(payload)-10], payload[len(payload)-10:]
		format = int(binary.LittleEndian.Uint16([]byte(footer)))
		body = append(text(append(body, value[0]), name), value[1:]...)
	}
	return body, format
}

func text(b []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint32(append(b, 0x80), uint32(len(s))), s...)
}

// open writes an input and opens it.
func (l *lab) open(name string, data []byte, progress func(int)) *input.Input {
	l.Helper()
	path := filepath.Join(l.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		l.Fatal(err)
	}
	in, err := input.Open(path, input.Options{Progress: progress})
	if err != nil {
		l.Fatal(err)
	}
	l.Cleanup(func() { _ = in.Close() })
	return in
}

// in gives a lab for a subtest, with the same server.
func (l *lab) in(t *testing.T) *lab {
	inner := *l
	inner.T = t
	return &inner
}

// inputs makes the artefacts of an incident.
func (l *lab) inputs(i *incident) (master, replica *input.Input, o replay.Options) {
	l.Helper()
	held, ran := i.held, i.ran
	if held == nil {
		held = i.sent
	}
	if ran == nil {
		ran = i.sent[:len(i.sent)-i.behind]
	}
	end := firstOffset + len(stream(i.sent))
	here := firstOffset + len(stream(i.sent[:len(i.sent)-i.behind]))
	if i.stale {
		here = firstOffset + len(stream(i.sent[:i.resumed]))
	}
	id, replicaID := historyID, historyID
	if i.parted {
		replicaID = otherID
	}
	if i.noState {
		id, replicaID = "", ""
	}
	master = l.open("master.rdb", l.dump(i, i.master, id, end, slices.Concat(i.start, held, i.unsent)...), nil)
	replica = l.open("replica.rdb", l.dump(i, i.replica, replicaID, here, slices.Concat(i.start, ran, i.local)...), nil)
	o = replay.Options{Offset: record.Unknown, Facts: i.facts}
	first := ""
	if !i.noStart {
		payload := l.dump(i, i.master, historyID, firstOffset, i.start...)
		first = fmt.Sprintf("+FULLRESYNC %s %d\r\n$%d\r\n%s", historyID, firstOffset, len(payload), payload)
	}
	cut := len(i.sent)
	if i.resumed > 0 {
		cut = i.resumed
	}
	whole := first + stream(i.sent[:cut])
	if !i.noStart || !i.based { // else it would belong to the dump
		o.Streams = append(o.Streams, l.open("link-1.psync", []byte(whole[:len(whole)-i.skipped]), nil))
	}
	if i.resumed == 0 {
		return master, replica, o
	}
	o.Streams = append(o.Streams, l.open("link-2.psync", []byte("+CONTINUE\r\n"+stream(i.sent[cut:])), nil))
	if i.based {
		at := firstOffset + len(stream(i.sent[:cut]))
		before := l.dump(i, i.replica, historyID, at, slices.Concat(i.start, i.sent[:cut])...)
		o.Bases = append(o.Bases, l.open("before.rdb", before, nil))
	}
	return master, replica, o
}

// compare explains the differences of an incident.
func (l *lab) compare(i *incident) *diff.Report {
	l.Helper()
	master, replica, o := l.inputs(i)
	return l.explain(i, master, replica, o)
}

func (l *lab) explain(i *incident, master, replica *input.Input, o replay.Options) *diff.Report {
	l.Helper()
	options := cause.Options{Replay: o, MaxBytes: 1 << 20, Tell: func(string, ...any) {}}
	if i.maxBytes > 0 {
		options.MaxBytes = i.maxBytes
	}
	if !i.noEngine {
		options.Engine = func(ctx context.Context, databases int) (*engine.Engine, error) { return engine.Start(ctx, databases) }
	}
	x := cause.New(options)
	report, err := x.Compare(l.Context(), master, replica, diff.Options{
		MaxMemory: 64 << 20, TTLSkew: 2 * time.Second, Limit: 1000, Servers: i.servers,
	})
	if closed := x.Close(); err != nil || closed != nil {
		l.Fatal(err, closed)
	}
	return report
}

// causes are those of a report, as "cause, confidence: evidence …" by
// "database key".
func causes(r *diff.Report) map[string]string {
	all := map[string]string{}
	for _, d := range r.Differences {
		said := string(d.Cause)
		if d.Confidence != "" {
			said += ", " + string(d.Confidence)
		}
		said += ":"
		for _, e := range d.Evidence {
			said += " " + string(e.Code)
		}
		all[fmt.Sprintf("%d %s", d.DB, d.Key)] = said
	}
	return all
}

// A ruling is an incident and what is said of it.
type ruling struct {
	name string
	incident
	want map[string]string // as causes gives it
}

// rule holds each ruling to what it wants, and each code to the catalogue.
func rule(t *testing.T, rulings []ruling) {
	l := newLab(t)
	for _, r := range rulings {
		t.Run(r.name, func(t *testing.T) {
			report := l.in(t).compare(&r.incident)
			got := causes(report)
			for key, want := range r.want {
				if got[key] != want {
					t.Errorf("%s: %s\nwant %s", key, got[key], want)
				}
			}
			for key := range got {
				if _, ok := r.want[key]; !ok {
					t.Errorf("%s differs too: %s", key, got[key])
				}
			}
			for _, d := range report.Differences {
				for _, e := range d.Evidence {
					if _, ok := finding.Explain(string(e.Code)); !ok {
						t.Errorf("%s is not explained", e.Code)
					}
					if e.Message == "" {
						t.Errorf("%s says nothing", e.Code)
					}
				}
			}
		})
	}
}

// shaOf names the script between quotes.
func shaOf(quoted string) string {
	sum := sha1.Sum([]byte(strings.Trim(quoted, `"`)))
	return hex.EncodeToString(sum[:])
}
