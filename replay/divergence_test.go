package replay

import (
	"testing"

	"github.com/redsleuth/redsleuth/finding"
)

func findingOf(r *Report, code finding.Code) *finding.Finding {
	for i := range r.Findings {
		if r.Findings[i].Code == code {
			return &r.Findings[i]
		}
	}
	return nil
}

func TestUnorderedScripts(t *testing.T) {
	const copies = "for^_,v^in^ipairs(redis.call('smembers',KEYS[1]))^do^redis.call('rpush',KEYS[2],v)^end"
	const reads = "return^redis.call('smembers',KEYS[1])"
	runs := wire("SELECT 0", "EVAL "+copies+" 2 s l", "EVALSHA "+sha(copies)+" 2 s l", "EVAL "+reads+" 1 s")
	for _, test := range []struct {
		version string
		count   int64
	}{
		{"4.0.14", 0}, {"6.2.16", 0}, {"7.0.15", 2}, {"valkey 8.0.1", 2},
	} {
		s := scenario{streams: []string{fullSync(idA, 0, rdbOf(state("4.0.14", idA, 0, "0")), runs)}, versions: test.version}
		f := findingOf(s.run(t), finding.ScriptUnordered)
		switch {
		case f == nil && test.count == 0:
		case f == nil || f.Count != test.count || f.SHA1 != sha(copies) || f.Severity != finding.Info || *f.Offset != 23:
			t.Errorf("%s: %+v", test.version, f)
		}
	}
}

// A 7.0 replica neither saves nor loads the scripts that an older master sends
// it.
func TestNewReplicaOfOldMaster(t *testing.T) {
	first := wire("SELECT 0", "EVAL "+incr+" 1 k")
	at := int64(len(first))
	s := scenario{
		streams: []string{fullSync(idA, 0, rdbOf(state("6.2.16", idA, 0, "0"), lua(incr)), first), goOn(idA, wire("EVALSHA "+sha(incr)+" 1 k"))},
		bases:   []string{rdbOf(state("7.0.15", idA, at, "0"))},
		want:    []string{"error script-missing@91"},
	}
	s.test(t)
}

func TestMadeUpIDs(t *testing.T) {
	for _, test := range []struct {
		command string
		want    bool
	}{
		{"XADD s * f v", true},
		{"XADD s 1-1 f *", false},
		{"XADD s IDMP p i * f v", true},
		{"xadd s idmp p * 1-1 f v", false},
		{"XADD s NOMKSTREAM KEEPREF IDMPAUTO * MAXLEN = 9 LIMIT 3 * f v", true},
		{"XADD s MINID = 5-1 5-2 f *", false},
		{"XADD s MAXLEN", false},
		{"XADD s", false},
	} {
		s := scenario{streams: []string{fullSync(idA, 0, rdbOf(), wire("SELECT 0", test.command))}}
		f := findingOf(s.run(t), finding.IDMadeUp)
		if (f != nil) != test.want || f != nil && (f.Severity != finding.Info || string(f.Keys[0]) != "s") {
			t.Errorf("%s: %+v", test.command, f)
		}
	}
}
