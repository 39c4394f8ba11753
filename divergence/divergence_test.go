package divergence

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/script"
	"github.com/redsleuth/redsleuth/server"
)

// Every row is whole, has a name of its own, and names commands that are known.
func TestRows(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range All() {
		t.Run(r.Name, func(t *testing.T) {
			if seen[r.Name] {
				t.Error("a second row of the name")
			}
			seen[r.Name] = true
			for what, text := range map[string]string{
				"title": r.Title, "when": r.When, "differs": r.Differs, "act": r.Act, "way": string(r.Way),
				"seen": string(r.Seen), "dumps": string(r.Dumps), "affects": r.Affects(),
				"confirm": strings.Join(r.Confirm, "\n"),
			} {
				if text == "" {
					t.Errorf("no %s", what)
				}
			}
			if !regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`).MatchString(r.Name) {
				t.Error("the name is no kebab case")
			}
			if _, ok := finding.Explain(r.Name); ok {
				t.Error("the name is that of a finding or a cause")
			}
			for _, name := range r.Commands {
				if command.Lookup([][]byte{[]byte(name)}) == nil {
					t.Errorf("no command %s", name)
				}
			}
			if got, ok := ByName(r.Name); !ok || got.Name != r.Name {
				t.Errorf("found as %v, %v", got, ok)
			}
		})
	}
}

func TestConcerns(t *testing.T) {
	for _, c := range []struct {
		row, master, replica string
		want                 server.Answer
		fixed                string
	}{
		{BitfieldOverflowFail, "7.0.15", "6.2.16", server.Yes, ""},
		{BitfieldOverflowFail, "6.2.16", "7.0.15", server.No, ""},
		{LateHPersist, "valkey 9.0.0", "7.4.1", server.Yes, ""},
		{LateHPersist, "7.4.1", "valkey 9.0.0", server.No, ""},
		{LateHPersist, "7.4.1", "", server.Unknown, ""},
		{EntriesRead, "7.2.6", "8.0.2", server.Yes, "7.4"},
		{ScriptUnsorted, "6.2.16", "7.0.15", server.Yes, "7.0"},
		{ScriptUnsorted, "6.2.16", "6.2.16", server.No, "7.0"},
	} {
		t.Run(c.row+" "+c.master+" "+c.replica, func(t *testing.T) {
			r, _ := ByName(c.row)
			m, rep := version(c.master), version(c.replica)
			if got := r.Concerns(m, rep); got != c.want {
				t.Errorf("%v, want %v", got, c.want)
			}
			if got := r.FixedIn(m, rep); got != c.fixed {
				t.Errorf("fixed in %q, want %q", got, c.fixed)
			}
		})
	}
}

func version(text string) server.Version {
	v, _ := server.Parse(text) // none is the zero version
	return v
}

// What arguments tell, and the healthy use of the same command beside each.
func TestFits(t *testing.T) {
	const client, stream = true, false
	for _, c := range []struct {
		row    string
		client bool
		args   string
		want   Fit
	}{
		{BitfieldOverflowFail, client, "BITFIELD b OVERFLOW FAIL SET u8 0 300", Doubtful},
		{BitfieldOverflowFail, client, "bitfield b overflow fail set i8 #1 -129 GET u8 0", Doubtful},
		{BitfieldOverflowFail, client, "BITFIELD b OVERFLOW FAIL SET u8 0 300 SET u8 8 1", ByState},
		{BitfieldOverflowFail, client, "BITFIELD b OVERFLOW FAIL INCRBY u2 0 1", ByState},
		{BitfieldOverflowFail, client, "BITFIELD b OVERFLOW SAT SET u8 0 300", Not},
		{BitfieldOverflowFail, client, "BITFIELD b SET u8 0 300", Not},
		{BitfieldOverflowFail, client, "BITFIELD b GET u8 0", Not},
		{BitfieldOverflowFail, client, "BITFIELD b OVERFLOW FAIL SET i64 0 9223372036854775807", ByState},
		{BitfieldOverflowFail, stream, "BITFIELD b OVERFLOW FAIL SET u8 0 300", Not},
		{XTrimMinIDAcked, client, "XTRIM x MINID ~ 8-0 ACKED", Doubtful},
		{XTrimMinIDAcked, client, "XADD x DELREF MINID ~ 8-0 * f v", Doubtful},
		{XTrimMinIDAcked, client, "XTRIM x MAXLEN ~ 8 ACKED", Not},
		{XTrimMinIDAcked, client, "XTRIM x MINID = 8-0 ACKED", Not},
		{XTrimMinIDAcked, client, "XTRIM x MINID ~ 8-0", Not},
		{SortTies, stream, "SORT s BY w* ALPHA STORE d", Doubtful},
		{SortTies, stream, "SORT s STORE d ALPHA BY w*", Doubtful},
		{SortTies, stream, "SORT s BY w* STORE d", Not},
		{SortTies, stream, "SORT s BY nosort ALPHA STORE d", Not},
		{SortTies, stream, "SORT s ALPHA STORE d", Not},
		{LexRangeScores, stream, "ZREMRANGEBYLEX z - +", ByState},
		{LateHPersist, stream, "HPERSIST h FIELDS 1 f", ByState},
		{RestoreTTL, stream, "RESTORE k -9223370000 x REPLACE ABSTTL", Certain},
		{RestoreTTL, stream, "RESTORE k 1800000000000 x ABSTTL", Not},
		{RenamedFields, stream, `HDEL "" f`, Doubtful},
		{RenamedFields, stream, "HDEL h f", Not},
		{DebugWrites, client, "DEBUG POPULATE 3 key", Certain},
		{DebugWrites, client, "DEBUG OBJECT k", Not},
		{DebugWrites, client, "DEBUG", Not},
		{HSetEXPast, client, "HSETEX h EXAT 1000 FIELDS 1 a b", Doubtful},
		{HSetEXPast, client, "HSETEX h PXAT 1999999999999 FIELDS 1 a b", Not},
		{HSetEXPast, client, "HSETEX h EX 1 FIELDS 1 EXAT 1", Not},
		{HIncrByFloatInfinity, client, "HINCRBYFLOAT h f -inf", Doubtful},
		{HIncrByFloatInfinity, client, "HINCRBYFLOAT h f 1.5", Not},
		{VAddEmptyAttribute, client, `VADD v VALUES 1 1 a SETATTR ""`, Doubtful},
		{VAddEmptyAttribute, client, "VADD v VALUES 1 1 a SETATTR {}", Not},
		{XReadGroupHistory, client, "XREADGROUP GROUP g c STREAMS x y > 0", ByState},
		{XReadGroupHistory, client, "XREADGROUP GROUP g c STREAMS x >", Not},
		{XReadGroupBlocked, client, "XREADGROUP GROUP g c BLOCK 0 STREAMS x >", ByState},
		{XReadGroupBlocked, client, "XREADGROUP GROUP g c STREAMS x >", Not},
		{"dual-channel-rdb11", stream, "SET k v", Not},
	} {
		t.Run(c.row+" "+c.args, func(t *testing.T) {
			r, ok := ByName(c.row)
			if !ok {
				t.Fatal("no such row")
			}
			var args [][]byte
			for _, word := range strings.Fields(c.args) {
				args = append(args, []byte(strings.Trim(word, `"`)))
			}
			got := r.Fits(Command{Args: args, Client: c.client, Time: time.Unix(1_800_000_000, 0)})
			if got != c.want {
				t.Errorf("%v, want %v", got, c.want)
			}
		})
	}
}

func TestFitsScript(t *testing.T) {
	r, _ := ByName(ScriptSPop)
	for body, want := range map[string]Fit{
		"return redis.call('spop', KEYS[1])":                                     Doubtful,
		"return redis.call('srem', KEYS[1], redis.call('srandmember', KEYS[1]))": Not, // servers refuse it
		"return redis.call('incr', KEYS[1])":                                     Not,
		"return redis.call(ARGV[1], KEYS[1])":                                    ByState,
	} {
		a := script.Analyse([]byte(body))
		args := [][]byte{[]byte("EVAL"), []byte(body), []byte("1"), []byte("k")}
		if got := r.Fits(Command{Args: args, Script: &a}); got != want {
			t.Errorf("%s: %v, want %v", body, got, want)
		}
	}
}
