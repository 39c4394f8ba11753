package histories

import (
	"crypto/sha1"
	"encoding/hex"
	"maps"
	"strconv"
	"strings"

	"github.com/redsleuth/redsleuth/internal/rdbgen"
)

// Codes of what can go wrong, as redsleuth names it.
const (
	scriptMissing    = "script-missing"
	scriptAtRisk     = "script-at-risk"
	selectLost       = "select-lost"
	duplicate        = "script-duplicate-on-load"
	wrongDatabase    = "wrong-database" // the cause that select-lost is
	lag              = "lag"
	differentHistory = "different-history"
)

// A mishap is something that the replica did otherwise than its master, or died
// of. The offset is where redsleuth tells of it: that of the EVALSHA, or of the
// resume, or of the stream after the payload.
type mishap struct {
	code   string
	offset int64
}

// place is a key in its database.
type place struct {
	db  int
	key string
}

// harm is which mishaps a key bears the marks of, until a full resync.
type harm map[place]map[string]bool

func (h harm) mark(code string, places ...place) {
	for _, p := range places {
		if h[p] == nil {
			h[p] = map[string]bool{}
		}
		h[p][code] = true
	}
}

func (h harm) clone() harm {
	c := harm{}
	for p, codes := range h {
		c[p] = maps.Clone(codes)
	}
	return c
}

// keyspace is strings by key, by database.
type keyspace map[int]map[string]string

func (k keyspace) clone() keyspace {
	c := keyspace{}
	for db, keys := range k {
		c[db] = maps.Clone(keys)
	}
	return c
}

func (k keyspace) set(db int, key, value string) {
	if k[db] == nil {
		k[db] = map[string]string{}
	}
	k[db][key] = value
}

// snapshot is what a dump holds.
type snapshot struct {
	by       version
	id       string
	offset   int64
	db       int // selected in the stream; -1 where the dump doesn't tell
	data     keyspace
	scripts  []string // bodies, where by keeps them
	resumes  bool     // the dump tells id and offset
	database int      // that the stream had selected, whether told or not
	harm     harm
}

// encode is the dump as the server wrote it.
func (s *snapshot) encode() []byte {
	d := rdbgen.Dump{Magic: "REDIS", Version: s.by.format(), Databases: s.data, Scripts: s.scripts}
	name := "redis-ver"
	if s.by.valkey {
		name = "valkey-ver"
	}
	d.Aux = [][2]string{{name, s.by.String()}, {"redis-bits", "64"}, {"ctime", "1714564800"}, {"used-mem", "900000"}}
	state := [][2]string{{"repl-id", s.id}, {"repl-offset", strconv.FormatInt(s.offset, 10)}}
	preamble := [2]string{"aof-preamble", "0"}
	if s.by.number >= 70000 {
		preamble[0] = "aof-base"
	}
	switch {
	case !s.resumes:
		d.Aux = append(d.Aux, preamble)
	case !s.by.keepsDatabase(): // these write the preamble first
		d.Aux = append(append(d.Aux, preamble), state...)
	default:
		d.Aux = append(d.Aux, [2]string{"repl-stream-db", strconv.Itoa(s.db)})
		d.Aux = append(append(d.Aux, state...), preamble)
	}
	return d.Encode()
}

// replica is the model of a replica's process: what it holds, and what became
// of each command.
type replica struct {
	by      version
	data    keyspace
	scripts map[string]string // bodies by digest
	db      int
	dead    bool
	mishaps []mishap
	harm    harm
	// misled: the process restarted and runs in a database that is not the
	// stream's, which it learns at the next SELECT.
	misled  bool
	resumed int64 // the offset of the restart
	// blind: what the process knew before the recording is not known.
	blind bool
	// doubted are scripts that the process has if it is the one of the connection
	// before, and lost if it was restarted, of which nobody tells an observer.
	doubted map[string]bool
}

func digest(body string) string {
	sum := sha1.Sum([]byte(body))
	return hex.EncodeToString(sum[:])
}

// start is a new process: from a dump, or from nothing.
func (r *replica) start(from *snapshot) {
	r.data, r.harm = keyspace{}, harm{}
	r.scripts, r.doubted = map[string]string{}, map[string]bool{}
	r.db, r.dead, r.misled, r.blind = 0, false, false, false
	if from == nil {
		return
	}
	r.data, r.harm, r.resumed = from.data.clone(), from.harm.clone(), from.offset
	r.learn(from)
	if r.by.keepsDatabase() && from.db >= 0 {
		r.db = from.db
	}
	r.misled = r.db != from.database
}

// load is a full resync: the data is replaced, and the scripts stay.
func (r *replica) load(payload *snapshot) {
	if r.learn(payload); !r.dead {
		r.data, r.harm, r.misled = payload.data.clone(), harm{}, false
	}
}

// resume is a partial resync of what may be the same process.
func (r *replica) resume() {
	for sha := range r.scripts {
		r.doubted[sha] = !r.by.keepsScripts()
	}
}

// learn takes the scripts of a dump, if the version does that, and dies of one
// that it knows, if the version does that.
func (r *replica) learn(dump *snapshot) {
	if !r.by.keepsScripts() {
		return
	}
	for _, body := range dump.scripts {
		if _, known := r.scripts[digest(body)]; known && r.by.diesOfDuplicate() {
			r.dead = true
			r.mishaps = append(r.mishaps, mishap{duplicate, dump.offset})
			return
		}
		r.scripts[digest(body)] = body
	}
}

// run applies one command of the stream.
func (r *replica) run(c *command) {
	switch name := strings.ToUpper(c.args[0]); name {
	case "PING", "MULTI", "EXEC":
		return
	case "SELECT":
		r.db, r.misled = atoi(c.args[1]), false
		return
	case "SCRIPT":
		if strings.EqualFold(c.args[1], "LOAD") {
			r.know(c.args[2])
		} else {
			clear(r.scripts)
			r.blind = false
		}
		return
	case "EVAL":
		r.know(c.args[1])
	case "EVALSHA":
		if !r.call(c) {
			return
		}
	}
	if r.misled {
		r.mishaps = append(r.mishaps, mishap{selectLost, r.resumed})
		r.harm.mark(wrongDatabase, place{c.db, c.key}, place{r.db, c.key})
	}
	c.effect(r.data, r.db)
}

// call looks up the script of an EVALSHA; false drops the command.
func (r *replica) call(c *command) bool {
	if _, known := r.scripts[c.args[1]]; !known && !r.blind {
		r.mishaps = append(r.mishaps, mishap{scriptMissing, c.offset})
		r.harm.mark(scriptMissing, place{c.db, c.key})
		return false
	}
	if r.doubted[c.args[1]] {
		r.mishaps = append(r.mishaps, mishap{scriptAtRisk, c.offset})
		delete(r.doubted, c.args[1]) // it is told once a connection
	}
	return true
}

// know is what EVAL and SCRIPT LOAD do.
func (r *replica) know(body string) {
	r.scripts[digest(body)] = body
	delete(r.doubted, digest(body))
}

func atoi(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}

// save is what the process would write at an offset of a history.
func (r *replica) save(id string, offset int64, streamDB int) *snapshot {
	s := &snapshot{by: r.by, id: id, offset: offset, db: -1, data: r.data.clone(), resumes: true, database: streamDB, harm: r.harm.clone()}
	if r.by.keepsDatabase() {
		s.db = r.db
	}
	if r.by.keepsScripts() {
		s.scripts = sorted(r.scripts)
	}
	return s
}
