package histories

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

// A command of the replication stream.
type command struct {
	offset int64 // before its first byte
	raw    string
	args   []string
	key    string // that it writes; "" for none
	db     int    // in which the master ran it
	open   bool   // a transaction is open after it
	// effect is what the command does to the data of the database db.
	effect func(data keyspace, db int)
}

func (c *command) end() int64 { return c.offset + int64(len(c.raw)) }

// master is the model of a master's process, and of those promoted after it.
type master struct {
	by      version
	random  *rand.Rand
	id      string
	offset  int64
	stream  []*command
	data    keyspace
	scripts map[string]string // bodies by digest
	sent    map[string]bool   // digests that every replica is taken to know
	selects int               // the database that the stream has selected; -1 after a full resync
	open    bool              // a transaction
}

func newMaster(by version, random *rand.Rand) *master {
	return &master{
		by: by, random: random, id: newID(random), offset: int64(random.IntN(100_000)) + 1,
		data: keyspace{}, scripts: map[string]string{}, sent: map[string]bool{}, selects: -1,
	}
}

func newID(random *rand.Rand) string {
	const digits = "0123456789abcdef"
	b := make([]byte, 40)
	for i := range b {
		b[i] = digits[random.IntN(len(digits))]
	}
	return string(b)
}

// feed puts a command into the stream as it is.
func (m *master) feed(db int, key string, effect func(keyspace, int), args ...string) {
	var raw strings.Builder
	fmt.Fprintf(&raw, "*%d\r\n", len(args))
	for _, a := range args {
		fmt.Fprintf(&raw, "$%d\r\n%s\r\n", len(a), a)
	}
	if effect == nil {
		effect = func(keyspace, int) {}
	}
	c := &command{m.offset, raw.String(), args, key, db, m.open, effect}
	m.offset = c.end()
	m.stream = append(m.stream, c)
	effect(m.data, db)
}

// write puts a write to a database into the stream, behind a SELECT if needed.
func (m *master) write(db int, key string, effect func(keyspace, int), args ...string) {
	if m.selects != db {
		m.feed(db, "", nil, "SELECT", strconv.Itoa(db))
		m.selects = db
	}
	m.feed(db, key, effect, args...)
}

// body is a script that sets, or appends to, its key; numbers make them differ.
func body(kind string, n int) string {
	return fmt.Sprintf("return redis.call('%s',KEYS[1],ARGV[1]) -- %d", kind, n)
}

// change is what SET or APPEND do.
func change(kind, key, value string) func(keyspace, int) {
	return func(data keyspace, db int) {
		before := ""
		if kind == "append" {
			before = data[db][key]
		}
		data.set(db, key, before+value)
	}
}

// step is one thing that a client asks of the master, or that its clock does.
func (m *master) step() {
	db := []int{0, 0, 3, 5}[m.random.IntN(4)]
	switch n := m.random.IntN(20); {
	case n < 2:
		m.feed(db, "", nil, "PING")
	case n < 5:
		m.transaction(db)
	case n == 5 && m.by.sendsScripts():
		m.scriptCommand(db)
	default:
		m.one(db)
	}
}

// transaction is a MULTI with two writes or three in it.
func (m *master) transaction(db int) {
	if m.selects != db && !m.by.selectsInside() {
		m.feed(db, "", nil, "SELECT", strconv.Itoa(db))
		m.selects = db
	}
	m.open = true
	m.feed(db, "", nil, "MULTI")
	for range 2 + m.random.IntN(2) {
		m.one(db)
	}
	m.open = false
	m.feed(db, "", nil, "EXEC")
}

// scriptCommand is SCRIPT LOAD, or more rarely SCRIPT FLUSH.
func (m *master) scriptCommand(db int) {
	if m.random.IntN(4) == 0 {
		clear(m.scripts)
		clear(m.sent)
		m.write(db, "", nil, "SCRIPT", "FLUSH")
		return
	}
	text := body("set", m.random.IntN(4))
	m.scripts[digest(text)] = text
	m.write(db, "", nil, "SCRIPT", "LOAD", text)
}

// one is a write to one key: by a command, or by a script.
func (m *master) one(db int) {
	key := fmt.Sprintf("key:%d", m.random.IntN(12))
	kind := []string{"set", "append"}[m.random.IntN(2)]
	value := fmt.Sprintf("%c%d", 'a'+rune(m.random.IntN(26)), m.offset)
	effect := change(kind, key, value)
	text := body(kind, m.random.IntN(3))
	switch call := m.random.IntN(5); {
	case !m.by.sendsScripts() || call < 2:
		m.write(db, key, effect, strings.ToUpper(kind), key, value)
	case call == 2:
		m.scripts[digest(text)] = text
		m.write(db, key, effect, "EVAL", text, "1", key, value)
	case m.scripts[digest(text)] != "" && m.sent[digest(text)]:
		m.write(db, key, effect, "EVALSHA", digest(text), "1", key, value)
	default: // a client's EVALSHA after its SCRIPT LOAD, which an older stream has not
		m.scripts[digest(text)] = text
		m.sent[digest(text)] = true
		m.write(db, key, effect, "EVAL", text, "1", key, value)
	}
}

// payload is the dump of a full resync, with which the master takes nothing for
// known and nothing for selected.
func (m *master) payload() *snapshot {
	s := &snapshot{by: m.by, id: m.id, offset: m.offset, db: max(m.selects, 0), data: m.data.clone(), resumes: true}
	if m.by.number == 40002 {
		s.db = m.selects
	}
	if m.by.keepsScripts() {
		s.scripts = sorted(m.scripts)
	}
	clear(m.sent)
	m.selects = -1
	return s
}

// promoted is another replica in the master's place, which had it all.
func (m *master) promoted() {
	m.id, m.selects = newID(m.random), -1
	clear(m.sent)
}

func sorted(scripts map[string]string) []string {
	return slices.Sorted(maps.Values(scripts))
}
