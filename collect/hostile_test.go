package collect_test

import (
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// A double is a server that answers every command as a test says; nil hangs up.
func double(t testing.TB, answer func(args []string, conn net.Conn) error) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				for {
					args, err := command(conn)
					if err != nil || answer(args, conn) != nil {
						return
					}
				}
			}()
		}
	}()
	return l.Addr().String()
}

// command reads a command byte by byte.
func command(conn net.Conn) ([]string, error) {
	var n int
	if _, err := fmt.Fscanf(conn, "*%d\r\n", &n); err != nil {
		return nil, err
	}
	args := make([]string, n)
	for i := range args {
		var size int
		if _, err := fmt.Fscanf(conn, "$%d\r\n", &size); err != nil {
			return nil, err
		}
		b := make([]byte, size+2)
		if _, err := io.ReadFull(conn, b); err != nil {
			return nil, err
		}
		args[i] = string(b[:size])
	}
	return args, nil
}

const goodInfo = "redis_version:7.0.15\r\nrun_id:r\r\nrole:master\r\nmaster_replid:" +
	"0123456789012345678901234567890123456789\r\nmaster_repl_offset:100\r\nrepl_backlog_active:1\r\n" +
	"repl_backlog_size:1000\r\nrepl_backlog_first_byte_offset:1\r\nrepl_backlog_histlen:100\r\n"

// sane answers as a server would, but for what a test is about.
func sane(args []string, conn net.Conn) error {
	var err error
	switch strings.ToUpper(args[0]) {
	case "INFO":
		_, err = fmt.Fprintf(conn, "$%d\r\n%s\r\n", len(goodInfo), goodInfo)
	case "PING", "REPLCONF":
		_, err = io.WriteString(conn, "+OK\r\n")
	case "PSYNC":
		_, err = io.WriteString(conn, "+CONTINUE\r\n"+strings.Repeat("*1\r\n$4\r\nPING\r\n", 7)+"*1\r")
	default:
		_, err = io.WriteString(conn, "-ERR unknown command\r\n")
	}
	return err
}

// Whatever a server does costs a time-out and a line.
func TestHostileServers(t *testing.T) {
	always := func(text string) func([]string, net.Conn) error {
		return func(_ []string, conn net.Conn) error { _, err := io.WriteString(conn, text); return err }
	}
	on := func(name string, then func([]string, net.Conn) error) func([]string, net.Conn) error {
		return func(args []string, conn net.Conn) error {
			if strings.EqualFold(args[0], name) {
				return then(args, conn)
			}
			return sane(args, conn)
		}
	}
	hang := func([]string, net.Conn) error { time.Sleep(time.Minute); return nil }
	flood := func(text string) func([]string, net.Conn) error {
		text = strings.Repeat(text, 1000)
		return func(_ []string, conn net.Conn) error {
			for {
				if _, err := io.WriteString(conn, text); err != nil {
					return err
				}
			}
		}
	}
	for name, test := range map[string]struct {
		answer func([]string, net.Conn) error
		taken  bool
		failed string
	}{
		"hangs up":                       {func([]string, net.Conn) error { return io.EOF }, false, "INFO"},
		"does not answer":                {hang, false, "INFO"},
		"a string of eight exabytes":     {always("$9223372036854775807\r\nx"), false, "INFO"},
		"a string of a gigabyte":         {always("$1073741824\r\n"), false, "INFO"},
		"a list of a billion":            {always("*1000000000\r\n"), false, "INFO"},
		"a line without an end":          {flood("x"), false, "INFO"},
		"no protocol":                    {always("HTTP/1.1 400 Bad Request\r\n\r\n"), false, "INFO"},
		"an error with an escape":        {always("-ERR \x1b[2Jgone\r\n"), false, "INFO"},
		"a full sync":                    {on("PSYNC", always("+FULLRESYNC "+strings.Repeat("a", 40)+" 5\r\n")), true, "the stream"},
		"no answer to PSYNC":             {on("PSYNC", hang), true, "the stream"},
		"an endless answer to PSYNC":     {on("PSYNC", flood("x")), true, "the stream"},
		"endless newlines":               {on("PSYNC", flood("\n")), true, "the stream"},
		"an answer that is none":         {on("PSYNC", always("+FULLRESYNC -1\r\n")), true, "the stream"},
		"a stream that is none":          {on("PSYNC", always("+CONTINUE\r\n*1\r\n$x")), true, "the stream"},
		"a stream that is cut":           {on("PSYNC", func(a []string, c net.Conn) error { _ = sane(a, c); return nil }), true, ""},
		"settings of eight exabytes":     {on("CONFIG", always("$9223372036854775807\r\n")), true, "CONFIG GET"},
		"clients without an end":         {on("CLIENT", flood("$100000000\r\n")), true, "CLIENT LIST"},
		"a payload that can't be":        {on("PSYNC", always("+CONTINUE\r\n")), true, ""},
		"an address that leads out":      {sane, true, ""},
		"an argument of eight exabytes":  {on("PSYNC", always("+CONTINUE\r\n*1\r\n$9223372036854775807\r\n")), true, "the stream"},
		"a command of a billion of them": {on("PSYNC", always("+CONTINUE\r\n*1000000000\r\n")), true, "the stream"},
	} {
		t.Run(name, func(t *testing.T) {
			o := options(t)
			o.Timeout = 300 * time.Millisecond
			o.MaxBytes = 4 << 20
			o.Silence = 300 * time.Millisecond
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			s := runAll(t, o, double(t, test.answer))[0]
			runtime.ReadMemStats(&after)
			if d := time.Since(start); d > 20*time.Second {
				t.Errorf("it took %s", d)
			}
			if n := after.TotalAlloc - before.TotalAlloc; n > 1<<30 || after.Sys > 2<<30 {
				t.Errorf("%d bytes were allocated", n)
			}
			if s.Taken() != test.taken {
				t.Errorf("taken: %v", s.Taken())
			}
			found := test.failed == ""
			for _, f := range s.Failed {
				found = found || f.What == test.failed
				if strings.ContainsRune(f.Why, '\x1b') {
					t.Errorf("an escape in %q", f.Why)
				}
			}
			if !found {
				t.Errorf("%s is not among what failed: %+v", test.failed, s.Failed)
			}
			if s.Taken() {
				inside(t, o.Dir)
			}
		})
	}
}

// A second server is taken whatever the first one does.
func TestOneServerOfTwo(t *testing.T) {
	o := options(t)
	o.Timeout, o.Silence = 300*time.Millisecond, 300*time.Millisecond
	bad := double(t, func([]string, net.Conn) error { return io.EOF })
	servers := runAll(t, o, bad, double(t, sane))
	if servers[0].Taken() || !servers[1].Taken() {
		t.Errorf("taken: %v, %v", servers[0].Taken(), servers[1].Taken())
	}
}

// inside: everything is in the one folder of the one server.
func inside(t *testing.T, dir string) {
	t.Helper()
	n := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		n++
		if err == nil && d.Type()&fs.ModeSymlink != 0 {
			t.Errorf("%s is a link", path)
		}
		return err
	})
	if err != nil || n < 3 {
		t.Errorf("%d files, %v", n, err)
	}
	others, err := os.ReadDir(filepath.Dir(dir))
	if err != nil || len(others) != 1 {
		t.Errorf("%d entries beside the folder, %v", len(others)-1, err)
	}
}
