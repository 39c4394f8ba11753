package collect_test

import (
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// info28 is what Redis 2.8 to 3.2 tell: their history has the run id's name.
const info28 = "# Server\r\nredis_version:2.8.24\r\nrun_id:0123456789012345678901234567890123456789\r\n\r\n" +
	"# Replication\r\nrole:master\r\nconnected_slaves:1\r\nslave0:ip=127.0.0.1,port=7,state=online,offset=112,lag=0\r\n" +
	"master_repl_offset:112\r\nrepl_backlog_active:1\r\nrepl_backlog_size:1048576\r\n" +
	"repl_backlog_first_byte_offset:1\r\nrepl_backlog_histlen:112\r\n"

// info26 is before partial resyncs.
const info26 = "# Server\r\nredis_version:2.6.17\r\nrun_id:0123456789012345678901234567890123456789\r\n\r\n" +
	"# Replication\r\nrole:master\r\nconnected_slaves:0\r\n"

// emptyRDB is one of version 6 without a key, and its checksum.
const emptyRDB = "REDIS0006\xff\xdc\xb3C\xf0Z\xdc\xf2V"

// oldServer speaks as servers of a version did: what came later, it refuses.
func oldServer(info string, knows map[string]string) func([]string, net.Conn) error {
	return func(args []string, conn net.Conn) error {
		name := strings.ToUpper(args[0])
		reply := "-ERR unknown command '" + args[0] + "'\r\n"
		switch {
		case name == "INFO" && len(args) > 1 && args[1] == "everything": // a section of that name there is none
			reply = "$0\r\n\r\n"
		case name == "INFO":
			reply = fmt.Sprintf("$%d\r\n%s\r\n", len(info), info)
		case name == "REPLCONF" && args[1] == "capa":
			reply = "-ERR Unrecognized REPLCONF option: capa\r\n"
		case knows[name] != "":
			reply = knows[name]
		}
		_, err := io.WriteString(conn, reply)
		return err
	}
}

// Old servers are asked in the way that they know, by which nothing is lost
// that they have.
func TestOldServers(t *testing.T) {
	const stream = "*1\r\n$4\r\nPING\r\n"
	pings := strings.Repeat(stream, 8) // 112 bytes
	common := map[string]string{
		"PING": "+PONG\r\n", "REPLCONF": "+OK\r\n", "CLIENT": "$7\r\naddr=a\n\r\n",
		"SLOWLOG": "*1\r\n*4\r\n:3\r\n:1400000000\r\n:12\r\n*2\r\n$3\r\nGET\r\n$1\r\nk\r\n",
		"CONFIG":  "*2\r\n$9\r\nmaxmemory\r\n$1\r\n0\r\n",
	}
	with := func(more ...string) map[string]string {
		all := map[string]string{}
		for k, v := range common {
			all[k] = v
		}
		for i := 0; i+1 < len(more); i += 2 {
			all[more[i]] = more[i+1]
		}
		return all
	}
	payload := fmt.Sprintf("$%d\r\n%s", len(emptyRDB), emptyRDB)
	for name, test := range map[string]struct {
		answer  func([]string, net.Conn) error
		rdb     bool
		stream  string
		failed  string
		version string
	}{
		"2.8, its backlog": {oldServer(info28, with("PSYNC", "+CONTINUE\r\n"+pings)), false, pings, "", "2.8.24"},
		"2.6 has none":     {oldServer(info26, common), false, "", "the backlog", "2.6.17"},
		"2.6, its dump":    {oldServer(info26, with("SYNC", payload)), true, "", "the backlog", "2.6.17"},
	} {
		t.Run(name, func(t *testing.T) {
			o := options(t)
			o.Timeout, o.Silence, o.RDB = 500*time.Millisecond, time.Second, test.rdb
			s := runAll(t, o, double(t, test.answer))[0]
			if s.Version != test.version {
				t.Errorf("version %q", s.Version)
			}
			for _, f := range s.Failed {
				if f.What != test.failed {
					t.Errorf("%s: %s", f.What, f.Why)
				}
			}
			if got := strings.Join(s.NotKnown, ", "); got != "ACL LOG, LATENCY LATEST" {
				t.Errorf("not known: %s", got)
			}
			if test.stream != "" {
				if list := conversations(t, filepath.Join(o.Dir, s.Folder, "link.pcapng")); string(list[0].stream) != test.stream {
					t.Errorf("the stream is %q", list[0].stream)
				}
			}
			if test.rdb {
				b, err := os.ReadFile(filepath.Join(o.Dir, s.Folder, "dump.rdb"))
				if err != nil || string(b) != emptyRDB || s.Dump.Offset != nil {
					t.Errorf("%q, %v, %+v", b, err, s.Dump)
				}
			}
			log, err := os.ReadFile(filepath.Join(o.Dir, s.Folder, "slowlog.json"))
			if err != nil || !strings.Contains(string(log), `"GET"`) || strings.Contains(string(log), "addr") {
				t.Errorf("slow log %s, %v", log, err)
			}
		})
	}
}
