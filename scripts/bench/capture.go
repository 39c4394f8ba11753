package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/redsleuth/redsleuth/internal/rdbgen"
)

// captureFiles are a capture of a link and of many clients, and the dumps of both
// sides at its end: the replica has not run the last commands, and clients of its
// own wrote to it.
type captureFiles struct{ capture, master, replica string }

const (
	clients     = 250
	captureKeys = 200_000
	// behind is one command in so many that the replica has not run at the end;
	// local is how many keys its own client wrote.
	behind = 100
	local  = 200
	// bulkKeys are those beside them that the dumps hold for report, bulkSize
	// bytes each.
	bulkKeys = 500_000
	bulkSize = 1000
)

// measureCapture runs the rows about captures.
func (b *bench) measureCapture(f captureFiles) error {
	inspect := []string{b.program, "inspect", "--quiet", f.capture}
	diff := []string{b.program, "diff", "--quiet", f.master, f.replica, "--stream", f.capture}
	dump := []string{b.program, "dump", "--quiet", "--clients", "--output", "ndjson", f.capture}
	for _, row := range []row{
		{"diff --stream / inspect of a capture", diff, inspect, "at most 2.5"},
		{"dump --clients / inspect of a capture", dump, inspect, "at most 2.5"},
	} {
		if err := b.compare(row); err != nil {
			return err
		}
	}
	return nil
}

// measureReport runs the row about report: a folder with the capture and both
// dumps, 1 GB of keys that nobody wrote to among them.
func (b *bench) measureReport(f captureFiles) error {
	page := filepath.Join(b.dir, "report.html")
	report := []string{b.program, "report", "--quiet", "--force", "-o", page, f.capture, f.master, f.replica,
		"--master", f.master, "--replica", f.replica}
	diff := []string{b.program, "diff", "--quiet", f.master, f.replica, "--stream", f.capture}
	return b.compare(row{"report / diff --stream", report, diff, "at most 1.5"})
}

// makeCapture makes what is not there yet, with so many commands of clients, and
// so many keys beside theirs in the dumps.
func makeCapture(dir string, commands, bulk int) (captureFiles, error) {
	name := func(what string) string {
		return filepath.Join(dir, fmt.Sprintf("clients-%d-%d%s", commands, bulk, what))
	}
	f := captureFiles{name(".pcap"), name("-master.rdb"), name("-replica.rdb")}
	if exists(f.capture) && exists(f.master) && exists(f.replica) {
		return f, nil
	}
	out, err := os.Create(f.capture)
	if err != nil {
		return f, err
	}
	c := &captureMaker{
		out: bufio.NewWriterSize(out, 1<<20), now: time.Unix(1_700_000_000, 0),
		random: rand.New(rand.NewPCG(2017, 12)), state: map[string]string{},
		masterID: "0123456789abcdef0123456789abcdef01234567", bulk: map[string]string{},
	}
	for i := range bulk {
		c.bulk["bulk:"+strconv.Itoa(i)] = strconv.Itoa(i) + strings.Repeat(" one of many words", bulkSize/18)
	}
	replica := c.write(commands)
	return f, errors.Join(c.out.Flush(), out.Close(),
		os.WriteFile(f.master, c.dump(c.offset, c.state), 0o600), os.WriteFile(f.replica, replica, 0o600))
}

// A captureMaker writes packets, and follows what they make of the keys.
type captureMaker struct {
	out      *bufio.Writer
	now      time.Time
	random   *rand.Rand
	state    map[string]string
	offset   int64
	masterID string
	bulk     map[string]string // of the dumps' database 1
	buf      []byte
}

// connection is one, with what either side has sent.
type connection struct {
	client, server uint32 // hosts
	port           uint16
	seq            [2]uint32
}

const (
	masterHost, replicaHost, clientHost = 0x0a000001, 0x0a000002, 0x0a000003
	serverPort                          = 6379
	flagSYN, flagACK, flagPush          = 0x02, 0x10, 0x08
)

// write writes the whole capture, and returns the dump of the replica.
func (c *captureMaker) write(commands int) (replica []byte) {
	head := binary.LittleEndian.AppendUint32(nil, 0xa1b2c3d4)
	head = binary.LittleEndian.AppendUint32(head, 2|4<<16)
	head = append(head, make([]byte, 8)...)
	head = binary.LittleEndian.AppendUint32(head, 1<<16)
	c.put(binary.LittleEndian.AppendUint32(head, 101)) // raw IP
	link := c.open(replicaHost, masterHost, 40000)
	c.send(link, 0, request("REPLCONF", "listening-port", strconv.Itoa(serverPort)))
	c.send(link, 1, "+OK\r\n")
	c.send(link, 0, request("PSYNC", "?", "-1"))
	bulk := c.bulk
	c.bulk = nil // as if it had come before
	payload := c.dump(0, nil)
	c.bulk = bulk
	c.send(link, 1, fmt.Sprintf("+FULLRESYNC %s 0\r\n$%d\r\n%s", c.masterID, len(payload), payload))
	var all [clients]*connection
	for i := range all {
		all[i] = c.open(clientHost, masterHost, uint16(41000+i))
	}
	c.one(link, all[0], "SELECT", "0")
	for i := range commands {
		key := "key:" + strconv.Itoa(c.random.IntN(captureKeys))
		value := key + string(make([]byte, 40+c.random.IntN(60)))
		c.state[key] = value
		c.one(link, all[c.random.IntN(clients)], "SET", key, value)
		if i == commands-commands/behind {
			replica = c.aside()
		}
	}
	return replica
}

// aside has a client write to the replica, and returns what that then holds.
func (c *captureMaker) aside() []byte {
	held := map[string]string{}
	for k, v := range c.state {
		held[k] = v
	}
	own := c.open(clientHost, replicaHost, 60000)
	for i := range local {
		key := "key:" + strconv.Itoa(i*7)
		held[key] = "mine"
		c.send(own, 0, request("SET", key, "mine"))
		c.send(own, 1, "+OK\r\n")
	}
	return c.dump(c.offset, held)
}

// one is a command of a client, the reply, and what the master sends for it.
func (c *captureMaker) one(link, from *connection, args ...string) {
	text := request(args...)
	c.send(from, 0, text)
	c.send(link, 1, text)
	c.send(from, 1, "+OK\r\n")
	c.offset += int64(len(text))
}

func request(args ...string) string {
	text := "*" + strconv.Itoa(len(args)) + "\r\n"
	for _, a := range args {
		text += "$" + strconv.Itoa(len(a)) + "\r\n" + a + "\r\n"
	}
	return text
}

func (c *captureMaker) dump(offset int64, held map[string]string) []byte {
	d := &rdbgen.Dump{Magic: "REDIS", Version: 10, Databases: map[int]map[string]string{0: held, 1: c.bulk},
		Aux: [][2]string{
			{"redis-ver", "7.0.15"}, {"ctime", strconv.FormatInt(c.now.Unix()+60, 10)},
			{"repl-stream-db", "0"}, {"repl-id", c.masterID},
			{"repl-offset", strconv.FormatInt(offset, 10)},
		}}
	return d.Encode()
}

func (c *captureMaker) open(client, server uint32, port uint16) *connection {
	o := &connection{client: client, server: server, port: port, seq: [2]uint32{1000, 9000}}
	c.packet(o, 0, flagSYN, "")
	c.packet(o, 1, flagSYN|flagACK, "")
	return o
}

// send sends text in as many packets as it takes.
func (c *captureMaker) send(o *connection, from int, text string) {
	const most = 1400
	for text != "" {
		n := min(len(text), most)
		c.packet(o, from, flagACK|flagPush, text[:n])
		text = text[n:]
	}
}

// packet writes one, twenty microseconds after the last. Sums are left out:
// nobody looks at them.
func (c *captureMaker) packet(o *connection, from int, flags byte, data string) {
	c.now = c.now.Add(20 * time.Microsecond)
	const headers = 20 + 20
	b := binary.LittleEndian.AppendUint32(c.buf[:0], uint32(c.now.Unix()))
	b = binary.LittleEndian.AppendUint32(b, uint32(c.now.Nanosecond()/1000))
	b = binary.LittleEndian.AppendUint32(b, uint32(headers+len(data)))
	b = binary.LittleEndian.AppendUint32(b, uint32(headers+len(data)))
	hosts, ports := [2]uint32{o.client, o.server}, [2]uint16{o.port, serverPort}
	b = binary.BigEndian.AppendUint16(append(b, 0x45, 0), uint16(headers+len(data)))
	b = append(b, 0, 0, 0, 0, 64, 6, 0, 0)
	b = binary.BigEndian.AppendUint32(b, hosts[from])
	b = binary.BigEndian.AppendUint32(b, hosts[1-from])
	b = binary.BigEndian.AppendUint16(b, ports[from])
	b = binary.BigEndian.AppendUint16(b, ports[1-from])
	b = binary.BigEndian.AppendUint32(b, o.seq[from])
	b = binary.BigEndian.AppendUint32(b, o.seq[1-from])
	c.buf = append(b, 5<<4, flags, 0xff, 0xff, 0, 0, 0, 0)
	c.put(append(c.buf, data...))
	o.seq[from] += uint32(len(data)) + uint32(flags&flagSYN)/flagSYN
}

// put hands bytes on; the writer keeps its error for the end.
func (c *captureMaker) put(b []byte) { _, _ = c.out.Write(b) }
