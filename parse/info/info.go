// Package info reads what a server replied to INFO, as an operator saved it:
// lines of "name:value", with or without section headers, with LF or CRLF, of
// every version, whole or in part.
//
// It is one of the two places (the other is the log) where a secondary
// replication id, its limit, a role and the bounds of a backlog are written
// down. Source: redis src/server.c, genRedisInfoString.
package info

import (
	"bufio"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/server"
)

// maxLine bounds a line; the longest that servers write list clients or
// modules.
const maxLine = 1 << 20

// maxFields bounds the fields; servers write some hundreds, and one for each
// replica, database, command and error.
const maxFields = 100_000

// Info is what the fields say. A pointer is nil, and a text empty, where the
// field is absent.
type Info struct {
	Version server.Version
	// Role is "master" or "replica".
	Role string
	// ReplicationID is the current id; SecondaryID the former one, under
	// which replicas are answered up to SecondaryOffset, the first offset
	// that is no longer shared.
	ReplicationID, SecondaryID string
	SecondaryOffset            *int64
	// MasterOffset is master_repl_offset: of a replica, what it has applied
	// or is about to. ReplicaOffset is slave_repl_offset.
	MasterOffset, ReplicaOffset *int64
	Backlog                     Backlog
	// RunID names the process; before 4.0 it is the replication id too.
	RunID      string
	Port       *int64
	LinkUp     *bool // of a replica, to its master
	MasterAddr string
	Replicas   []Replica
	// LastSave is in Unix seconds.
	LastSave   *int64
	UsedMemory *int64
	Keyspace   map[int]Database
	// Fields are all of them, by name. Untrusted.
	Fields map[string]string
}

// Backlog is the replication backlog: the last Length bytes of the stream,
// the first of them being number FirstByte.
type Backlog struct {
	Active                  *bool
	Size, FirstByte, Length *int64
}

// Replica is a line slaveN of a master.
type Replica struct {
	Addr, State string
	Offset, Lag *int64
}

// Database is a line dbN.
type Database struct{ Keys, Expires int64 }

// Parse reads INFO output. Lines that are no fields are passed over; an error
// says that none was found.
func Parse(r io.Reader) (*Info, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 64<<10), maxLine)
	fields := map[string]string{}
	for lines.Scan() {
		name, value, ok := strings.Cut(strings.TrimSpace(lines.Text()), ":")
		if ok && isName(name) {
			if len(fields) >= maxFields {
				return nil, parse.At(0, parse.TooLarge("more than %d fields: no INFO output", maxFields))
			}
			fields[name] = value
		}
	}
	if err := lines.Err(); err != nil && !errors.Is(err, bufio.ErrTooLong) {
		return nil, err
	}
	for name, value := range fields {
		switch {
		case name == "redis_version", name == "valkey_version", name == "role", name == "run_id", name == "used_memory",
			name == "master_repl_offset", name == "loading", strings.HasPrefix(name, "db") && strings.HasPrefix(value, "keys="):
			return read(fields), nil
		}
	}
	return nil, parse.At(0, parse.Damaged("no INFO output: neither a version nor a role nor any other field that it would have"))
}

func isName(s string) bool {
	for _, c := range s {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' && c != '-' && c != '.' && c != '|' {
			return false
		}
	}
	return s != ""
}

func read(f map[string]string) *Info {
	i := &Info{
		Fields:          f,
		Version:         version(f),
		ReplicationID:   id(f["master_replid"]),
		SecondaryID:     id(f["master_replid2"]),
		SecondaryOffset: number(f["second_repl_offset"], 0),
		MasterOffset:    number(f["master_repl_offset"], 0),
		ReplicaOffset:   number(f["slave_repl_offset"], 0),
		RunID:           f["run_id"],
		Port:            number(f["tcp_port"], 0),
		LastSave:        number(f["rdb_last_save_time"], 0),
		UsedMemory:      number(f["used_memory"], 0),
		Backlog: Backlog{
			Active:    flag(f["repl_backlog_active"]),
			Size:      number(f["repl_backlog_size"], 0),
			FirstByte: number(f["repl_backlog_first_byte_offset"], 1),
			Length:    number(f["repl_backlog_histlen"], 0),
		},
	}
	switch f["role"] {
	case "master":
		i.Role = "master"
	case "slave", "replica":
		i.Role = "replica"
	}
	if status, ok := f["master_link_status"]; ok {
		up := status == "up"
		i.LinkUp = &up
	}
	if host := f["master_host"]; host != "" {
		i.MasterAddr = host + ":" + f["master_port"]
	}
	for n := 0; ; n++ {
		line, ok := f["slave"+strconv.Itoa(n)]
		if !ok {
			break
		}
		i.Replicas = append(i.Replicas, replica(line))
	}
	i.Keyspace = keyspace(f)
	return i
}

// version prefers valkey_version: Valkey tells a redis_version too, of the
// Redis that it is compatible with.
func version(f map[string]string) server.Version {
	if v, err := server.Parse("valkey " + f["valkey_version"]); err == nil {
		return v
	}
	v, err := server.Parse(f["redis_version"])
	if err != nil {
		return server.Version{}
	}
	return v
}

// id is a replication id; all zeros stand for none.
func id(text string) string {
	if len(text) != 40 || strings.Trim(text, "0") == "" {
		return ""
	}
	return text
}

func number(text string, least int64) *int64 {
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil || n < least {
		return nil
	}
	return &n
}

func flag(text string) *bool {
	n := number(text, 0)
	if n == nil {
		return nil
	}
	set := *n == 1
	return &set
}

// replica reads ip=…,port=…,state=…,offset=…,lag=…, and the three bare words
// of versions before 2.8.
func replica(line string) Replica {
	var r Replica
	if !strings.Contains(line, "=") {
		if words := strings.Split(line, ","); len(words) >= 3 {
			r.Addr, r.State = words[0]+":"+words[1], words[2]
		}
		return r
	}
	host, port := "", ""
	for pair := range strings.SplitSeq(line, ",") {
		key, value, _ := strings.Cut(pair, "=")
		switch key {
		case "ip":
			host = value
		case "port":
			port = value
		case "state":
			r.State = value
		case "offset":
			r.Offset = number(value, 0)
		case "lag":
			r.Lag = number(value, 0)
		}
	}
	r.Addr = host + ":" + port
	return r
}

func keyspace(f map[string]string) map[int]Database {
	dbs := map[int]Database{}
	for name, line := range f {
		n, err := strconv.Atoi(strings.TrimPrefix(name, "db"))
		if err != nil || !strings.HasPrefix(name, "db") || n < 0 {
			continue
		}
		var d Database
		for pair := range strings.SplitSeq(line, ",") {
			key, value, _ := strings.Cut(pair, "=")
			count := number(value, 0)
			switch {
			case count == nil:
			case key == "keys":
				d.Keys = *count
			case key == "expires":
				d.Expires = *count
			}
		}
		dbs[n] = d
	}
	return dbs
}
