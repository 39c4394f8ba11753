package collect_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/collect"
)

// gushing is a server with a backlog of so many bytes, which come as fast as they
// are read.
func gushing(tb testing.TB, size int) string {
	command := []byte("*3\r\n$3\r\nSET\r\n$9\r\nkey:00001\r\n$200\r\n" + strings.Repeat("v", 200) + "\r\n")
	block := bytes.Repeat(command, 1000)
	size = size / len(block) * len(block)
	info := fmt.Sprintf("redis_version:7.0.15\r\nrun_id:r\r\nrole:master\r\nmaster_replid:%040d\r\n"+
		"master_repl_offset:%d\r\nrepl_backlog_active:1\r\nrepl_backlog_size:%d\r\n"+
		"repl_backlog_first_byte_offset:1\r\nrepl_backlog_histlen:%d\r\n", 1, size, 2*size, size)
	return double(tb, func(args []string, conn net.Conn) error {
		switch args[0] {
		case "INFO":
			_, err := fmt.Fprintf(conn, "$%d\r\n%s\r\n", len(info), info)
			return err
		case "PSYNC":
			if _, err := io.WriteString(conn, "+CONTINUE\r\n"); err != nil {
				return err
			}
			for sent := 0; sent < size; sent += len(block) {
				if _, err := conn.Write(block); err != nil {
					return err
				}
			}
			return nil
		}
		return sane(args, conn)
	})
}

// BenchmarkLink takes a backlog of 1 GB off a server that sends it as fast as it
// can: MB/s of the stream, and what is held of it.
func BenchmarkLink(b *testing.B) {
	const size = 1 << 30
	addr := gushing(b, size)
	target, err := collect.ParseTarget(addr)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(size)
	var most uint64
	for b.Loop() {
		o := collect.Options{
			Dir: filepath.Join(b.TempDir(), "evidence"), Backlog: true, Timeout: 5 * time.Second, Now: time.Now,
		}
		servers, err := collect.Run(b.Context(), o, []collect.Target{target})
		if err != nil || servers[0].Link == nil || servers[0].Link.Bytes < size/2 {
			b.Fatalf("%+v, %v", servers[0], err)
		}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		most = max(most, m.Sys)
	}
	b.ReportMetric(float64(most)/(1<<20), "MiB-held")
}
