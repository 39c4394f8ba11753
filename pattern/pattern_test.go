package pattern

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/redsleuth/redsleuth/glob"
)

// told adds the keys, with a weight of 1 each, and lists the patterns.
func told(keys []string, n int) string {
	t := New(Separators)
	for _, k := range keys {
		t.Add([]byte(k))[0]++
	}
	rows, others, left := Cut(t.Rows(n, func(s *Sums) int64 { return s[0] }), n)
	var out []string
	for _, r := range rows {
		out = append(out, fmt.Sprintf("%s %d", r.Pattern, r.Sums[0]))
	}
	if left > 0 {
		out = append(out, fmt.Sprintf("(%d others) %d", left, others[0]))
	}
	return strings.Join(out, "\n")
}

// many makes n keys of a pattern in which # is a number, @ a word and % a UUID
// that are drawn.
func many(r *rand.Rand, n int, pattern string) (keys []string) {
	for range n {
		var b strings.Builder
		for _, c := range pattern {
			switch c {
			case '#':
				fmt.Fprint(&b, r.IntN(1_000_000))
			case '@':
				for range 5 + r.IntN(4) {
					b.WriteByte('a' + byte(r.IntN(26)))
				}
			case '%':
				fmt.Fprintf(&b, "%08x-%04x-%04x-%04x-%012x", r.Uint32(), r.IntN(1<<16), r.IntN(1<<16),
					r.IntN(1<<16), r.Int64N(1<<48))
			default:
				b.WriteRune(c)
			}
		}
		keys = append(keys, b.String())
	}
	return keys
}

func TestRows(t *testing.T) {
	for _, c := range []struct {
		name string
		from map[string]int // keys of each pattern that many knows
		most int
		want string
	}{
		{"a part in the middle", map[string]int{"user:#:profile": 600, "user:#:cart": 400}, 10,
			"user:*:profile 600\nuser:*:cart 400"},
		{"names that are learned", map[string]int{"user:@:profile": 3000, "user:@:cart": 2000}, 10,
			"user:*:profile 3000\nuser:*:cart 2000"},
		{"UUIDs hold dashes", map[string]int{"s:%:x": 10, "s:%": 20}, 10, "s:* 20\ns:*:x 10"},
		{"hash tags", map[string]int{"{user:#}.following": 300, "{user:#}.followers": 200}, 10,
			"{user:*}.following 300\n{user:*}.followers 200"},
		{"dates and addresses", map[string]int{"log:2024-0#-1#": 50, "ip/10.#.#.#": 40}, 10,
			"log:* 50\nip/* 40"},
		{"numbers behind a word", map[string]int{"item#": 5000, "job_#": 200}, 10, "item* 5000\njob_* 200"},
		{"no separators", map[string]int{"@": 5000}, 10, "* 5000"},
		{"a version is no id", map[string]int{"api:v1:@": 500, "api:v2:@": 400}, 10,
			"api:v1:* 500\napi:v2:* 400"},
		{"what weighs little is one", map[string]int{"a:#": 9800, "b:x:#": 90, "b:y:#": 60, "c": 1}, 10,
			"a:* 9800\n* 151"},
		{"more rows, more depth", map[string]int{"a:#": 9800, "b:x:#": 90, "b:y:#": 60, "c": 1}, 100,
			"a:* 9800\nb:x:* 90\nb:y:* 60\n* 1"},
		{"no more rows than asked for", map[string]int{"a:#": 50, "b:#": 40, "c:#": 30}, 2,
			"a:* 50\nb:* 40\n(1 others) 30"},
		{"what means something in a glob", map[string]int{"a*[:#": 50}, 10, `a\*\[:* 50`},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, 2))
			var keys []string
			for pattern, n := range c.from {
				keys = append(keys, many(r, n, pattern)...)
			}
			r.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
			if got := told(keys, c.most); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

// TestSiblings: few siblings are told to be ids, or not to be.
func TestSiblings(t *testing.T) {
	var fields, numbers, tenants []string
	for i := range 20 {
		name := string(rune('a'+i)) + "lice"
		fields = append(fields, "user:"+name+":profile", "user:"+name+":cart")
		numbers = append(numbers, fmt.Sprint("shard", i%4, ":x"))
		for j := range 50 {
			tenants = append(tenants, fmt.Sprintf("t%c:user:%d", 'a'+i%5, j))
		}
	}
	for _, c := range []struct {
		name string
		keys []string
		want string
	}{
		{"the same fields below each", fields, "user:*:cart 20\nuser:*:profile 20"},
		{"one key each", []string{"conf:b", "conf:a", "conf:c"}, "conf:* 3"},
		{"a number behind the same word", numbers, "shard*:x 20"},
		{"many keys each", tenants, "ta:user:* 200\ntb:user:* 200\ntc:user:* 200\ntd:user:* 200\nte:user:* 200"},
	} {
		if got := told(c.keys, 10); got != c.want {
			t.Errorf("%s: got\n%s\nwant\n%s", c.name, got, c.want)
		}
	}
}

// TestBounded: whatever keys are called, the tree stays small, every key is
// counted once, and a pattern matches the keys counted under it.
func TestBounded(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	makers := map[string]func() string{
		"bytes": func() string {
			b := make([]byte, r.IntN(30))
			for i := range b {
				b[i] = byte(r.IntN(256))
			}
			return string(b)
		},
		"few letters and separators": func() string {
			b := make([]byte, r.IntN(40))
			for i := range b {
				b[i] = "ab:-1{}*"[r.IntN(8)]
			}
			return string(b)
		},
		"tenants": func() string {
			return fmt.Sprintf("tenant-%x:%s:%d", r.IntN(50_000), []string{"a", "b", "c"}[r.IntN(3)], r.IntN(1000))
		},
	}
	for name, make := range makers {
		t.Run(name, func(t *testing.T) {
			tree := New(Separators)
			const keys = 200_000
			var last string
			for range keys {
				last = make()
				tree.Add([]byte(last))[0]++
				if tree.nodes > mostNodes+mostParts+2 {
					t.Fatalf("%d nodes", tree.nodes)
				}
			}
			rows, others, _ := Cut(tree.Rows(10, func(s *Sums) int64 { return s[0] }), 10)
			sum, matched := others[0], others[0] > 0
			for _, row := range rows {
				sum += row.Sums[0]
				matched = matched || glob.Match(row.Pattern, []byte(last))
			}
			if sum != keys || !matched {
				t.Errorf("%d of %d keys in %d rows; the last matches: %v", sum, keys, len(rows), matched)
			}
		})
	}
}

// TestOrder: the same keys in the same order make the same rows.
func TestOrder(t *testing.T) {
	keys := many(rand.New(rand.NewPCG(5, 6)), 20_000, "@:@:#")
	first := told(keys, 20)
	for range 3 {
		if again := told(keys, 20); again != first {
			t.Fatalf("first\n%s\nthen\n%s", first, again)
		}
	}
}

func BenchmarkAdd(b *testing.B) {
	keys := many(rand.New(rand.NewPCG(7, 8)), 1<<16, "user:#:profile")
	t := New(Separators)
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		t.Add([]byte(keys[i&(1<<16-1)]))[0]++
		i++
	}
}

// TestTogether: a name that comes again after the tree has changed, and been pruned,
// is counted where it was counted before.
func TestTogether(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	keys := many(r, 30_000, "@:@:@")
	for i := range 100 {
		keys = append(keys, many(r, 3000, fmt.Sprintf("tenant-%c:@-%d:#", 'a'+i%7, i%3))[:i*17]...)
	}
	r.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
	tree := New(Separators)
	for side, sign := range []int64{1, -1} {
		for _, k := range keys {
			s := tree.Add([]byte(k))
			s[0] += sign
			s[1+side]++
		}
	}
	rows, others, _ := Cut(tree.Rows(1000, func(s *Sums) int64 { return s[1] + s[2] }), 1000)
	for _, row := range append(rows, Row{[]byte("others"), others}) {
		if row.Sums[0] != 0 {
			t.Errorf("%s: %d of the one, %d of the other", row.Pattern, row.Sums[1], row.Sums[2])
		}
	}
	if len(rows) < 7 {
		t.Errorf("%d rows tell nothing", len(rows))
	}
}
