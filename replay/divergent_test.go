package replay

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redsleuth/redsleuth/divergence"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/parse/record"
)

// Commands of the stream that these versions run otherwise, and beside each a
// healthy use of the same command.
func TestDivergentCommand(t *testing.T) {
	const pops = "return^redis.call('spop',KEYS[1])"
	for _, c := range []struct {
		name, master, commands string
		replica                string // the master's where ""
		severity               finding.Severity
		row                    string // "" where nothing is to be told
		count                  int64
	}{
		{"ties", "7.0.15", "SORT s BY w* ALPHA STORE l;sort s by w* alpha store l2", "", finding.Warning, "sort-by-alpha-store", 2},
		{"numbers", "7.0.15", "SORT s BY w* STORE l", "", "", "", 0},
		{"a reply alone", "7.0.15", "SORT s ALPHA STORE l", "", "", "", 0},
		{"a time that overflowed", "7.4.1", "RESTORE k -9223370000 x REPLACE ABSTTL", "", finding.Error, "restore-ttl-overflow", 1},
		{"a time", "7.4.1", "RESTORE k 1900000000000 x ABSTTL", "", "", "", 0},
		{"a script that pops", "4.0.6", "EVAL " + pops + " 1 s;EVALSHA " + sha(pops) + " 1 s", "", finding.Warning, "script-spop", 2},
		{"under a master that sends effects", "7.0.15", "EVAL " + pops + " 1 s", "", "", "", 0},
		{"another script", "4.0.6", "EVAL return^redis.call('incr',KEYS[1]) 1 s", "", "", "", 0},
		{"what its state decides", "7.2.6", "ZREMRANGEBYLEX z - +", "", "", "", 0},
		{"what its state decides, of fields", "7.4.1", "HPERSIST h FIELDS 1 f;HDEL h f", "", "", "", 0},
		{"what is never sent is no matter here", "7.0.15", "BITFIELD b OVERFLOW FAIL SET u8 0 300", "", "", "", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			commands := strings.Split(c.commands, ";")
			run := wire(append([]string{"SELECT 0"}, commands...)...)
			s := scenario{
				streams:  []string{fullSync(idA, 0, rdbOf(state(c.master, idA, 0, "0")), run)},
				versions: c.replica,
			}
			f := findingOf(s.run(t), finding.DivergentCommand)
			if c.row == "" {
				if f != nil {
					t.Errorf("%+v", f)
				}
				return
			}
			if f == nil || f.Severity != c.severity || f.Divergence != c.row || f.Count != c.count ||
				len(f.Places) != int(c.count) || f.Places[0].Offset == nil || len(f.Keys) == 0 {
				t.Fatalf("%+v", f)
			}
		})
	}
}

// What the master's clients sent and it does not send on: MONITOR shows it.
func TestDivergentClients(t *testing.T) {
	for _, c := range []struct {
		name, version string
		lines         []string
		row           string
		severity      finding.Severity
	}{
		{"BITFIELD that fails", "7.0.15", []string{`"BITFIELD" "b" "OVERFLOW" "FAIL" "SET" "u8" "0" "300"`}, "bitfield-overflow-fail", finding.Warning},
		{"which older masters send", "6.2.16", []string{`"BITFIELD" "b" "OVERFLOW" "FAIL" "SET" "u8" "0" "300"`}, "", ""},
		{"BITFIELD", "7.0.15", []string{`"BITFIELD" "b" "SET" "u8" "0" "3"`}, "", ""},
		{"DEBUG POPULATE", "7.0.15", []string{`"DEBUG" "POPULATE" "3"`, `"DEBUG" "POPULATE" "3"`}, "debug-writes", finding.Error},
		{"DEBUG OBJECT", "7.0.15", []string{`"DEBUG" "OBJECT" "k"`}, "", ""},
		{"XTRIM that is sent with another id", "8.6.0", []string{`"XTRIM" "x" "MINID" "~" "8-0" "ACKED"`}, "xtrim-minid-acked", finding.Warning},
		{"XTRIM", "8.6.0", []string{`"XTRIM" "x" "MINID" "~" "8-0"`}, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := ""
			for _, line := range c.lines {
				text += "1700000000.100000 [0 127.0.0.1:5000] " + line + "\n"
			}
			path := filepath.Join(t.TempDir(), "monitor.txt")
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			monitor, err := input.Open(path, input.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer monitor.Close()
			s := scenario{streams: []string{fullSync(idA, 0, rdbOf(state(c.version, idA, 0, "0")), wire("PING"))}}
			s.options.Streams = append(s.options.Streams, monitor)
			f := findingOf(s.run(t), finding.DivergentCommand)
			switch {
			case f == nil && c.row == "":
			case f == nil || f.Divergence != c.row || f.Severity != c.severity || f.Count != int64(len(c.lines)):
				t.Errorf("%+v", f)
			case !strings.Contains(f.Message, "seen at the master's clients"):
				t.Errorf("%s does not say where it was seen", f.Message)
			case f.Byte == nil:
				t.Error("a line of MONITOR has a place")
			}
		})
	}
}

// TestClientPlace: of a capture bytes count within a client's connection, which is
// no place in the file.
func TestClientPlace(t *testing.T) {
	for to, want := range map[string]bool{"": true, "10.0.0.1:6379": false} {
		w := &ClientWatch{}
		row, _ := divergence.ByName("debug-writes")
		c := &record.ClientCommand{To: to, Byte: 7, Args: [][]byte{[]byte("DEBUG"), []byte("POPULATE"), []byte("3")}}
		w.note(row, "file", c, divergence.Certain)
		if f := &w.found[0]; (f.Byte != nil) != want {
			t.Errorf("to %q: %+v", to, f)
		}
	}
}
