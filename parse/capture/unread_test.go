package capture

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"github.com/redsleuth/redsleuth/internal/pcaptest"
	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/record"
)

// complaints keeps what could not be read.
type complaints struct {
	recorder
	said []string
}

func (c *complaints) Note(n *record.Note) error {
	if n.Kind == record.NoteUnread {
		c.said = append(c.said, n.Err.Error())
	}
	return c.recorder.Note(n)
}

func complain(t *testing.T, data []byte) (*complaints, error) {
	t.Helper()
	c := &complaints{}
	return c, Walk(t.Context(), parse.NewBytesCursor(data, 0), Options{}, c)
}

func TestUnknownLinkTypeIsAnError(t *testing.T) {
	var b bytes.Buffer
	w := pcapgo.NewWriter(&b)
	pcaptest.WriteTo(t, w, w.WriteFileHeader(65536, layers.LinkType(147)), 0, partial(pcaptest.New(t)).Frames, func(ip []byte, _ bool) []byte { return ip })
	if _, err := complain(t, b.Bytes()); !errors.Is(err, parse.ErrUnsupported) || !strings.Contains(err.Error(), "147") {
		t.Errorf("%v", err)
	}
}

func TestWhatCanNotBeReadIsTold(t *testing.T) {
	edited := func(edit func(ip []byte) []byte) []pcaptest.Frame {
		frames := partial(pcaptest.New(t)).Ack(604).Close().Frames
		frames[firstCommand+1].IP = edit(frames[firstCommand+1].IP)
		return frames
	}
	oneWay := partial(pcaptest.New(t)).Frames[firstCommand:]
	high := pcaptest.New(t)
	high.Port = 700 // no client's, as those of both sides are
	anybody := partial(high).Frames[firstCommand:]
	for _, test := range []struct {
		name   string
		frames []pcaptest.Frame
		want   string
	}{
		{"nothing", edited(func(ip []byte) []byte { return ip }), "[]"},
		{"a fragment", edited(func(ip []byte) []byte { ip[6] |= 0x20; return ip }),
			"[1 packets are fragments of larger ones, which are not put together at byte 0]"},
		{"a header cut in two", edited(func(ip []byte) []byte { return ip[:30] }),
			"[1 packets are cut or damaged before the end of their TCP header at byte 0]"},
		{"UDP", edited(func(ip []byte) []byte { ip[9] = 17; return ip }), "[]"},
		{"a command without an answer", pcaptest.New(t).Open().Say(pcaptest.Replica, pcaptest.Command("SHUTDOWN")).Close().Frames, "[]"},
		{"one direction", oneWay, "[]"},
		{"one direction, of nobody knows whom", anybody, "[of 1 connections only one direction was recorded, which does not tell whether they are links at byte 0]"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := complain(t, pcaptest.Write(t, 0, test.frames...))
			if err != nil || fmt.Sprint(got.said) != test.want {
				t.Errorf("%v, %v", got.said, err)
			}
		})
	}
}
