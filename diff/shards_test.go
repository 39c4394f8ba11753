package diff

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/internal/rdbgen"
	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/parse/record"
)

// A shard is what a dump holds, by key.
type shard map[string]string

// cluster3 divides keys among three shards by their slots.
func cluster3(keys int) []shard {
	all := []shard{{}, {}, {}}
	for i := range keys {
		key := fmt.Sprintf("key:%d", i)
		all[command.Slot([]byte(key))/5462][key] = fmt.Sprint(i)
	}
	return all
}

// dumps writes each shard to a file that is named by its number, all in database 0.
func dumps(t *testing.T, shards ...shard) (all []*input.Input) {
	t.Helper()
	dir := t.TempDir()
	for i, s := range shards {
		d := rdbgen.Dump{Magic: "REDIS", Version: 11, Databases: map[int]map[string]string{0: s}}
		path := filepath.Join(dir, fmt.Sprintf("%d.rdb", i))
		if err := os.WriteFile(path, d.Encode(), 0o600); err != nil {
			t.Fatal(err)
		}
		all = append(all, open(t, path))
	}
	return all
}

// told are the differences and findings in short.
func told(r *Report) (out []string) {
	for _, d := range r.Differences {
		text := fmt.Sprintf("%s %s", d.Key, d.Kind)
		for _, h := range []*Held{d.Master, d.Replica} {
			if h != nil && h.Path != "" {
				text += " " + filepath.Base(h.Path)
			}
		}
		out = append(out, text)
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		text := fmt.Sprintf("%s %s %d:", f.Code, filepath.Base(f.Path), f.Count)
		for _, p := range f.Places {
			text += " and " + filepath.Base(p.Path)
		}
		for _, k := range f.Keys {
			text += " " + string(k)
		}
		out = append(out, text)
	}
	return out
}

// TestShards: sides of several dumps are compared key by key, wherever a key is.
func TestShards(t *testing.T) {
	const keys = 3000
	for name, c := range map[string]struct {
		edit func(master, replica []shard) ([]shard, []shard)
		want []string
	}{
		"alike, in another order": {
			edit: func(m, r []shard) ([]shard, []shard) { return m, []shard{r[2], r[0], r[1]} },
		},
		"unlike": {
			edit: func(m, r []shard) ([]shard, []shard) {
				delete(m[0], "key:11")   // slot 1409
				r[1]["key:5"] = "a"      // slot 6789
				delete(r[0], "key:1234") // slot 285
				return m, r
			},
			want: []string{"key:11 extra-on-replica 0.rdb", "key:1234 missing-on-replica 0.rdb",
				"key:5 value 1.rdb 1.rdb"},
		},
		"a side of one dump": {
			edit: func(m, r []shard) ([]shard, []shard) {
				one := shard{}
				for _, s := range r {
					for k, v := range s {
						one[k] = v
					}
				}
				one["key:5"] = "a"
				return m, []shard{one}
			},
			want: []string{"key:5 value 1.rdb"},
		},
		"a shard is not there": {
			edit: func(m, r []shard) ([]shard, []shard) {
				for k := range m[2] {
					if k != "key:3" {
						delete(m[2], k) // lest all are told
					}
				}
				return m, r[:2]
			},
			want: []string{"key:3 missing-on-replica 2.rdb", "shards-uneven 0.rdb 0:"},
		},
		"a key in two shards, and the right one counts": {
			edit: func(m, r []shard) ([]shard, []shard) {
				r[2]["key:5"] = "stale"
				return m, r
			},
			want: []string{"wrong-shard 2.rdb 1: key:5", "key-in-two-shards 2.rdb 1: and 1.rdb key:5"},
		},
		"which is named first": {
			edit: func(m, r []shard) ([]shard, []shard) {
				r[0]["key:5"] = "stale"
				return m, r
			},
			want: []string{"wrong-shard 0.rdb 1: key:5", "key-in-two-shards 0.rdb 1: and 1.rdb key:5"},
		},
		"a key in the wrong shard alone": {
			edit: func(m, r []shard) ([]shard, []shard) {
				delete(r[1], "key:5")
				r[0]["key:5"] = "5"
				return m, r
			},
			want: []string{"wrong-shard 0.rdb 1: key:5"},
		},
		"not divided by slot": {
			edit: func(m, _ []shard) ([]shard, []shard) {
				other := []shard{{}, {}}
				for i := range keys {
					other[i%2][fmt.Sprintf("key:%d", i)] = fmt.Sprint(i)
				}
				other[0]["key:5"] = "the last counts"
				return m, other
			},
			want: []string{"slots-not-divided 0.rdb 1:", "key-in-two-shards 1.rdb 1: and 0.rdb key:5"},
		},
	} {
		for _, memory := range []int64{64 << 20, 1} { // in memory, and on disk
			t.Run(fmt.Sprint(name, memory), func(t *testing.T) {
				m, r := c.edit(cluster3(keys), cluster3(keys))
				got, err := Compare(t.Context(), dumps(t, m...), dumps(t, r...), Options{MaxMemory: memory})
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(c.want, told(got)); diff != "" {
					t.Error(diff)
				}
				sum := int64(0)
				for _, s := range got.Master.shards() {
					sum += s.Side.Keys
				}
				if s := &got.Summary; sum != s.MasterKeys || s.Equal+s.Different < s.MasterKeys {
					t.Errorf("%d keys in shards; %+v", sum, s)
				}
			})
		}
	}
}

// TestShardsBothWays: what one way round is missing is extra the other way.
func TestShardsBothWays(t *testing.T) {
	m, r := cluster3(500), cluster3(500)
	delete(r[1], "key:5")
	r[1]["key:5:extra"] = "1"
	forth, err := Compare(t.Context(), dumps(t, m...), dumps(t, r...), Options{MaxMemory: 1})
	if err != nil {
		t.Fatal(err)
	}
	back, err := Compare(t.Context(), dumps(t, r...), dumps(t, m...), Options{MaxMemory: 1})
	if err != nil {
		t.Fatal(err)
	}
	if forth.Summary.ByKind[MissingOnReplica] != 1 || back.Summary.ByKind[ExtraOnReplica] != 1 ||
		forth.Summary.Different != 2 || back.Summary.Different != 2 {
		t.Errorf("%+v and back %+v", forth.Summary, back.Summary)
	}
}

// aux is an AUX field in hex.
func aux(name, content string) string {
	return fmt.Sprintf("fa %02x %x %02x %x\n", len(name), name, len(content), content)
}

// placed is the head of a dump of a history, made at a time.
func placed(id string, offset, made int64) string {
	return aux("ctime", fmt.Sprint(made)) + aux("repl-id", strings.Repeat(id, 40)) +
		aux("repl-offset", fmt.Sprint(offset))
}

// TestShardsExpire: a key has expired by the times of its own dump and of that
// dump's counterpart, however late others were made.
func TestShardsExpire(t *testing.T) {
	const at = 1_700_000_000 // when the key expires, in seconds
	expires := key(fmt.Sprintf("%016x", swapped(at*1000)), "31")
	for name, c := range map[string]struct {
		master, replica []string
		want            string
	}{
		"the counterpart is later": {
			[]string{placed("a", 5, at-9) + expires, placed("b", 5, at-9)},
			[]string{placed("b", 5, at-9), placed("a", 5, at+9)}, "expired"},
		"another shard's dumps are later": {
			[]string{placed("a", 5, at-9) + expires, placed("b", 5, at+9)},
			[]string{placed("b", 5, at+9), placed("a", 5, at-9)}, "unexplained"},
		"its own dump is later": {
			[]string{placed("a", 5, at+9) + expires, placed("b", 5, at-9)},
			[]string{placed("b", 5, at-9)}, "expired"},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := Compare(t.Context(), inHex(t, c.master), inHex(t, c.replica), Options{MaxMemory: 1 << 20})
			if err != nil {
				t.Fatal(err)
			}
			if len(r.Differences) != 1 || string(r.Differences[0].Cause) != c.want {
				t.Errorf("%+v, want %s", r.Summary, c.want)
			}
		})
	}
}

// swapped is a number with its bytes in the other order.
func swapped(n uint64) (out uint64) {
	for range 8 {
		out, n = out<<8|n&0xff, n>>8
	}
	return out
}

func inHex(t *testing.T, records []string) (all []*input.Input) {
	for _, r := range records {
		all = append(all, open(t, dumpFile(t, "0011", r)))
	}
	return all
}

// TestShardPairs: shards are paired by history, and else by their slots.
func TestShardPairs(t *testing.T) {
	for name, c := range map[string]struct {
		master, replica []string
		verdict         Verdict
		lag             int64 // -1 where unknown
		pairs           []string
	}{
		"at rest": {
			[]string{placed("a", 7, 1), placed("b", 9, 1)}, []string{placed("b", 9, 1), placed("a", 7, 1)},
			SameOffset, 0, []string{"0-1 same-offset", "1-0 same-offset"}},
		"behind": {
			[]string{placed("a", 7, 1), placed("b", 9, 1)}, []string{placed("a", 7, 1), placed("b", 4, 1)},
			ReplicaBehind, 5, []string{"0-0 same-offset", "1-1 replica-behind"}},
		"behind and ahead": {
			[]string{placed("a", 7, 1), placed("b", 9, 1)}, []string{placed("a", 8, 1), placed("b", 4, 1)},
			UnknownVerdict, -1, []string{"0-0 replica-ahead", "1-1 replica-behind"}},
		"one without a counterpart": {
			[]string{placed("a", 7, 1), placed("b", 9, 1)}, []string{placed("b", 9, 1)},
			UnknownVerdict, -1, []string{"0-none unknown", "1-0 same-offset"}},
		"an extra one": {
			[]string{placed("b", 9, 1)}, []string{placed("a", 7, 1), placed("b", 9, 1)},
			UnknownVerdict, -1, []string{"0-1 same-offset", "none-0 unknown"}},
	} {
		t.Run(name, func(t *testing.T) {
			master, replica := inHex(t, c.master), inHex(t, c.replica)
			r, err := Compare(t.Context(), master, replica, Options{MaxMemory: 1 << 20})
			if err != nil {
				t.Fatal(err)
			}
			number := func(s *Side, of []*input.Input) string {
				if s == nil {
					return "none"
				}
				return fmt.Sprint(slices.IndexFunc(of, func(in *input.Input) bool { return in.Path == s.Path }))
			}
			var pairs []string
			for i := range r.Replication.Pairs {
				p := &r.Replication.Pairs[i]
				verdict := p.Verdict
				if verdict == "" {
					verdict = UnknownVerdict
				}
				pairs = append(pairs, fmt.Sprintf("%s-%s %s", number(p.Master, master), number(p.Replica, replica), verdict))
			}
			if diff := cmp.Diff(c.pairs, pairs); diff != "" {
				t.Error(diff)
			}
			lag := int64(-1)
			if r.Replication.LagBytes != nil {
				lag = *r.Replication.LagBytes
			}
			if r.Replication.Verdict != c.verdict || lag != c.lag {
				t.Errorf("%s, lag %d", r.Replication.Verdict, lag)
			}
		})
	}
	m, r := cluster3(600), cluster3(600)
	got, err := Compare(t.Context(), dumps(t, m...), dumps(t, r[1], r[2], r[0]), Options{MaxMemory: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"2.rdb", "0.rdb", "1.rdb"} {
		if p := got.Replication.Pairs[i]; p.Replica == nil || filepath.Base(p.Replica.Path) != want {
			t.Errorf("pair %d: %+v, want %s", i, p.Replica, want)
		}
	}
}

// TestADamagedShard: what another side holds alone may be in what can't be read.
func TestADamagedShard(t *testing.T) {
	m := cluster3(300)
	whole := dumps(t, m...)
	cut := dumps(t, m...)
	content, err := os.ReadFile(cut[1].Path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(cut[1].Path, content[:len(content)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	cut[1] = open(t, cut[1].Path)
	r, err := Compare(t.Context(), whole, cut, Options{MaxMemory: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	if r.Summary.Unread == 0 || r.Summary.Different > 0 || r.Replica.End != record.Truncated {
		t.Errorf("%+v, %s", r.Summary, r.Replica.End)
	}
	codes := map[finding.Code]string{}
	for i := range r.Findings {
		codes[r.Findings[i].Code] = r.Findings[i].Path
	}
	if codes[finding.Truncated] != cut[1].Path || codes[finding.KeysUnread] != "" {
		t.Errorf("%v", codes)
	}
}

// TestShardsFilter: filters hold for every dump, and memory is measured by its version.
func TestShardsFilter(t *testing.T) {
	m, r := cluster3(300), cluster3(300)
	delete(r[0], "key:11")
	r[1]["key:5"] = strings.Repeat("long", 100)
	o := Options{MaxMemory: 1 << 20, TTLSkew: time.Second}
	o.Filter.MinSize = 200
	got, err := Compare(t.Context(), dumps(t, m...), dumps(t, r...), o)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"key:5 value 1.rdb 1.rdb"}, told(got)); diff != "" {
		t.Error(diff)
	}
}

// TestSurvey: one side alone tells of its shards what a comparison does.
func TestSurvey(t *testing.T) {
	for name, c := range map[string]struct {
		edit func([]shard) []shard
		want []string
	}{
		"a cluster": {edit: func(s []shard) []shard { return s }},
		"a key in two": {
			edit: func(s []shard) []shard {
				s[0]["key:5"] = "stale"
				return s
			},
			want: []string{"wrong-shard 0.rdb 1: key:5", "key-in-two-shards 0.rdb 1: and 1.rdb key:5"},
		},
		"a key in the wrong one": {
			edit: func(s []shard) []shard {
				s[2]["key:5"] = "5"
				delete(s[1], "key:5")
				return s
			},
			want: []string{"wrong-shard 2.rdb 1: key:5"},
		},
		"one shard twice": {
			edit: func(s []shard) []shard { return []shard{{"key:1": "1", "key:2": "2"}, {"key:1": "1", "key:2": "3"}} },
			want: []string{"slots-not-divided 0.rdb 2:", "key-in-two-shards 1.rdb 2: and 0.rdb key:1 key:2"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			side, found, err := Survey(t.Context(), dumps(t, c.edit(cluster3(3000))...), Options{MaxMemory: 1})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, told(&Report{Findings: found})); diff != "" {
				t.Error(diff)
			}
			for _, s := range side.Shards {
				if s.Shard.Keys != s.Side.Keys || s.Bytes == 0 {
					t.Errorf("%+v of %d keys", s.Shard, s.Side.Keys)
				}
			}
		})
	}
}
