package tcp_test

import (
	"bytes"
	"context"
	"fmt"
	"log"

	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/parse/tcp"
)

// replicas is a tcp.Sorter that keeps the connections on which either side
// sent PSYNC.
type replicas struct{}

func (replicas) More(c *tcp.Connection, d int) tcp.Verdict {
	if bytes.Contains(c.Head(d), []byte("PSYNC")) {
		return tcp.Keep
	}
	return tcp.Undecided
}

func (replicas) End(*tcp.Connection) tcp.Verdict { return tcp.Drop }

func ExampleRead() {
	in, err := input.Open("../../testdata/incidents/evalsha-4.0.2/link.pcap.gz", input.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer in.Close()
	c, err := in.Cursor()
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	capture, err := tcp.Read(context.Background(), c, replicas{})
	if err != nil {
		log.Fatal(err)
	}
	defer capture.Close()
	for _, conn := range capture.Connections {
		first, err := conn.Stream(0).Prefix(14)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s: %q, %d gaps\n", conn.Ends[1], first, len(conn.Stream(0).Gaps()))
	}
	fmt.Println(capture.Packets, "packets,", capture.Dropped, "other connections")
	// Output:
	// 127.0.0.1:23001: "PING\r\nREPLCONF", 0 gaps
	// 127.0.0.1:23001: "PING\r\nREPLCONF", 0 gaps
	// 3218 packets, 9 other connections
}
