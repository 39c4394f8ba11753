package dump

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/parse/input"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"github.com/redsleuth/redsleuth/internal/redistest"
	"github.com/redsleuth/redsleuth/parse/artefact"
)

// walk dumps a file as options say.
func walk(t testing.TB, path string, options Options) (*Dumper, string) {
	t.Helper()
	in, err := input.Open(path, input.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	if options.Again == nil && in.Rereadable() {
		options.Again = in.RecordCursor
	}
	var out bytes.Buffer
	d := newDumper(t, &out, options)
	if _, err := artefact.Walk(context.Background(), in, artefact.Options{}, d); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	return d, out.String()
}

// feed sends the commands to a server as they are, and returns the errors
// that it replies with.
func feed(t *testing.T, s *redistest.Server, commands string) (errs []string) {
	t.Helper()
	c, err := net.Dial("tcp", s.Addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	const last = "the end of what was sent"
	go func() {
		_, _ = io.WriteString(c, commands) // a failure shows in the replies
		_, _ = fmt.Fprintf(c, "*2\r\n$4\r\nECHO\r\n$%d\r\n%s\r\n", len(last), last)
	}()
	var replies bytes.Buffer
	buf := make([]byte, 64<<10)
	for !strings.HasSuffix(replies.String(), last+"\r\n") {
		if err := c.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
			t.Fatal(err)
		}
		n, err := c.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		replies.Write(buf[:n])
	}
	for line := range strings.Lines(replies.String()) {
		if line[0] == '-' {
			errs = append(errs, strings.TrimSpace(line))
		}
	}
	return errs
}

// eachKey visits the keys of every database, on a connection of its own.
func eachKey(t *testing.T, s *redistest.Server, visit func(conn *redis.Conn, db int, key string)) {
	t.Helper()
	conn := s.Client.Conn()
	defer conn.Close()
	for db := range 16 {
		if err := conn.Select(t.Context(), db).Err(); err != nil {
			t.Fatal(err)
		}
		for _, key := range conn.Keys(t.Context(), "*").Val() {
			visit(conn, db, key)
		}
	}
}

// digests are those of the whole keyspace, under "", and of each value.
func digests(t *testing.T, s *redistest.Server) map[string]any {
	t.Helper()
	found := map[string]any{}
	eachKey(t, s, func(conn *redis.Conn, db int, key string) {
		sum, err := conn.Do(t.Context(), "DEBUG", "DIGEST-VALUE", key).Result()
		if err != nil {
			t.Fatal(err)
		}
		found[fmt.Sprintf("%d %q", db, key)] = sum
	})
	found[""] = s.Do("DEBUG", "DIGEST")
	return found
}

// streams is what XINFO STREAM FULL says of every stream, but for the times
// at which consumers were seen and how the entries are packed.
func streams(t *testing.T, s *redistest.Server, without []string) map[string]any {
	t.Helper()
	found := map[string]any{}
	eachKey(t, s, func(conn *redis.Conn, db int, key string) {
		if conn.Type(t.Context(), key).Val() != "stream" {
			return
		}
		info, err := conn.Do(t.Context(), "XINFO", "STREAM", key, "FULL", "COUNT", "0").Result()
		if err != nil {
			t.Fatal(err)
		}
		found[fmt.Sprintf("%d %q", db, key)] = normal(info, without)
	})
	return found
}

// countsOf7 are what servers from 7.0 on count; of an older dump they guess,
// and differently after the commands that the older server had.
var countsOf7 = []string{"entries-added", "recorded-first-entry-id", "entries-read", "lag"}

func normal(v any, without []string) any {
	list, ok := v.([]any)
	if !ok {
		return v
	}
	var kept []any
	for i := 0; i < len(list); i++ {
		switch list[i] {
		case "seen-time", "active-time", "radix-tree-keys", "radix-tree-nodes":
			i++
			continue
		}
		if name, ok := list[i].(string); ok && slices.Contains(without, name) {
			i++
			continue
		}
		kept = append(kept, normal(list[i], without))
	}
	return kept
}

func TestRebuildFixtures(t *testing.T) {
	paths, err := filepath.Glob("../testdata/dumps/types-[2-6].*.rdb")
	if err != nil {
		t.Fatal(err)
	}
	seven, err := filepath.Glob("../testdata/dumps/types-7.0.*.rdb")
	if err != nil {
		t.Fatal(err)
	}
	if paths = append(paths, seven...); len(paths) < 5 {
		t.Fatalf("only %d dumps", len(paths))
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) { rebuild(t, path) })
	}
}

// rebuild compares what a server makes of a dump with what another makes of
// the commands.
func rebuild(t *testing.T, path string) {
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	loaded := redistest.Start(t)
	loaded.Kill()
	if err := os.WriteFile(filepath.Join(loaded.Dir, "dump.rdb"), data, 0o600); err != nil {
		t.Fatal(err)
	}
	loaded.Launch()
	built := redistest.Start(t)
	d, commands := walk(t, path, Options{Format: RESP, Remark: func(m string, _ []byte) { t.Log(m) }})
	if d.Incomplete() {
		t.Error("something was left out")
	}
	if errs := feed(t, built, commands); len(errs) > 0 {
		t.Errorf("%d errors, first %s", len(errs), errs[0])
	}
	for _, s := range []*redistest.Server{loaded, built} { // lets go of what is expired
		eachKey(t, s, func(conn *redis.Conn, _ int, key string) {
			if conn.Type(t.Context(), key).Val() == "zset" {
				forgetMinusZero(t, conn, key)
			}
		})
	}
	if diff := cmp.Diff(digests(t, loaded), digests(t, built)); diff != "" {
		t.Errorf("digests of the values (- loaded + built):\n%s", diff)
	}
	without := countsOf7
	if data[len("REDIS00")] == '1' {
		without = nil
	}
	if diff := cmp.Diff(streams(t, loaded, without), streams(t, built, without)); diff != "" {
		t.Errorf("streams (- loaded + built):\n%s", diff)
	}
}

// forgetMinusZero: a server that loads a packed -0 keeps it, and one that is
// given it by ZADD stores 0.
func forgetMinusZero(t *testing.T, conn *redis.Conn, key string) {
	t.Helper()
	for _, z := range conn.ZRangeByScoreWithScores(t.Context(), key, &redis.ZRangeBy{Min: "0", Max: "0"}).Val() {
		if math.Signbit(z.Score) {
			conn.ZRem(t.Context(), key, z.Member)
			conn.ZAdd(t.Context(), key, redis.Z{Member: z.Member})
		}
	}
}

// populate fills a server with data of every type and encoding.
func populate(s *redistest.Server, random *rand.Rand) {
	for _, limit := range []string{"hash-max-listpack-entries", "zset-max-listpack-entries", "set-max-intset-entries"} {
		s.Do("CONFIG", "SET", limit, "16")
	}
	s.Do("CONFIG", "SET", "list-max-listpack-size", "8", "list-compress-depth", "1", "stream-node-max-entries", "10")
	for _, db := range []int{0, 3, 9} {
		s.Do("SELECT", strconv.Itoa(db))
		for i := range 60 {
			for _, n := range []int{1, 5, 40} {
				key := fmt.Sprintf("%d:%d:%s", i, n, randomText(random, 8))
				populateKey(s, random, key, i%8, n)
				switch random.IntN(5) {
				case 0:
					s.Do("PEXPIRE", key, 100_000_000+random.IntN(1_000_000))
				case 1:
					s.Do("PEXPIRE", key, 1)
				}
			}
		}
	}
	s.Do("FUNCTION", "LOAD", "#!lua name=lib\nredis.register_function('f', function(k, a) return 1 end)")
}

func populateKey(s *redistest.Server, random *rand.Rand, key string, kind, n int) {
	args := []any{nil, key}
	for range n {
		switch kind {
		case 0:
			args = []any{"SET", key, randomText(random, n*20)}
		case 1:
			args = append(args, randomText(random, 40))
			args[0] = "RPUSH"
		case 2:
			args = append(args, randomText(random, 12))
			args[0] = "SADD"
		case 3:
			args = append(args, random.Int64N(1<<random.IntN(62)))
			args[0] = "SADD"
		case 4:
			args = append(args, randomText(random, 12), randomText(random, 100))
			args[0] = "HSET"
		case 5:
			args = append(args, randomScore(random), randomText(random, 30))
			args[0] = "ZADD"
		case 6:
			args = []any{"SET", key, random.Int64()}
		case 7:
			populateStream(s, random, key, n)
			return
		}
	}
	s.Do(args...)
}

func populateStream(s *redistest.Server, random *rand.Rand, key string, n int) {
	var ids []any
	ms := 1000
	for i := range n {
		ms += random.IntN(100)
		id := fmt.Sprintf("%d-%d", ms, i)
		ids = append(ids, id)
		s.Do("XADD", key, id, "f", randomText(random, 9), randomText(random, 5), i)
		if i == n/2 {
			s.Do("XGROUP", "CREATE", key, "g", "0")
			s.Do("XGROUP", "CREATE", key, "mid", "$")
			s.Do("XGROUP", "CREATECONSUMER", key, "g", "idle")
		}
	}
	s.Do("XREADGROUP", "GROUP", "g", randomText(random, 4)+"x", "COUNT", n/2+1, "STREAMS", key, ">")
	s.Do("XREADGROUP", "GROUP", "g", "second", "COUNT", "3", "STREAMS", key, ">")
	s.Do("XACK", key, "g", ids[0])
	switch random.IntN(3) {
	case 0: // one that may be pending
		s.Do("XDEL", key, ids[len(ids)/2])
	case 1:
		s.Do("XTRIM", key, "MAXLEN", n/2)
	}
}

func randomText(random *rand.Rand, most int) string {
	b := make([]byte, random.IntN(most+1))
	letters := 256
	if random.IntN(2) == 0 {
		letters = 3
	}
	for i := range b {
		b[i] = byte('a' + random.IntN(letters))
	}
	return string(b)
}

func randomScore(random *rand.Rand) string {
	switch random.IntN(6) {
	case 0:
		return "inf"
	case 1:
		return "-inf"
	case 2:
		return strconv.Itoa(random.IntN(1000))
	}
	return strconv.FormatFloat(random.NormFloat64()*1e9, 'g', -1, 64)
}

func TestServerAgrees(t *testing.T) {
	s := redistest.Start(t)
	populate(s, rand.New(rand.NewPCG(1, uint64(time.Now().UnixNano()))))
	path := s.Save("random.rdb")
	t.Run("rebuild", func(t *testing.T) { rebuild(t, path) })
	_, lines := walk(t, path, Options{Format: NDJSON})
	keys := 0
	for line := range strings.Lines(lines) {
		var rec jsonRecord
		if err := json.Unmarshal([]byte(line), &rec); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if rec.Record == "key" {
			keys++
			compareKey(t, s, &rec)
		}
	}
	if keys < 100 {
		t.Errorf("only %d keys", keys)
	}
}

type jsonRecord struct {
	Record, Type, Encoding string
	DB                     int
	Key                    jsonBytes
	Elements               int64
	ExpireAt               *time.Time `json:"expire_at"`
	Expired                bool
	Value                  json.RawMessage
}

// jsonBytes is a byte string as the documents hold it.
type jsonBytes string

func (b *jsonBytes) UnmarshalJSON(data []byte) error {
	if data[0] == '{' {
		var v struct{ Base64 []byte }
		err := json.Unmarshal(data, &v)
		*b = jsonBytes(v.Base64)
		return err
	}
	return json.Unmarshal(data, (*string)(b))
}

// compareKey asks the server for all that the record says.
func compareKey(t *testing.T, s *redistest.Server, rec *jsonRecord) {
	t.Helper()
	key := string(rec.Key)
	s.Do("SELECT", rec.DB)
	at := s.Do("PEXPIRETIME", key).(int64)
	switch {
	case at == -2: // expired meanwhile
		if rec.ExpireAt == nil {
			t.Errorf("%q is not there", key)
		}
		return
	case at == -1 != (rec.ExpireAt == nil), at > 0 && rec.ExpireAt.UnixMilli() != at:
		t.Errorf("%q expires at %v, says the server %d", key, rec.ExpireAt, at)
	}
	if got := s.Do("TYPE", key); got != rec.Type {
		t.Errorf("%q is a %s, says the server %s", key, rec.Type, got)
	}
	if got := s.Do("OBJECT", "ENCODING", key); got != rec.Encoding {
		t.Errorf("%q is in %s, says the server %s", key, rec.Encoding, got)
	}
	want, n := serverValue(t, s, rec.Type, key)
	if n != rec.Elements {
		t.Errorf("%q has %d elements, says the server %d", key, rec.Elements, n)
	}
	if got := dumpValue(t, rec); !slices.Equal(got, want) {
		t.Errorf("%q is %q, says the server %q", key, got, want)
	}
}

// serverValue is the value as a row of strings, sorted where it has no order.
func serverValue(t *testing.T, s *redistest.Server, kind, key string) (row []string, elements int64) {
	t.Helper()
	command := map[string][]any{
		"string": {"GET", key}, "list": {"LRANGE", key, 0, -1}, "set": {"SMEMBERS", key}, "hash": {"HGETALL", key},
		"zset": {"ZRANGE", key, 0, -1, "WITHSCORES"}, "stream": {"XRANGE", key, "-", "+"},
	}[kind]
	row = flatten(nil, s.Do(command...))
	switch kind {
	case "string":
		return row, 1
	case "set":
		slices.Sort(row)
	case "hash", "zset":
		return pairs(row), int64(len(row) / 2)
	case "stream":
		return row, s.Do("XLEN", key).(int64)
	}
	return row, int64(len(row))
}

func flatten(row []string, v any) []string {
	list, ok := v.([]any)
	if !ok {
		return append(row, fmt.Sprint(v))
	}
	for _, e := range list {
		row = flatten(row, e)
	}
	return row
}

// pairs joins each two and sorts.
func pairs(row []string) []string {
	var joined []string
	for i := 0; i+1 < len(row); i += 2 {
		joined = append(joined, row[i]+"="+row[i+1])
	}
	slices.Sort(joined)
	return joined
}

func dumpValue(t *testing.T, rec *jsonRecord) []string {
	t.Helper()
	row := []string{}
	read := func(data []byte, into any) {
		t.Helper()
		if err := json.Unmarshal(data, into); err != nil {
			t.Fatalf("%v: %s", err, data)
		}
	}
	switch rec.Type {
	case "string":
		var b jsonBytes
		read(rec.Value, &b)
		return append(row, string(b))
	case "list", "set":
		var list []jsonBytes
		read(rec.Value, &list)
		for _, e := range list {
			row = append(row, string(e))
		}
		if rec.Type == "set" {
			slices.Sort(row)
		}
		return row
	case "hash":
		var list [][]jsonBytes
		read(rec.Value, &list)
		for _, e := range list {
			row = append(row, string(e[0]), string(e[1]))
		}
		return pairs(row)
	case "zset":
		var list [][2]json.RawMessage
		read(rec.Value, &list)
		for _, e := range list {
			var member jsonBytes
			read(e[0], &member)
			row = append(row, string(member), scoreText(t, e[1]))
		}
		return pairs(row)
	}
	var stream struct{ Entries [][2]json.RawMessage }
	read(rec.Value, &stream)
	for _, e := range stream.Entries {
		var id string
		var fields []jsonBytes
		read(e[0], &id)
		read(e[1], &fields)
		row = append(row, id)
		for _, f := range fields {
			row = append(row, string(f))
		}
	}
	return row
}

// scoreText prints a score as redis 7.0 does.
func scoreText(t *testing.T, raw json.RawMessage) string {
	text := strings.Trim(string(raw), `"`)
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	if f == float64(int64(f)) && f < 1<<52 && f > -1<<52 {
		return strconv.FormatInt(int64(f), 10)
	}
	out := fmt.Sprintf("%.17g", f)
	return strings.ToLower(strings.TrimPrefix(out, "+"))
}
