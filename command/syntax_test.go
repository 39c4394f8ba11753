package command

import (
	"strings"
	"testing"
)

// Options are told from values by the syntax.
func TestOptions(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"SET k KEEPTTL", ""},
		{"SET KEEPTTL v", ""},
		{"set k v keepttl nx", "KEEPTTL NX"},
		{"SET k v EX KEEPTTL", "EX"},
		{"SET k v IFEQ NX GET", "IFEQ GET"},
		{"SET k v NEWER 5 GET", ""}, // not known: what follows may be its value
		{"EXPIRE k 10 GT", "GT"},
		{"RESTORE k 0 REPLACE ABSTTL", "ABSTTL"},
		{"XADD k * f v", "*"},
		{"XADD k 5-1 f *", ""},
		{"XADD k 5-* IDMP *", ""},
		{"XADD k NOMKSTREAM MAXLEN ~ 5 LIMIT 10 KEEPREF * IDMP v", "NOMKSTREAM MAXLEN ~ LIMIT KEEPREF *"},
		{"XADD k MAXLEN KEEPREF * f v", "MAXLEN *"},
		{"XADD k IDMP IDMPAUTO KEEPREF * f v", "IDMP *"},
		{"XADD k IDMPAUTO * * f v", "IDMPAUTO *"},
		{"XADD k MINID = 5-0 DELREF 6-1 f v", "MINID = DELREF"},
		{"XTRIM k MAXLEN = 5 KEEPREF", "MAXLEN = KEEPREF"},
		{"XCLAIM k g c 0 1-1 2-2 TIME 5 RETRYCOUNT 1 FORCE JUSTID LASTID 2-2", "TIME RETRYCOUNT FORCE JUSTID LASTID"},
		{"XGROUP CREATE k g $ MKSTREAM ENTRIESREAD 5", "$ MKSTREAM ENTRIESREAD"},
		{"XGROUP CREATE k $ 0", ""},
		{"ZADD k NX CH 1 GT", "NX CH"},
		{"ZADD k 1 NX", ""},
		{"ZUNIONSTORE d 2 AGGREGATE COUNT WEIGHTS 1 2 AGGREGATE COUNT", "WEIGHTS AGGREGATE COUNT"},
		{"ZUNIONSTORE d 1 a AGGREGATE SUM", "AGGREGATE SUM"},
		{"HSETEX k FXX PXAT 5 FIELDS 2 FNX NX KEEPTTL XX", "FXX PXAT FIELDS"},
		{"HPEXPIREAT k 5 GT FIELDS 1 NX", "GT FIELDS"},
		{"MSETEX 2 NX XX KEEPTTL NX EX 5", "EX"},
		{"SORT k BY STORE GET a GET b STORE d", "BY GET GET STORE"},
		{"GEORADIUS k 1 2 3 km COUNT 5 ANY STORE d", "KM COUNT ANY STORE"},
		{"BITOP DIFF1 d a OR", "DIFF1"},
		{"BITOP NEWER AND a b", ""},
		{"LPOP k 5", "count"},
		{"LPOP k", ""},
		{"FLUSHALL sync", "SYNC"},
		{"SCRIPT FLUSH ASYNC", "ASYNC"},
		{"SCRIPT LOAD SYNC", ""},
		{"FUNCTION LOAD REPLACE REPLACE", "REPLACE"},
		{"FUNCTION LOAD REPLACE", "REPLACE"}, // the body; what it loads is no library
		{"FUNCTION RESTORE FLUSH APPEND", "APPEND"},
		{"XACKDEL k g KEEPREF IDS 2 1-1 IDS", "KEEPREF IDS"},
		{"COPY a REPLACE DB 1 REPLACE", "DB REPLACE"},
		{"SET", ""},
		{"XADD k MAXLEN", "MAXLEN"},
	} {
		t.Run(c.line, func(t *testing.T) {
			var got []string
			args := split(c.line)
			p := parser{args: args}
			for _, a := range p.parse(Lookup(args)).all() {
				got = append(got, a.token+a.name)
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("%v, want %s", got, c.want)
			}
		})
	}
}

func TestHas(t *testing.T) {
	if !Has(split("set k v Get"), "KEEPTTL", "GET") || Has(split("SET k GET"), "GET") || Has(split("NOSUCH GET"), "GET") {
		t.Error("GET of SET")
	}
}

func TestParseXAdd(t *testing.T) {
	for line, want := range map[string]XAddOptions{
		"XADD k * f v":                  {NewID: true},
		"XADD k IDMP p i * f v":         {NewID: true, Idempotent: true},
		"XADD k IDMPAUTO p * f v":       {NewID: true, Idempotent: true},
		"XADD k IDMP p i 1-1 f v":       {Idempotent: true},
		"XADD k MAXLEN * 1-1 f v":       {},
		"XADD k 1-* f v":                {},
		"XADD k 1-1 IDMP *":             {},
		"SET k *":                       {},
		"XADD k IDMP * * 1-1 f v":       {Idempotent: true},
		"XADD k ACKED MINID 1 * f IDMP": {NewID: true},
	} {
		t.Run(line, func(t *testing.T) {
			if got := ParseXAdd(split(line)); got != want {
				t.Errorf("%+v", got)
			}
		})
	}
}

// Every option is one of the arguments, whatever they are, and is told in
// order.
func FuzzOptions(f *testing.F) {
	f.Add("SET k v NX")
	f.Add("XADD k MAXLEN ~ 5 LIMIT 1 * f v")
	f.Add("ZUNIONSTORE d 99999999999 a WEIGHTS")
	f.Add("HSETEX k FIELDS 0 f v")
	f.Add("SORT k GET GET GET")
	f.Fuzz(func(t *testing.T, line string) {
		args := split(line)
		c := Lookup(args)
		if c == nil {
			return
		}
		at := 1
		p := parser{args: args}
		for _, a := range p.parse(c).all() {
			if a.token == "" {
				continue
			}
			for at < len(args) && !equalFold(args[at], a.token) {
				at++
			}
			if at == len(args) {
				t.Fatalf("%s is not among what is left", a.token)
			}
			at++
		}
	})
}

func BenchmarkXAdd(b *testing.B) {
	args := split("XADD k MAXLEN = 1000 KEEPREF 1700000000000-0 f v")
	for b.Loop() {
		ParseXAdd(args)
	}
}
