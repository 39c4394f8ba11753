package replay

import (
	"strings"
	"testing"
)

func TestDamage(t *testing.T) {
	stream := wire("SELECT 0", "SET k v")
	whole := rdbOf(state("5.0.14", idA, 0, "0"))
	wrongSum := whole[:len(whole)-8] + strings.Repeat("\x01", 8)
	wrongByte := strings.Replace(whole, "\xff", "\xf0", 1)
	damaged := func(want bool) func(*testing.T, *Report) {
		return func(t *testing.T, r *Report) {
			if r.Damaged != want {
				t.Errorf("damaged: %v", r.Damaged)
			}
		}
	}
	for _, s := range []scenario{
		{name: "a payload with another checksum", streams: []string{fullSync(idA, 0, wrongSum, stream)}, want: []string{"error checksum-invalid"}, check: damaged(false)},
		{name: "a payload with wrong bytes", streams: []string{fullSync(idA, 0, wrongByte, stream)}, want: []string{"error damaged"}, check: damaged(false)},
		{name: "a payload that the recording cuts", streams: []string{fullSync(idA, 0, whole, "")[:120]}, info: []string{"truncated"}, check: damaged(false)},
		{name: "a recording that stops within a command", streams: []string{fullSync(idA, 0, whole, stream[:len(stream)-3])}, info: []string{"truncated"}, check: damaged(false)},
		{name: "a line of text in the stream", streams: []string{fullSync(idA, 0, whole, wire("SELECT 0")+"-ERR what\r\n"+wire("SET k v"))},
			want: []string{"warning stream-text@23"}},
		{name: "a recording that stops within the handshake, and another one", streams: []string{"+PONG\r\n", fullSync(idA, 0, whole, stream)},
			want: []string{"warning stream-unused"}, check: damaged(false)},
		{name: "a recording that stops within the handshake", streams: []string{"+PONG\r\n"},
			want: []string{"warning stream-unused"}, info: []string{"truncated"}, check: damaged(false)},
		{name: "an AOF", streams: []string{whole + stream}, check: damaged(false)},
		{name: "an AOF that ends within a command", streams: []string{whole + stream + "*2\r\n$3\r\nDE"}, want: []string{"error truncated"}, check: damaged(true)},
		{name: "an AOF that ends within a transaction", streams: []string{whole + stream + wire("MULTI", "SET a 1")}, want: []string{"error transaction-open"}, check: damaged(true)},
		{name: "an AOF with a wrong head", streams: []string{wrongByte + stream}, want: []string{"error damaged"}, check: damaged(true)},
		{name: "an AOF with scripts", streams: []string{whole + wire("SELECT 0", "EVALSHA "+sha(incr)+" 1 k", "EVAL "+incr+" 1 k")}, want: []string{"error script-missing"}},
		{name: "a base with another checksum", streams: []string{goOn(idA, stream)}, bases: []string{wrongSum}, want: []string{"error checksum-invalid"}, check: damaged(true)},
	} {
		t.Run(s.name, s.test)
	}
}
