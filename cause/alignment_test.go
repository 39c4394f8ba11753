package cause

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/command"
)

// TestAlign: what was sent of a key, and what clients asked of it, each as
// "seconds command"; want has for each event the number of its write, from 1.
func TestAlign(t *testing.T) {
	for _, c := range []struct {
		name        string
		asked, sent []string
		want        []int
	}{
		{"at its time", []string{"1 INCR n", "2 INCR n"}, []string{"2 INCR n"}, []int{2}},
		{"each one, though all of it came late and the second at the time of a third",
			[]string{"1 INCRBYFLOAT n 1", "3 INCRBYFLOAT n 1"}, []string{"3 SET n 1", "3 SET n 2"}, []int{1, 2}},
		{"what changed nothing was not sent", []string{"1 LTRIM l 0 9", "2 LTRIM l 0 1"},
			[]string{"2 LTRIM l 0 1"}, []int{2}},
		{"none was asked before it was sent", []string{"5 INCR n"}, []string{"2 INCR n"}, []int{0}},
		{"another value is another's", []string{"1 SET n 5"}, []string{"1 SET n 6"}, []int{0}},
		{"two commands of one", []string{"1 SET n v EX 5"}, []string{"1 SET n v", "1 PEXPIREAT n 9"}, []int{1, 1}},
		{"two of one name are of two", []string{"1 INCR n"}, []string{"1 INCR n", "5 INCR n"}, []int{1, 0}},
		{"in order", []string{"1 SPOP s", "2 SADD s a", "3 SPOP s"},
			[]string{"9 SREM s a", "9 SADD s a", "9 SREM s a"}, []int{1, 2, 3}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var writes []*clientWrite
			for _, line := range c.asked {
				e := parsedEvent(line)
				writes = append(writes, &clientWrite{event: e, client: &client{}, until: e.time})
			}
			var events []*event
			for _, line := range c.sent {
				events = append(events, parsedEvent(line))
			}
			of := align(events, writes)
			got := make([]int, len(events))
			for i, e := range events {
				got[i] = slices.Index(writes, of[e]) + 1
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%v, want %v", got, c.want)
			}
		})
	}
}

// parsedEvent is one of "seconds command".
func parsedEvent(line string) *event {
	at, words, _ := strings.Cut(line, " ")
	seconds := 0
	_, _ = fmt.Sscan(at, &seconds)
	args := bytes.Fields([]byte(words))
	return &event{args: args, scope: command.ScopeOf(args), time: time.Unix(int64(seconds), 0)}
}
