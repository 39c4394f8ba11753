package histories

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/internal/program"
)

// TestHistories: redsleuth and the model agree, on histories that are always the
// same and on some of the day. scripts/histories runs more.
func TestHistories(t *testing.T) {
	redsleuth, err := program.Build(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	var seeds []uint64
	for seed := range uint64(60) {
		seeds = append(seeds, seed)
	}
	today := uint64(time.Now().Unix() / (24 * 60 * 60) * 1000)
	for i := range uint64(6) {
		seeds = append(seeds, today+i)
	}
	kinds := map[string]int{}
	for i, seed := range seeds {
		wrong, err := Check(redsleuth, t.TempDir(), seed, i%10 == 0)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		for _, line := range wrong {
			t.Errorf("%s\n  (go run ./scripts/histories -n 1 -seed %d -diff 1)", line, seed)
		}
		h := Make(seed)
		r, _ := follow(h.replica, h.connections)
		for code := range counted(r.mishaps) {
			kinds[strings.Fields(code)[0]]++
		}
		if len(r.mishaps) == 0 {
			kinds["healthy"]++
		}
	}
	// A generator that makes nothing of a kind would prove nothing of it.
	for _, kind := range []string{scriptMissing, scriptAtRisk, selectLost, duplicate, "healthy"} {
		if kinds[kind] == 0 {
			t.Errorf("no history has %s among %v", kind, kinds)
		}
	}
}

func TestSameSeedSameHistory(t *testing.T) {
	a, b := Make(7), Make(7)
	if !reflect.DeepEqual(a.masterDump, b.masterDump) || a.String() != b.String() {
		t.Errorf("one seed made two histories: %s, %s", a, b)
	}
	if Make(8).String() == strings.Replace(a.String(), "seed 7", "seed 8", 1) {
		t.Error("two seeds made one history")
	}
}

// TestModel holds the model against the incidents by which each behaviour is
// known, in the shortest form.
func TestModel(t *testing.T) {
	text := body("set", 1)
	eval := &command{offset: 100, args: []string{"EVAL", text, "1", "k", "v"}, key: "k", effect: change("set", "k", "v")}
	sha := &command{offset: 200, args: []string{"EVALSHA", digest(text), "1", "k", "w"}, key: "k", effect: change("set", "k", "w")}
	set := &command{offset: 300, args: []string{"SET", "k", "x"}, key: "k", db: 3, effect: change("set", "k", "x")}
	pick := &command{offset: 50, args: []string{"SELECT", "3"}, effect: func(keyspace, int) {}}
	empty := &snapshot{data: keyspace{}, scripts: []string{text}}
	for _, c := range []struct {
		name string
		by   version
		then func(r *replica)
		want []mishap
	}{
		{"restart of 4.0.3", version{40003, false}, func(r *replica) {
			r.run(eval)
			r.start(r.save("id", 150, 0))
			r.run(sha)
		}, []mishap{{scriptMissing, 200}}},
		{"restart of 4.0.6", version{40006, false}, func(r *replica) {
			r.run(eval)
			r.start(r.save("id", 150, 0))
			r.run(sha)
		}, nil},
		{"restart of 7.0", version{70015, false}, func(r *replica) {
			r.run(eval)
			r.start(r.save("id", 150, 0))
			r.run(sha)
		}, []mishap{{scriptMissing, 200}}},
		{"reconnect of 4.0.3", version{40003, false}, func(r *replica) {
			r.run(eval)
			r.resume()
			r.run(sha)
			r.run(sha)
		}, []mishap{{scriptAtRisk, 200}}},
		{"database after a restart of 4.0.1", version{40001, false}, func(r *replica) {
			r.run(pick)
			r.start(r.save("id", 150, 3))
			r.run(set)
			r.run(pick)
			r.run(set)
		}, []mishap{{selectLost, 150}}},
		{"database after a restart of 4.0.2", version{40002, false}, func(r *replica) {
			r.run(pick)
			r.start(r.save("id", 150, 3))
			r.run(set)
		}, nil},
		{"full resync of 4.0.5", version{40005, false}, func(r *replica) {
			r.run(eval)
			r.load(empty)
		}, []mishap{{duplicate, 0}}},
		{"full resync of 4.0.6", version{40006, false}, func(r *replica) {
			r.run(eval)
			r.load(empty)
		}, nil},
		{"first full resync of 4.0.5", version{40005, false}, func(r *replica) { r.load(empty) }, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := &replica{by: c.by}
			r.start(nil)
			if c.then(r); !slices.Equal(r.mishaps, c.want) {
				t.Errorf("got %v, want %v", r.mishaps, c.want)
			}
		})
	}
}
