package main

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"
)

// A step is a command, or something that is done to the pair.
type step struct {
	do   string // "" is a command; "sleep", "stall", "resync", "exec" (args in a MULTI)
	args []string
}

// A script is what a round does.
type script []step

// lines are the steps as they are printed.
func (s script) lines() (all []string) {
	for _, st := range s {
		line := st.do
		for _, a := range st.args {
			if len(a) > 40 {
				a = a[:20] + "…(" + strconv.Itoa(len(a)) + ")"
			}
			if a == "" || strings.ContainsAny(a, " \n\"'*") {
				a = strconv.Quote(a)
			}
			line += " " + a
		}
		if line = strings.TrimSpace(line); len(line) > 160 {
			line = line[:150] + " … " + strconv.Itoa(len(st.args)) + " words"
		}
		all = append(all, line)
	}
	return all
}

// names are those of its commands, for what has no other name.
func (s script) names() string {
	var all []string
	for _, st := range s {
		if st.do == "" || st.do == "exec" {
			all = append(all, strings.ToUpper(st.args[0]))
		}
	}
	return strings.Join(all, " ")
}

// A maker makes random scripts.
type maker struct {
	*rand.Rand
	commands []syntax
	group    string // of the command at hand
}

func newMaker(r *rand.Rand, commands []syntax) *maker { return &maker{Rand: r, commands: commands} }

func (m *maker) one(of ...string) string { return of[m.IntN(len(of))] }

func (m *maker) chance(percent int) bool { return m.IntN(100) < percent }

// script makes one: some keys of each type first, then commands.
func (m *maker) script() script {
	var s script
	add := func(args ...string) { s = append(s, step{args: args}) }
	if m.chance(30) {
		add("DEBUG", "SET-ACTIVE-EXPIRE", "0")
	}
	for _, line := range m.beginnings() {
		if m.chance(40) {
			add(strings.Fields(line)...)
		}
	}
	if m.chance(20) {
		s = append(s, m.grown("ZADD", "z1", 140)...)
	}
	resync := -1
	if m.chance(15) {
		resync = m.IntN(15)
	}
	for i := range 15 + m.IntN(25) {
		switch {
		case i == resync:
			s = append(s, step{do: "resync"})
		case m.chance(6):
			s = append(s, step{do: "sleep", args: []string{m.one("4", "12")}})
		case m.chance(3):
			s = append(s, step{do: "stall", args: []string{m.one("10", "30")}})
		}
		s = append(s, m.step())
	}
	return s
}

// step is a command, now and then in a transaction or a script.
func (m *maker) step() step {
	c := m.command()
	switch {
	case m.chance(5):
		return step{do: "exec", args: c}
	case m.chance(6):
		return step{args: append([]string{"EVAL", "return redis.call(unpack(ARGV))", "0"}, c...)}
	}
	return step{args: c}
}

// beginnings are commands that make keys of each type.
func (m *maker) beginnings() []string {
	return []string{
		"SET s1 abc", "SET s2 10", "SETEX s3 1000 5", "SADD S1 a b c 1 2 3", "SADD S2 a b " + strings.Repeat("x", 70),
		"ZADD z1 0 a 2 1 10 -7 3 b", "ZADD z2 1 a 1 b 1 c", "RPUSH l1 a b c 1 2", "HSET h1 f 1 k v a 2",
		"HSET h2 f 2 k w", "XADD x1 1-1 a b", "XADD x1 2-1 f c", "XADD x1 20-1 f d", "XGROUP CREATE x1 g 0",
		"XREADGROUP GROUP g alice COUNT 1 STREAMS x1 >", "PFADD p1 a b c", "HPEXPIRE h1 8 FIELDS 1 f",
		"HPEXPIRE h2 100000 FIELDS 1 k", "VADD v1 VALUES 3 1 2 3 a", "GEOADD z3 13.3 38.1 a 15 37 b",
		"SETBIT s4 40 1",
	}
}

// grown makes a set outgrow its small encoding, and shrinks it again.
func (m *maker) grown(add, key string, n int) script {
	args, rem := []string{add, key}, []string{"ZREM", key}
	for i := range n {
		args = append(args, strconv.Itoa(100+i), fmt.Sprint("m", i))
		rem = append(rem, fmt.Sprint("m", i))
	}
	return script{{args: args}, {args: rem}}
}

// command makes a random one.
func (m *maker) command() []string {
	c := &m.commands[m.IntN(len(m.commands))]
	m.group = c.group
	args := strings.Split(strings.ToUpper(c.name), "|")
	return m.list(args, c.args)
}

// list appends arguments in their order; the number of those that are counted
// comes before them.
func (m *maker) list(out []string, list []argument) []string {
	count := 0
	for i := range list {
		a := &list[i]
		if a.optional && !m.chance(30) || a.token == "BLOCK" {
			continue
		}
		if strings.HasPrefix(a.name, "num") && a.kind == "integer" && i+1 < len(list) {
			count = 1 + m.IntN(3)
			if a.token != "" {
				out = append(out, a.token)
			}
			out = append(out, strconv.Itoa(count))
			continue
		}
		out, count = m.argument(out, a, count), 0
	}
	return out
}

// argument appends one, as often as it is counted.
func (m *maker) argument(out []string, a *argument, count int) []string {
	times := max(count, 1)
	if a.multiple && count == 0 {
		times = 1 + m.IntN(3)
	}
	for n := range times {
		if a.token != "" && (n == 0 || a.tokenEach) {
			out = append(out, a.token)
		}
		switch a.kind {
		case "pure-token":
		case "oneof":
			if len(a.args) > 0 {
				out = m.argument(out, &a.args[m.IntN(len(a.args))], 0)
			}
		case "block":
			out = m.list(out, a.args)
		default:
			out = append(out, m.word(a))
		}
	}
	return out
}

// word is a value for an argument, by its kind and name.
func (m *maker) word(a *argument) string {
	switch a.kind {
	case "key":
		return m.key()
	case "integer":
		return m.integer(a)
	case "double":
		return m.one("0", "1", "2.5", "-7", "1e3", "inf", "3")
	case "pattern":
		return m.one("w*", "*->f", "nosort", "#", "s*")
	case "unix-time":
		return m.time(a)
	}
	switch n := strings.ToLower(a.name); {
	case strings.Contains(n, "group"):
		return "g"
	case strings.Contains(n, "consumer"):
		return m.one("alice", "bob", "carol")
	case n == "id", strings.HasSuffix(n, "-id"), strings.HasSuffix(n, "id") && m.group == "stream", n == "start", n == "threshold":
		return m.one("1-1", "2-1", "20-1", "8-0", "0", "*", "$", ">", "30-1")
	case n == "min", n == "max":
		return m.one("-", "+", "[a", "[e", "(b", "0", "10", "-inf", "+inf", "(1")
	case strings.Contains(n, "field"), strings.Contains(n, "member"), n == "element":
		return m.one("f", "k", "a", "b", "c", "1", "-7", "m3", "e1", strings.Repeat("y", 70))
	case strings.Contains(n, "encoding"):
		return m.one("u8", "i4", "u2", "i16")
	case strings.Contains(n, "json"), n == "attributes":
		return m.one(`{"x":1}`, "", "1")
	}
	return m.one("a", "b", "1", "10", "-3", "2.5", "", "abc", strings.Repeat("z", 60))
}

// key is one of a few of the type that the command is for; sometimes of another.
func (m *maker) key() string {
	prefix := map[string]string{
		"string": "s", "list": "l", "set": "S", "sorted-set": "z", "sorted_set": "z", "hash": "h",
		"stream": "x", "bitmap": "s", "hyperloglog": "p", "geo": "z", "module": "v",
	}[m.group]
	if prefix == "" || m.chance(4) {
		prefix = m.one("s", "l", "S", "z", "h", "x", "p", "v")
	}
	return prefix + m.one("1", "1", "2", "3")
}

func (m *maker) integer(a *argument) string {
	switch n := strings.ToLower(a.name); {
	case strings.Contains(n, "milli"):
		return m.one("3", "8", "100000", "1")
	case strings.Contains(n, "second"):
		return m.one("1000", "100", "5000")
	case strings.Contains(n, "idle"):
		return m.one("0", "0", "100000")
	}
	return m.one("0", "1", "2", "3", "-1", "5", "300", "40")
}

// time is a Unix time of the past, near or far, as milliseconds from when it runs.
func (m *maker) time(a *argument) string {
	from := m.one("-1000000", "8", "1000000")
	if strings.Contains(a.name, "milli") {
		return "@ms" + from
	}
	return "@s" + from
}

// timed puts the time in place of what time made.
func timed(word string) string {
	text, seconds := strings.CutPrefix(word, "@s")
	if !seconds {
		var ok bool
		if text, ok = strings.CutPrefix(word, "@ms"); !ok {
			return word
		}
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return word
	}
	at := time.Now().Add(time.Duration(n) * time.Millisecond)
	if seconds {
		return strconv.FormatInt(at.Unix(), 10)
	}
	return strconv.FormatInt(at.UnixMilli(), 10)
}
