package dump

import (
	"encoding/csv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/redsleuth/redsleuth/parse/record"
)

func TestCSVOfCommands(t *testing.T) {
	var out strings.Builder
	d := newDumper(t, &out, Options{Format: CSV, Commands: true})
	at := time.Date(2017, 11, 30, 12, 0, 0, 0, time.UTC)
	args := func(words ...string) (list [][]byte) {
		for _, w := range words {
			list = append(list, []byte(w))
		}
		return list
	}
	for _, err := range []error{
		d.Command(&record.Command{Link: &record.Link{Number: 2}, Offset: 7, EndOffset: 40, Byte: 9, Bytes: 33, DB: 3,
			Time: at, Args: args("SET", "a,\"b", "v")}),
		d.Command(&record.Command{Offset: record.Unknown, EndOffset: record.Unknown, DB: record.Unknown,
			Byte: 42, Bytes: 14, Args: args("PING")}),
		d.Client(&record.ClientCommand{Addr: "10.0.0.7:5", Byte: 1, Bytes: 2, Args: args("DEL", "x", "y")}),
		d.Close(),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	rows, err := csv.NewReader(strings.NewReader(out.String())).ReadAll() // all of one length
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, row := range rows {
		got = append(got, strings.Join(row, "|"))
	}
	want := []string{
		"db|key|type|encoding|elements|bytes|byte|expire_at|expired|idle_seconds|lfu|" +
			"link|offset|end_offset|time|client|command|args",
		`3|a,"b||||33|9|||||2|7|40|2017-11-30T12:00:00.000Z||SET|["SET","a,\"b","v"]`,
		`|||||14|42||||||||||PING|["PING"]`,
		`0|x||||2|1||||||||` + `|10.0.0.7:5|DEL|["DEL","x","y"]`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
