package artefact

import (
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/redsleuth/redsleuth/internal/pcaptest"
	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/parse/record"
)

// captured is a file with a link and a client, of which reads are counted.
func captured(t *testing.T) (in *input.Input, read *atomic.Int64) {
	t.Helper()
	link := pcaptest.New(t).Open()
	link.Say(pcaptest.Replica, pcaptest.Command("PSYNC", replID, "8"))
	link.Say(pcaptest.Master, "+CONTINUE "+replID+"\r\n", incr, ping).Ack(7 + len(incr+ping)).Close()
	client := pcaptest.New(t)
	client.Port = 50000
	client.Open().Say(pcaptest.Replica, incr).Say(pcaptest.Master, ":1\r\n").Close()
	path := filepath.Join(t.TempDir(), "link.pcap")
	if err := os.WriteFile(path, pcaptest.Write(t, 0, append(link.Frames, client.Frames...)...), 0o600); err != nil {
		t.Fatal(err)
	}
	read = &atomic.Int64{}
	in, err := input.Open(path, input.Options{Progress: func(n int) { read.Add(int64(n)) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = in.Close() })
	return in, read
}

func TestKept(t *testing.T) {
	const want = "link psync at 7 \"" + replID + "\"\nINCR at 7 db -1\nPING at 28 db -1\nack @-1+-1\nclean\nignored @0+0\n"
	in, read := captured(t)
	kept := &Kept{}
	walk := func(name string, o Options, reads bool) {
		t.Helper()
		var r recorder
		before := read.Load()
		if _, err := Walk(t.Context(), in, o, &r); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if r.String() != want {
			t.Errorf("%s: %s\nwant %s", name, r.String(), want)
		}
		if got := read.Load() > before; got != reads {
			t.Errorf("%s: that it reads the file is %v", name, got)
		}
	}
	walk("the first", Options{Kept: kept}, true)
	walk("the second", Options{Kept: kept}, false)
	walk("the third", Options{Kept: kept}, false)
	walk("one that keeps nothing", Options{}, true)
	if err := kept.Close(); err != nil {
		t.Error(err)
	}
	walk("one after all was forgotten", Options{Kept: kept}, true)
	walk("and it was kept anew", Options{Kept: kept}, false)
	if err := kept.Close(); err != nil {
		t.Error(err)
	}
	full := &Kept{memory: keptMemory}
	walk("one for which there is no room", Options{Kept: full}, true)
	walk("nor is there any later", Options{Kept: full}, true)
}

// Clients are read with the packets alone, so that who asks for them has these read.
func TestKeptHasNoClients(t *testing.T) {
	in, _ := captured(t)
	kept := &Kept{}
	defer kept.Close()
	for i := range 2 {
		commands := 0
		o := Options{Kept: kept, Clients: func(*record.ClientCommand) error { commands++; return nil }}
		if _, err := Walk(t.Context(), in, o, &recorder{}); err != nil || commands != 1 {
			t.Errorf("walk %d: %d commands, %v", i+1, commands, err)
		}
	}
}
