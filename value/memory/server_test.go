package memory_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/redsleuth/redsleuth/internal/redistest"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/server"
	"github.com/redsleuth/redsleuth/value/memory"
)

// What is told is what every server at hand says of its keys after a restart
// from the dump: to the byte, but for what is drawn at random.
func TestServers(t *testing.T) {
	for _, program := range redistest.Servers(t) {
		t.Run(program.String(), func(t *testing.T) {
			t.Parallel()
			s := redistest.StartProgram(t, program)
			fill(s, rand.New(rand.NewPCG(7, 11)))
			s.Shutdown()
			dump := s.Dir + "/dump.rdb"
			s.Launch()
			compare(t, s, dump)
		})
	}
}

// drawn are the values of which the mean is told.
func drawn(encoding string, v server.Version) bool {
	layout, _ := v.Memory()
	return encoding == "skiplist" ||
		encoding == "hashtable" && (layout.Tables != server.Chained || layout.LoneMembers)
}

func compare(t *testing.T, s *redistest.Server, dump string) {
	version, err := server.Parse(s.Program.String())
	if err != nil {
		t.Fatal(err)
	}
	allocator := server.SharedAllocator(strings.TrimPrefix(infoField(s, "mem_allocator"), "jemalloc-"))
	m, ok := memory.For(version, allocator)
	if !ok {
		t.Fatalf("no model of %s", version)
	}
	f, err := os.Open(dump)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	d := rdb.NewReader(f)
	var errors []float64
	sum, said := map[string]float64{}, map[string]float64{}
	for rec, err := range d.Records() {
		if err != nil {
			t.Fatal(err)
		}
		if rec.Kind != rdb.KindKey {
			continue
		}
		name := string(rec.Key)
		got, ok, err := m.Key(d, rec, nil)
		if err != nil || !ok {
			t.Fatalf("%s: %v, %v", name, ok, err)
		}
		want := s.Do("MEMORY", "USAGE", name, "SAMPLES", "0").(int64)
		encoding := s.Do("OBJECT", "ENCODING", name).(string)
		if got != want && !drawn(encoding, version) {
			t.Errorf("%s (%s, type %d, %d elements): %d bytes, the server says %d",
				name, encoding, rec.Type, rec.Elements, got, want)
		}
		errors = append(errors, math.Abs(float64(got-want))/float64(want))
		sum[encoding] += float64(got)
		said[encoding] += float64(want)
	}
	slices.Sort(errors)
	if median, p90 := errors[len(errors)/2], errors[len(errors)*9/10]; median > .005 || p90 > .02 {
		t.Errorf("median off by %.3f, nine of ten within %.3f", median, p90)
	}
	for encoding := range said {
		if off := math.Abs(sum[encoding]/said[encoding] - 1); off > .03 {
			t.Errorf("%s: %.1f%% off in total", encoding, 100*off)
		}
	}
}

func infoField(s *redistest.Server, name string) string {
	_, rest, _ := strings.Cut(s.Do("INFO", "memory").(string), name+":")
	value, _, _ := strings.Cut(rest, "\r")
	return value
}

// fill makes keys of every type around the sizes where servers pack otherwise.
func fill(s *redistest.Server, r *rand.Rand) {
	f := &filler{rand: r, pipe: s.Client.Pipeline()}
	for i, n := range []int{1, 2, 5, 60, 127, 128, 129, 200, 511, 512, 513, 700, 2100} {
		for _, longest := range []int{12, 64, 200} {
			f.collections(fmt.Sprintf("%s%d:%d", strings.Repeat("k", i*4), n, longest), n, longest, s)
		}
	}
	for n := range 90 {
		key := fmt.Sprintf("%s:%d", strings.Repeat("s", n%50), n)
		f.do("SET", key, f.text(n, n))
		f.do("SET", "number:"+key, strconv.FormatInt(r.Int64()>>(n%64), 10))
		if n%3 == 0 {
			f.do("PEXPIRE", key, 1_000_000_000)
		}
	}
	for _, n := range []int{255, 256, 4000, 20_000, 65_535, 70_000} {
		f.do("SET", fmt.Sprint("long:", n), f.text(n, n))
	}
	f.flush()
}

// A filler writes commands in batches.
type filler struct {
	rand *rand.Rand
	pipe redis.Pipeliner
	n    int
}

func (f *filler) do(args ...any) {
	f.pipe.Do(context.Background(), args...)
	if f.n++; f.n%2000 == 0 {
		f.flush()
	}
}

// flush sends the batch. What a server refuses, it does not have.
func (f *filler) flush() { _, _ = f.pipe.Exec(context.Background()) }

func (f *filler) text(least, most int) string {
	b := make([]byte, least+f.rand.IntN(most-least+1))
	for i := range b {
		b[i] = 'a' + byte(f.rand.IntN(26))
	}
	return string(b)
}

func (f *filler) collections(name string, n, longest int, s *redistest.Server) {
	for i := range n {
		member := f.text(1, longest) + strconv.Itoa(i)
		if longest == 64 {
			member = member[max(0, len(member)-64):]
		}
		f.do("RPUSH", "list:"+name, member)
		f.do("SADD", "set:"+name, member)
		f.do("SADD", "ints:"+name, f.rand.Int64()>>(longest%61))
		f.do("ZADD", "zset:"+name, f.score(), member)
		f.do("HSET", "hash:"+name, f.text(1, 9)+strconv.Itoa(i), member)
		f.do("XADD", "stream:"+name, fmt.Sprint(1_700_000_000_000+i*f.rand.IntN(9), "-", i+1), "f", member)
		f.do("HSET", "expires:"+name, i, member)
		f.do("HPEXPIRE", "expires:"+name, 1_000_000_000+f.rand.IntN(1_000_000_000), "FIELDS", 1, i)
	}
	if n > 5 { // what has shrunk may be packed again by a load
		for i := range n - 5 {
			f.do("HSET", "shrunk:"+name, i, "v")
			f.do("ZADD", "zshrunk:"+name, i, i)
			f.do("HSET", "tshrunk:"+name, i, "v")
			f.do("HPEXPIRE", "tshrunk:"+name, 1_000_000_000+i, "FIELDS", 1, i)
		}
		for i := range n - 5 {
			if i%3 > 0 {
				f.do("HDEL", "shrunk:"+name, i)
				f.do("ZREM", "zshrunk:"+name, i)
				f.do("HDEL", "tshrunk:"+name, i)
			} else if i%2 > 0 {
				f.do("HPERSIST", "tshrunk:"+name, "FIELDS", 1, i)
			}
		}
	}
	for i := range 3 {
		f.do("XGROUP", "CREATE", "stream:"+name, i, "0")
		for c := range i {
			f.do("XREADGROUP", "GROUP", i, f.text(1, 20), "COUNT", 1+c*70, "STREAMS", "stream:"+name, ">")
		}
	}
	f.do("RPUSH", "plain:"+name, f.text(9000, 20_000))
}

func (f *filler) score() any {
	if f.rand.IntN(2) == 0 {
		return f.rand.IntN(1_000_000)
	}
	return f.rand.Float64()
}
