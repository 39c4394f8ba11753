package replay

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/server"
)

// A randomStream is commands of a master that sends scripts as they are, and
// what a replica's state is behind each of them.
type randomStream struct {
	commands []string // as they travel
	offsets  []int64  // behind the command before
	known    [][]string
	selected []int
}

func newRandomStream(seed uint64) *randomStream {
	random := rand.New(rand.NewPCG(seed, 7))
	bodies := []string{incr, push, "return^redis.call('set',KEYS[1],1)"}
	s := &randomStream{}
	var known []string
	db, offset := 0, int64(0)
	add := func(line string) {
		command := wire(line)
		s.commands, s.offsets = append(s.commands, command), append(s.offsets, offset)
		s.known, s.selected = append(s.known, append([]string(nil), known...)), append(s.selected, db)
		offset += int64(len(command))
	}
	learn := func(body string) {
		for _, k := range known {
			if k == body {
				return
			}
		}
		known = append(known, body)
	}
	add("SELECT 0")
	for range 25 {
		body := bodies[random.IntN(len(bodies))]
		switch random.IntN(8) {
		case 0:
			n := random.IntN(3)
			add(fmt.Sprintf("SELECT %d", n))
			db = n
		case 1:
			add("EVAL " + body + " 1 k")
			learn(body)
		case 2:
			add("SCRIPT LOAD " + body)
			learn(body)
		case 3, 4, 5:
			if len(known) > 0 {
				add("EVALSHA " + sha(known[random.IntN(len(known))]) + " 1 k")
			}
		case 6:
			add("SET k v")
		case 7:
			if random.IntN(4) == 0 {
				add("SCRIPT FLUSH")
				known = nil
			}
			add("PING")
		}
	}
	add("PING")
	return s
}

// saved is the dump that a replica of a version would write before command i.
func (s *randomStream) saved(t *testing.T, ver string, i int) string {
	v := version(t, ver)
	db := ""
	if server.NeedsDatabase.Of(v) == server.Yes {
		db = fmt.Sprint(s.selected[i])
	}
	scripts := ""
	if server.SavesScripts.Of(v) == server.Yes {
		scripts = lua(s.known[i]...)
	}
	return rdbOf(state(ver, idA, s.offsets[i], db), scripts)
}

// Restarts says where a restart does harm; here the replica does restart
// there, at every offset.
func TestRestartsAgainstRestarting(t *testing.T) {
	harm := 0
	for seed := range uint64(8) {
		s := newRandomStream(seed)
		all := fullSync(idA, 0, rdbOf(state("4.0.14", idA, 0, "0")), strings.Join(s.commands, ""))
		for _, ver := range []string{"4.0.1", "4.0.2", "4.0.5", "6.2.16", "7.0.15", "valkey 8.0.1"} {
			whole := scenario{streams: []string{all}, versions: ver, options: Options{Restarts: true}}
			ranges := whole.run(t).Restarts
			for i := 1; i < len(s.commands); i++ {
				at := s.offsets[i]
				told := map[server.Behaviour]bool{}
				for _, u := range ranges {
					if u.From <= at && at <= u.To {
						told[u.Behaviour] = true
					}
				}
				restarted := scenario{
					streams: []string{fullSync(idA, 0, rdbOf(state("4.0.14", idA, 0, "0")), strings.Join(s.commands[:i], "")), goOn(idA, strings.Join(s.commands[i:], ""))},
					bases:   []string{s.saved(t, strings.TrimPrefix(ver, "valkey "), i)}, versions: ver,
				}
				r := restarted.run(t)
				missing, lost := findingOf(r, finding.ScriptMissing), findingOf(r, finding.SelectLost)
				if told[server.LoadsScripts] != (missing != nil) || told[server.RestoresDatabase] != (lost != nil) {
					t.Fatalf("seed %d, %s, restart at %d: told %v, met %+v and %+v\n%q", seed, ver, at, told, missing, lost, s.commands)
				}
				if missing != nil || lost != nil {
					harm++
				}
			}
		}
	}
	if harm < 100 {
		t.Errorf("only %d restarts did harm", harm)
	}
}
