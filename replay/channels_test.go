package replay

import (
	"fmt"
	"strings"
	"testing"

	"github.com/redsleuth/redsleuth/internal/pcaptest"
	"github.com/redsleuth/redsleuth/parse/record"
)

// The two connections of one sync, each in a file of its own.
func TestChannels(t *testing.T) {
	dump := rdbOf(state("8.0.1", idA, 500, "0"))
	mark := strings.Repeat("m", 40)
	stream := wire("SELECT 3", "SET k v")
	for _, test := range []struct{ name, main, payload string }{
		{"Redis", "+OK\r\n+RDBCHANNELSYNC 12\r\n" + stream, "+OK\r\n+FULLRESYNC " + idA + " 500\r\n$EOF:" + mark + "\r\n" + dump + mark},
		{"Valkey", "+OK\r\n+DUALCHANNELSYNC\r\n+OK\r\n+CONTINUE " + idA + "\r\n" + stream, "+OK\r\n$ENDOFF:500 " + idA + " 0 12\r\n$EOF:" + mark + "\r\n" + dump + mark},
	} {
		for _, streams := range [][]string{{test.main, test.payload}, {test.payload, test.main}} {
			s := scenario{streams: streams, options: Options{At: &Point{Offset: 1 << 40}}, check: func(t *testing.T, r *Report) {
				payload, main := r.Links[0], r.Links[1]
				if payload.Payload == nil || payload.StartOffset != 500 || main.Found() != "full" || main.StartOffset != 500 ||
					main.EndOffset != 500+int64(len(stream)) || main.Anchor != record.AnchorFullResync {
					t.Errorf("%+v\n%+v", payload.Link, main.Link)
				}
				if got := r.States[0]; got.DB != 3 || got.Offset != main.EndOffset || got.Process != 1 || r.MasterVersion != "8.0.1" {
					t.Errorf("%+v", got)
				}
			}}
			t.Run(test.name, s.test)
		}
	}
	alone := scenario{streams: []string{"+OK\r\n+RDBCHANNELSYNC 12\r\n" + stream}}
	if l := alone.run(t).Links[0]; l.StartOffset != record.Unknown || l.Found() != "full" {
		t.Errorf("without the payload: %+v", l)
	}
}

// payloadFile and mainFile are the two recordings of a sync with Redis.
func payloadFile(offset int64) string {
	mark := strings.Repeat("m", 40)
	return fmt.Sprintf("+OK\r\n+FULLRESYNC %s %d\r\n$EOF:%s\r\n%s%[3]s", idA, offset, mark, rdbOf(state("8.0.1", idA, offset, "0")))
}

func mainFile(client int, stream string) string {
	return fmt.Sprintf("+OK\r\n+RDBCHANNELSYNC %d\r\n%s", client, stream)
}

// Which recording of a pair comes first is the same for all pairs, and both
// may be there twice.
func TestPairsOfChannels(t *testing.T) {
	one, two := wire("SELECT 3", "SET k v"), wire("SELECT 4", "SET q r", "SET s t")
	end := 9000 + int64(len(two))
	main1, pay1, main2, pay2 := mainFile(12, one), payloadFile(500), mainFile(13, two), payloadFile(9000)
	for _, streams := range [][]string{
		{pay1, main1, pay2, main2}, {main1, pay1, main2, pay2}, {pay1, pay2, main1, main2}, {main1, main2, pay1, pay2},
	} {
		s := scenario{streams: streams, options: Options{At: &Point{Offset: 1 << 40}}}
		r := s.run(t)
		var starts []int64
		for _, l := range r.Links {
			starts = append(starts, l.StartOffset)
		}
		if got := fmt.Sprint(starts); got != "[500 500 9000 9000]" && len(streams[0]) == len(pay1) && len(streams[1]) == len(main1) {
			t.Errorf("starts %s", got)
		}
		if got := r.States[0]; got.Offset != end || got.DB != 4 || got.Process != 1 {
			t.Errorf("%.20q first: %+v, links at %v", streams[0], got, starts)
		}
	}
	s := scenario{streams: []string{main2, pay2, main1, pay1}}
	if r := s.run(t); r.Links[1].EndOffset != 500+int64(len(one)) || r.Links[3].StartOffset != 9000 {
		t.Errorf("out of order: %+v, %+v", r.Links[1].Link, r.Links[3].Link)
	}
	s = scenario{streams: []string{main1, main2, pay2}}
	for _, l := range s.run(t).Links {
		if l.Payload == nil && l.Commands == 2 && l.StartOffset != record.Unknown {
			t.Errorf("without its payload: %+v", l.Link)
		}
	}
	for _, streams := range [][]string{{pay2, main2, pay2, main2}, {main2, pay2, main2, pay2}, {main2, main2, pay2, pay2}} {
		s := scenario{streams: streams, options: Options{At: &Point{Offset: 1 << 40}}}
		r := s.run(t)
		if got := r.States[0]; r.Summary.Commands != 3 || got.Offset != end || !got.LibrariesKnown {
			t.Errorf("twice, %.20q first: %+v, %+v", streams[0], r.Summary, got)
		}
	}
}

// A capture holds the same sync as two recordings of the master's bytes.
func TestChannelsInCaptureToo(t *testing.T) {
	stream := wire("SELECT 3", "SET k v")
	main := from(t, "10.0.0.2", 40000).Open().Say(pcaptest.Replica, pcaptest.Command("REPLCONF", "listening-port", "6380")).Say(pcaptest.Master, "+OK\r\n")
	main.Say(pcaptest.Replica, pcaptest.Command("PSYNC", "?", "-1")).Say(pcaptest.Master, "+RDBCHANNELSYNC 12\r\n")
	payload := from(t, "10.0.0.2", 40001)
	payload.Now = main.Now
	payload.Open().Say(pcaptest.Replica, pcaptest.Command("REPLCONF", "rdb-channel", "1", "main-ch-client-id", "12"))
	payload.Say(pcaptest.Master, "+OK\r\n").Say(pcaptest.Replica, pcaptest.Command("PSYNC", "?", "-1"))
	payload.Say(pcaptest.Master, strings.TrimPrefix(payloadFile(500), "+OK\r\n")).Close()
	main.Now = payload.Now
	main.Say(pcaptest.Master, stream)
	capture := captureOf(t, main, payload)
	for _, streams := range [][]string{
		{capture}, {capture, mainFile(12, stream), payloadFile(500)}, {mainFile(12, stream), payloadFile(500), capture},
		{mainFile(12, stream), capture}, {capture, payloadFile(500)},
	} {
		s := scenario{streams: streams}
		r := s.run(t)
		if len(r.Links) != 1 || r.Links[0].StartOffset != 500 || r.Links[0].Payload == nil || r.Summary.Commands != 2 {
			t.Errorf("%d inputs: %d links, %+v", len(streams), len(r.Links), r.Links[0].Link)
		}
	}
}

// A stream whose payload was not recorded follows a full resync, not a dump.
func TestMainChannelAlone(t *testing.T) {
	base := rdbOf(state("8.0.1", idA, 77, "0"))
	for _, stream := range []string{
		"+OK\r\n+DUALCHANNELSYNC\r\n+OK\r\n+CONTINUE " + idA + "\r\n" + wire("SELECT 3", "FCALL f 0"), mainFile(12, wire("SELECT 3", "FCALL f 0")),
	} {
		s := scenario{streams: []string{stream}, bases: []string{base}, check: func(t *testing.T, r *Report) {
			if l := r.Links[0]; l.Found() != "full" || l.StartOffset != record.Unknown || l.Base != "" {
				t.Errorf("%+v", l)
			}
		}}
		s.test(t)
	}
}
