package command

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/redsleuth/redsleuth/internal/redistest"
	"github.com/redsleuth/redsleuth/server"
)

// onServers runs a test on every server at hand.
func onServers(t *testing.T, test func(t *testing.T, s *redistest.Server, v server.Version)) {
	for _, p := range redistest.Servers(t) {
		t.Run(p.String(), func(t *testing.T) {
			test(t, redistest.StartProgram(t, p), version(t, p.String()))
		})
	}
}

// A reported command is what a server's COMMAND says.
type reported struct {
	name  string // as in the table
	flags []string
}

// reports lists a server's commands and subcommands.
func reports(t *testing.T, s *redistest.Server) map[string]reported {
	all := map[string]reported{}
	var add func(list []any)
	add = func(list []any) {
		for _, entry := range list {
			fields := entry.([]any)
			r := reported{name: strings.ToLower(strings.ReplaceAll(fields[0].(string), "|", " "))}
			for _, f := range fields[2].([]any) {
				r.flags = append(r.flags, f.(string))
			}
			all[r.name] = r
			if len(fields) > 9 {
				add(fields[9].([]any))
			}
		}
	}
	add(s.Do("COMMAND").([]any))
	if len(all) < 200 {
		t.Fatalf("only %d commands", len(all))
	}
	return all
}

// notWrites are those that servers flag as writes and the table does not: they
// change libraries and no keys.
var notWrites = []string{"function load", "function delete", "function flush", "function restore"}

// The table has every command of every server, writes as writes, and none that
// a server of that version lacks.
func TestServersHaveTheseCommands(t *testing.T) {
	onServers(t, func(t *testing.T, s *redistest.Server, v server.Version) {
		theirs := reports(t, s)
		for name, r := range theirs {
			c := table[name]
			if name == "host:" || name == "post" {
				continue // traps for HTTP
			}
			if c == nil {
				t.Errorf("%s is missing: %v", name, r.flags)
				continue
			}
			if slices.Contains(r.flags, "write") && c.Kind != Write && !slices.Contains(notWrites, name) {
				t.Errorf("%s writes", name)
			}
			if slices.Contains(r.flags, "readonly") && c.Kind == Write && name != "pfcount" {
				t.Errorf("%s only reads", name)
			}
			if denied := slices.Contains(r.flags, "denyoom"); c.Kind == Write && !c.container && name != "pfdebug" && c.memory != denied {
				t.Errorf("%s: denyoom is %v", name, denied)
			}
			if !c.undated && c.since.Of(v, read) != server.Yes {
				t.Errorf("%s is there, but the table says since %s", name, c.since.In(v))
			}
		}
		_, subcommands := theirs["xgroup create"]
		for name, c := range table {
			if c.sub && !subcommands {
				continue // before 7.0 the container alone is told
			}
			if c.since.Of(v, read) == server.Yes && !untold(name) && theirs[name].name == "" {
				t.Errorf("%s is not there, and the table says since %s", name, c.since.In(v))
			}
		}
	})
}

// untold reports whether a server need not tell of a command: one of the module
// that is built into some and not into others, or QUIT, which was none once.
func untold(name string) bool {
	return name == "quit" || strings.HasPrefix(name, "v") && table["vadd"].since == table[name].since
}

// invocations name their keys at all the places where they can be.
var invocations = strings.Split(strings.TrimSpace(`
SET k v EX 5 NX
GET k
DEL a b c
MSET a 1 b 2
MSETNX a 1 b 2
GETDEL k
GETEX k EX 5
RENAME a b
RENAMENX a b
COPY a b REPLACE
MOVE k 1
RESTORE k 0 p REPLACE
SORT k BY w_* GET g_* STORE d
SORT k STORE c STORE d
SORT_RO k BY w_*
EVAL script 2 a b x
EVALSHA sha 1 a
EVAL_RO script 1 a
FCALL f 2 a b c
BITOP AND d a b
BITFIELD k SET u8 0 1
PFADD k a
PFMERGE d a b
PFCOUNT a b
BLPOP a b 0
BLMOVE a b LEFT RIGHT 0
BRPOPLPUSH a b 0
LMPOP 2 a b LEFT COUNT 3
BLMPOP 0 2 a b LEFT
LMOVE a b LEFT RIGHT
SMOVE a b m
SUNIONSTORE d a b
SINTERCARD 2 a b LIMIT 1
ZUNIONSTORE d 2 a b WEIGHTS 1 2
ZDIFFSTORE d 2 a b
ZUNION 2 a b
ZRANGESTORE d a 0 1
ZMPOP 1 a MIN
BZMPOP 0 1 a MIN
ZINTERCARD 2 a b
GEORADIUS k 1 2 3 m STORE d
GEORADIUS k 1 2 3 m STOREDIST d
GEORADIUSBYMEMBER k m 3 m STOREDIST d
GEOSEARCHSTORE d k FROMMEMBER m BYRADIUS 1 m
XADD k * f v
XREAD COUNT 2 STREAMS a b 0 0
XREADGROUP GROUP g c STREAMS a b > >
XGROUP CREATE k g $
XGROUP DESTROY k g
XINFO STREAM k
XCLAIM k g c 0 1-1
XSETID k 1-1
OBJECT ENCODING k
MEMORY USAGE k
MIGRATE h 1 k 0 9
MIGRATE h 1 '' 0 9 REPLACE KEYS a b
HSET k f v
HSETEX k FIELDS 1 f v
HGETDEL k FIELDS 1 f
HPEXPIREAT k 5 FIELDS 1 f
MSETEX 2 a 1 b 2 EX 5
DELIFEQ k v
DELEX k IFEQ v
WATCH a b
LCS a b
TOUCH a b
UNLINK a
DUMP k
EXISTS a b
`), "\n")

// Where servers find the keys, the table does, and says as they do what
// becomes of them.
func TestServersFindTheseKeys(t *testing.T) {
	onServers(t, func(t *testing.T, s *redistest.Server, v server.Version) {
		asked := 0
		for _, line := range invocations {
			args := split(line)
			if r, _ := FilterOf(args, v); r.Answer != server.No {
				continue
			}
			asked++
			ours, _ := Find(nil, args)
			want, flags := keysAndFlags(t, s, args)
			got := told(args, ours)
			if !flags {
				got = inOrder(Keys(args))
			}
			if got != want {
				t.Errorf("%s: %s, the server says %s", line, got, want)
			}
		}
		if asked < len(invocations)/2 {
			t.Errorf("only %d of %d were asked", asked, len(invocations))
		}
	})
}

// told is the keys in words, "key:r" or "key:w".
func told(args [][]byte, keys []Key) string {
	var all []string
	for _, k := range keys {
		access := ":r"
		if k.Access.Writes() {
			access = ":w"
		}
		all = append(all, string(args[k.Index])+access)
	}
	return strings.Join(all, " ")
}

// inOrder sorts keys, which older servers tell in orders of their own.
func inOrder(keys [][]byte) string {
	slices.SortFunc(keys, bytes.Compare)
	return string(bytes.Join(keys, []byte(" ")))
}

// keysAndFlags is what a server says of the same; older ones know no flags, and
// the keys are alone.
func keysAndFlags(t *testing.T, s *redistest.Server, args [][]byte) (keys string, flags bool) {
	ask := []any{"COMMAND", "GETKEYSANDFLAGS"}
	if flags = s.Knows("COMMAND|GETKEYSANDFLAGS"); !flags {
		ask[1] = "GETKEYS"
	}
	for _, a := range args {
		ask = append(ask, string(a))
	}
	if !flags {
		var all [][]byte
		for _, key := range s.Do(ask...).([]any) {
			all = append(all, []byte(key.(string)))
		}
		return inOrder(all), false
	}
	// It is flagged as reading what it moves: overlay.json.
	group := strings.EqualFold(string(args[0]), "XREADGROUP")
	var all []string
	for _, entry := range s.Do(ask...).([]any) {
		key := entry.([]any)
		access := ":w"
		if slices.Contains(key[1].([]any), any("RO")) && !group {
			access = ":r"
		}
		all = append(all, key[0].(string)+access)
	}
	return strings.Join(all, " "), true
}

// dated are invocations with a name or an option that some version lacks.
var dated = strings.Split(strings.TrimSpace(`
SET k v NX
SET k v KEEPTTL
SET k v GET
SET k v PXAT 99999999999999
SET k v IFEQ w
SET k v IFNE w
SET k v IFDEQ 0123456789abcdef
SET k v KEEPTTL NX GET
GETDEL k
GETEX k PERSIST
DELEX k
DELEX k IFEQ v
DELIFEQ k v
MSETEX 1 k v EX 5
DIGEST k
INCREX k
EXPIRE k 100 GT
PEXPIREAT k 99999999999999 NX
LPOP l 5
RPOP l
LMPOP 1 l LEFT COUNT 2
LMOVEM l m LEFT LEFT
BITOP AND d k k
BITOP DIFF d k k
BITOP ONE d k k
XADD x 1-1 f v
XADD x NOMKSTREAM * f v
XADD x MAXLEN = 5 KEEPREF * f v
XADD x KEEPREF * f v
XADD x IDMP p i * f v
XTRIM x MAXLEN = 5
XTRIM x MAXLEN = 5 DELREF
XDELEX x KEEPREF IDS 1 1-1
XACKDEL x g KEEPREF IDS 1 1-1
XCFGSET x IDMP-DURATION 5
XGROUP CREATE x g $ MKSTREAM
XGROUP CREATE x h $ ENTRIESREAD 1
XGROUP SETID x g $ ENTRIESREAD 1
XSETID x 99999999999999-1 ENTRIESADDED 500 MAXDELETEDID 0-0
XAUTOCLAIM x g c 0 0
XREADGROUP GROUP g c CLAIM 5 STREAMS x >
ZADD z GT 1 m
ZADD z NX CH 1 m
ZUNIONSTORE d 1 z AGGREGATE SUM
ZUNIONSTORE d 1 z AGGREGATE COUNT
ZRANGESTORE d z 0 1
ZDIFFSTORE d 1 z
GEOADD g CH 1 2 m
GEOSEARCHSTORE d g FROMLONLAT 1 2 BYRADIUS 1 m
HSET h f v
HPEXPIREAT h 9999999999999 FIELDS 1 f
HSETEX h KEEPTTL FIELDS 1 f v
HSETEX h FXX FIELDS 1 f v
HSETEX h XX FIELDS 1 f v
HGETEX h PERSIST FIELDS 1 f
HGETDEL h FIELDS 1 f
COPY k c REPLACE
FLUSHDB ASYNC
FLUSHALL SYNC
SCRIPT FLUSH SYNC
FUNCTION FLUSH ASYNC
CLUSTERSCAN 0
ARSET a 0 v
PHSET p /a FIELDS 1 f v
SINTERCARD 1 s
SUNIONCARD 1 s
WAITAOF 0 0 1
`), "\n")

// A server refuses what Refused says that it does, and nothing else.
func TestServersRefuseWhatIsNewer(t *testing.T) {
	onServers(t, func(t *testing.T, s *redistest.Server, v server.Version) {
		for _, line := range dated {
			words := []any{}
			for _, w := range strings.Fields(line) {
				words = append(words, w)
			}
			err := s.Client.Do(t.Context(), words...).Err()
			refused := err != nil && !errors.Is(err, redis.Nil) && !beside(err)
			if r := Refused(split(line), v); (r.Answer == server.Yes) != refused {
				t.Errorf("%s: refused %v (%v), the table says %+v", line, refused, err, r)
			}
		}
	})
}

// beside reports whether an error is about data or settings, and not about what
// the server knows.
func beside(err error) bool {
	return slices.ContainsFunc([]string{
		"WRONGTYPE", "BUSYGROUP", "NOGROUP", "no such key", "cluster support disabled", "equal or smaller than", "requires the key to exist",
	}, func(text string) bool { return strings.Contains(err.Error(), text) })
}
