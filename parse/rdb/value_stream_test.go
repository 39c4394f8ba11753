package rdb

import (
	"math"
	"testing"
)

const (
	// One node: 1000-0 is the base with the field f; +3 was deleted; +5 is "v".
	streamNode = `01                                            # one node
10 00000000000003e8 0000000000000000                # 1000-0
28 28000000 0f00                                    # listpack of 15 entries
01 01 01 01 01 01 81 66 02 00 01                    # 1 entry, 1 deleted, 1 field: f
03 01 00 01 00 01 81 78 02 04 01                    # deleted, same fields: 1000-0 x
02 01 05 01 00 01 81 76 02 04 01                    # same fields: 1005-0 v
ff
`
	streamState1 = "01 43 ed 00   # 1 entry, last 1005-0\n"
	streamState2 = streamState1 + `43 ed 00 43 e8 00 02   # first 1005-0, deleted 1000-0, 2 added
`
	pendingID = "00000000000003ed 0000000000000000"
	groupHead = "01 01 67 43 ed 00   # one group: g, last 1005-0\n"
	pending   = "01 " + pendingID + " 0a00000000000000 02   # pending: at 10, 2 deliveries\n"
)

var streamTests = []struct{ name, header, key, want string }{
	{"stream", redis12, "0f 01 6b " + streamNode + streamState1 + groupHead + pending +
		"01 01 63 0b00000000000000 01 " + pendingID,
		`1005-0 ["f" "v"]
stream {1 1 1005-0 false 0-0 0-0 0 1}
group "g" last 1005-0; pending 1005-0 at 10 x2 of 0; consumer "c" seen 11 active false 0 has 1`},
	{"stream of Redis 7.0", redis12, "13 01 6b " + streamNode + streamState2 + groupHead + "81 ffffffffffffffff # read: unknown\n" +
		pending + "01 01 63 0b00000000000000 01 " + pendingID,
		`1005-0 ["f" "v"]
stream {1 1 1005-0 true 1005-0 1000-0 2 1}
group "g" last 1005-0 read 18446744073709551615; pending 1005-0 at 10 x2 of 0; consumer "c" seen 11 active false 0 has 1`},
	{"stream of Redis 7.2", redis12, "15 01 6b " + streamNode + streamState2 + groupHead + "02 00 # read 2, none pending\n" +
		"01 01 63 0b00000000000000 ffffffffffffffff 00", `1005-0 ["f" "v"]
stream {1 1 1005-0 true 1005-0 1000-0 2 1}
group "g" last 1005-0 read 2; consumer "c" seen 11 active true -1 has 0`},
	{"stream of Redis 8.6, with a producer", redis14, "1a 01 6b " + streamNode + streamState2 + `00   # no groups
40 64 40 64 01              # 100 s, 100 ids, one producer
02 7031 01 02 6931 43 ed 00 # p1: i1 made 1005-0
01 02                       # 1 id added, 2 duplicates`, `1005-0 ["f" "v"]
stream {1 1 1005-0 true 1005-0 1000-0 2 0}
producer "p1" [{"i1" "1005-0"}]
idempotence {100 100 1 1 2}`},
	{"stream of Redis 8.8, with an entry that was released", redis14, "1b 01 6b " + streamNode + streamState2 + groupHead + "01 " + pending +
		"01 01 63 0b00000000000000 0c00000000000000 00\n01 " + pendingID + ` # released
40 64 40 64 00 00 00`, `1005-0 ["f" "v"]
stream {1 1 1005-0 true 1005-0 1000-0 2 1}
group "g" last 1005-0 read 1; pending 1005-0 at 10 x2 of -1; consumer "c" seen 11 active true 12 has 0; released 1005-0
idempotence {100 100 0 0 0}`},
	{"entries with fields of their own, and ids that wrap around", redis12, `0f 01 6b 01
10 0000000000000005 0000000000000001
22 22000000 0c00
01 01 00 01 01 01 81 66 02 00 01         # 1 entry, 1 field: f
00 01 dfff 02 dffe 02 01 01 07 01 08 01 06 01  # -1, -2, 1 field: 7=8
ff
01 04 00   # 1 entry, last 4-0
00`, `4-18446744073709551615 ["7" "8"]
stream {1 1 4-0 false 0-0 0-0 0 0}`},
	{"no entries and no nodes", redis12, "0f 01 6b 00 00 05 01 00", "stream {0 0 5-1 false 0-0 0-0 0 0}"},
}

func TestStreams(t *testing.T) {
	for _, c := range streamTests {
		t.Run(c.name, func(t *testing.T) {
			if got, err := elements(t, c.header, c.key); err != nil || got != c.want {
				t.Errorf("%v\n%s\nwant\n%s", err, got, c.want)
			}
		})
	}
}

func TestStreamID(t *testing.T) {
	if got := (StreamID{math.MaxUint64, math.MaxUint64}).String(); got != "18446744073709551615-18446744073709551615" {
		t.Error(got)
	}
	ordered := []StreamID{{0, 0}, {0, 1}, {1, 0}, {1, math.MaxUint64}, {math.MaxUint64, 0}}
	for i, a := range ordered {
		for j, b := range ordered {
			want := 0
			if i < j {
				want = -1
			} else if i > j {
				want = 1
			}
			if got := a.Compare(b); got != want {
				t.Errorf("%s against %s: %d", a, b, got)
			}
		}
	}
}
