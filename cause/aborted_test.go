package cause

import (
	"testing"

	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/replay"
)

// Of a transaction that was refused for another command, a key's own is named, and does
// not count among those of its name that the log tells of.
func TestAbortedWithTransaction(t *testing.T) {
	made := func(seq int64, transaction int, outcome replay.Outcome, aborted bool, name, key string) *event {
		return &event{seq: seq, offset: seq * 10, end: seq*10 + 10, link: 1, transaction: transaction, outcome: outcome, aborted: aborted,
			args: [][]byte{[]byte(name), []byte(key), []byte("v")}, keys: []namedKey{{key, true}}, scope: command.Named}
	}
	own := made(2, 1, replay.Refused, true, "SET", "k")
	other := made(3, 1, replay.Refused, false, "SETRANGE", "z")
	alone := made(4, 0, replay.Refused, false, "SET", "k")
	all := []*event{made(1, 0, replay.Applied, false, "SET", "k"), own, other, alone}
	subject := &diff.Subject{Difference: &diff.Difference{Key: []byte("k"), Kind: diff.ValueDiffers, Cause: finding.CauseReEvaluated}}
	a := omissions{&attribution{history: &history{events: all}, run: newIndex(all), batch: []*diff.Subject{subject}}}
	if n := a.shown("set"); n != 1 {
		t.Errorf("%d refused by itself", n)
	}
	for _, c := range []struct {
		name string
		of   *event
		want *event
	}{
		{"another key's", other, own}, {"its own", own, nil}, {"in no transaction", alone, nil},
	} {
		if got := a.queuedWith(0, c.of); got != c.want {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}
