package cause

import (
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse/record"
)

// What a script did to keys that it does not name was sent in the transaction of what it
// did to those that it names.
func TestScriptsOfOtherKeys(t *testing.T) {
	at := time.Unix(1_700_000_000, 0)
	script := &clientWrite{side: masterSide, client: &client{addr: "10.0.0.9:1"}, until: at.Add(time.Millisecond), event: &event{
		args: [][]byte{[]byte("EVAL"), []byte("…"), []byte("1"), []byte("named"), []byte("x")}, scope: command.Scripted,
		keys: []namedKey{{"named", true}}, time: at, db: 0, offset: record.Unknown,
	}}
	sent := func(key string, offset int64, transaction int) *event {
		return &event{
			args: [][]byte{[]byte("SET"), []byte(key), []byte("x")}, scope: command.Named,
			keys: []namedKey{{key, true}}, time: at.Add(time.Millisecond), db: 0, link: 1,
			offset: offset, end: offset + 10, transaction: transaction,
		}
	}
	for _, test := range []struct {
		name  string
		named *event // nil for none
		other *event
		want  bool
	}{
		{"in one transaction", sent("named", 20, 1), sent("other", 10, 1), true},
		{"each by itself", sent("named", 20, 0), sent("other", 10, 0), false},
		{"in another transaction", sent("named", 20, 1), sent("other", 40, 2), false},
		{"nothing of the key that it names", nil, sent("other", 10, 0), true},
	} {
		t.Run(test.name, func(t *testing.T) {
			events := []*event{test.other}
			if test.named != nil {
				events = append(events, test.named)
			}
			j := join([]*clientWrite{script}, events)
			if got := len(j.of[test.other.offset]) > 0; got != test.want {
				t.Errorf("%v, want %v", got, test.want)
			}
			if test.named != nil && len(j.of[test.named.offset]) == 0 {
				t.Error("not even the key that it names")
			}
		})
	}
}

// What the evidence names as the last command that both sides were given led to nothing.
func TestEvidentWriters(t *testing.T) {
	offset := int64(10)
	w := &clientWrite{client: &client{addr: "10.0.0.9:1"}}
	j := &joining{of: map[int64][]*clientWrite{offset: {w}}}
	for code, want := range map[finding.EvidenceCode]int{
		finding.EvidenceWroteAfter: 1, finding.EvidenceBothWrote: 0,
	} {
		t.Run(string(code), func(t *testing.T) {
			s := &diff.Subject{Difference: &diff.Difference{
				Evidence: []finding.Evidence{{Code: code, Offset: &offset, Command: []byte("SET")}},
			}}
			if got := len(j.evident(s)); got != want {
				t.Errorf("%d writers, want %d", got, want)
			}
		})
	}
}
