package artefact

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
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

// keptLink is what a walk of captured tells of its link.
const (
	keptLink = "link psync at 7 \"" + replID + "\"\nINCR at 7 db -1\nPING at 28 db -1\nack @-1+-1\nclean\n" + ignored
	ignored  = "ignored @0+0\n" // the client, where nobody listens to it
)

func TestKept(t *testing.T) {
	in, read := captured(t)
	kept := &Kept{}
	walk := func(name string, o Options, reads bool) {
		t.Helper()
		var r recorder
		before := read.Load()
		if _, err := Walk(t.Context(), in, o, &r); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if r.String() != keptLink {
			t.Errorf("%s: %s\nwant %s", name, r.String(), keptLink)
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

// Where clients are held too, they are told from what was written down, before the
// links.
func TestKeptClients(t *testing.T) {
	in, read := captured(t)
	kept := &Kept{Clients: true}
	defer kept.Close()
	for _, step := range []struct {
		name        string
		asks, reads bool
	}{
		{"the first", true, true},
		{"another that asks for clients", true, false},
		{"links alone", false, false},
		{"clients once more", true, false},
	} {
		before, told := read.Load(), []string{}
		r := &recorder{}
		o := Options{Kept: kept}
		if step.asks {
			o.Clients = func(c *record.ClientCommand) error {
				told = append(told, fmt.Sprintf("%s %s > %s %v %s", c.Args[0], c.Addr, c.To, c.Time, c.Reply))
				if r.String() != "" {
					t.Errorf("%s: links come before clients", step.name)
				}
				return nil
			}
		}
		if _, err := Walk(t.Context(), in, o, r); err != nil || r.String()+ignored != keptLink {
			t.Errorf("%s: %v, %s", step.name, err, r)
		}
		want := []string{}
		if step.asks {
			want = append(want, "INCR 10.0.0.2:50000 > 10.0.0.1:6379 2024-05-01 12:00:00.003 +0000 UTC value")
		}
		if !slices.Equal(told, want) {
			t.Errorf("%s: told %q", step.name, told)
		}
		if got := read.Load() > before; got != step.reads {
			t.Errorf("%s: that it reads the file is %v", step.name, got)
		}
		if !kept.Holds(in) {
			t.Errorf("%s: not all is held", step.name)
		}
	}
}

// A first walk that asks for no clients leaves them to be read by those that do.
func TestKeptWithoutClients(t *testing.T) {
	in, read := captured(t)
	kept := &Kept{Clients: true}
	defer kept.Close()
	if _, err := Walk(t.Context(), in, Options{Kept: kept}, &recorder{}); err != nil || kept.Holds(in) {
		t.Errorf("%v; that all is held is %v", err, kept.Holds(in))
	}
	for range 2 {
		before, commands := read.Load(), 0
		o := Options{Kept: kept, Clients: func(*record.ClientCommand) error { commands++; return nil }}
		if _, err := Walk(t.Context(), in, o, &recorder{}); err != nil || commands != 1 {
			t.Errorf("%d commands, %v", commands, err)
		}
		if read.Load() == before {
			t.Error("the packets were not read")
		}
	}
}
