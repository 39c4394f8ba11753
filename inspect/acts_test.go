package inspect

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/parse/record"
)

// told has an inspector take in commands, a second apart from the epoch on.
func told(t *testing.T, commands ...record.ClientCommand) *Clients {
	t.Helper()
	in := New(Options{})
	for i := range commands {
		c := &commands[i]
		c.Time = time.Unix(int64(i), 0)
		if err := in.Client(c); err != nil {
			t.Fatal(err)
		}
	}
	return in.clients.report(0)
}

func sent(addr, text string) record.ClientCommand {
	return record.ClientCommand{Addr: addr, To: "m:1", Args: bytes.Fields([]byte(text)), Reply: record.ReplyOK}
}

func TestActs(t *testing.T) {
	refused := sent("b", "CONFIG SET maxmemory 1")
	refused.Reply, refused.ReplyError = record.ReplyError, "NOPERM"
	scripted := sent("a", "FLUSHALL")
	scripted.Scripted = true
	for name, c := range map[string]struct {
		commands []record.ClientCommand
		want     string
	}{
		"ordinary work is none": {[]record.ClientCommand{sent("a", "SET k 1"), sent("a", "CONFIG GET save")}, ""},
		"in order, with who":    {[]record.ClientCommand{sent("a", "SLAVEOF NO ONE"), sent("b", "flushdb")}, "0 a SLAVEOF NO ONE ok; 1 b flushdb ok"},
		"the same again": {[]record.ClientCommand{sent("a", "SAVE"), sent("a", "SAVE"), sent("a", "GET k"), sent("a", "SAVE")},
			"0-3 a SAVE ok 3"},
		"another client's between": {[]record.ClientCommand{sent("a", "SAVE"), sent("b", "SAVE"), sent("a", "SAVE")},
			"0 a SAVE ok; 1 b SAVE ok; 2 a SAVE ok"},
		"refused is another outcome": {[]record.ClientCommand{sent("b", "CONFIG SET maxmemory 1"), refused},
			"0 b CONFIG SET maxmemory 1 ok; 1 b CONFIG SET maxmemory 1 NOPERM"},
		"a script's": {[]record.ClientCommand{sent("a", "EVAL x 0"), scripted}, "1 a FLUSHALL ok scripted"},
		"no secrets": {[]record.ClientCommand{sent("a", "CONFIG SET requirepass hush")}, "0 a CONFIG SET requirepass (redacted) ok"},
	} {
		t.Run(name, func(t *testing.T) {
			var all []string
			for _, a := range told(t, c.commands...).Acts {
				text := fmt.Sprint(a.Time.Unix())
				if a.Times > 1 {
					text += fmt.Sprint("-", a.Last.Unix())
				}
				text += fmt.Sprintf(" %s %s", a.Addr, bytes.Join(a.Args, []byte(" ")))
				if a.Reply == record.ReplyError {
					text += " " + a.ReplyError
				} else {
					text += " " + string(a.Reply)
				}
				if a.Scripted {
					text += " scripted"
				}
				if a.Times > 1 {
					text += fmt.Sprint(" ", a.Times)
				}
				all = append(all, text)
			}
			if got := strings.Join(all, "; "); got != c.want {
				t.Errorf("%s\nwant %s", got, c.want)
			}
		})
	}
}

// Of too many the first and the latest are told, and how many were between them; what
// an act holds is bounded too, and no longer the decoder's.
func TestActsBounded(t *testing.T) {
	var commands []record.ClientCommand
	const all = 3 * mostActs
	for i := range all {
		commands = append(commands, sent("a", fmt.Sprint("SWAPDB 0 ", i)))
	}
	c := told(t, commands...)
	if len(c.Acts) != mostActs || c.Unlisted != all-mostActs {
		t.Fatalf("%d, and %d not", len(c.Acts), c.Unlisted)
	}
	for i, want := range map[int]int{0: 0, mostActs/2 - 1: mostActs/2 - 1, mostActs / 2: all - mostActs/2, mostActs - 1: all - 1} {
		if got := string(c.Acts[i].Args[2]); got != fmt.Sprint(want) {
			t.Errorf("at %d is that of %s, not of %d", i, got, want)
		}
	}
	long := sent("a", "FUNCTION LOAD "+strings.Repeat("x", 1000)+strings.Repeat(" y", 100))
	act := told(t, long).Acts[0]
	clear(long.Args[0])
	if len(act.Args) != mostActArgs || len(act.Args[2]) != mostActArg || string(act.Args[0]) != "FUNCTION" {
		t.Errorf("%q", act.Args)
	}
}
