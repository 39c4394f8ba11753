package replay

import (
	"bufio"
	"io"
	"regexp"
	"strconv"
	"strings"

	"github.com/redsleuth/redsleuth/server"
)

// Facts are what no dump and no stream holds, and INFO output and logs do.
type Facts struct {
	// Replica and Master are the versions that they wrote of themselves.
	Replica, Master server.Version
	// Secondary are the former ids of promoted masters.
	Secondary []Secondary
}

// Secondary is a master's secondary id: as ID it answers replicas that know it
// as Former and ask for no offset beyond Limit.
type Secondary struct {
	ID, Former string
	Limit      int64
}

// maxFactLine bounds the lines that are looked at; longer ones hold no fact.
const maxFactLine = 1 << 20

// eachLine calls do with every line, without its end.
func eachLine(r io.Reader, do func(line string)) error {
	s := bufio.NewScanner(r)
	s.Buffer(nil, maxFactLine)
	for s.Scan() {
		do(strings.TrimRight(s.Text(), "\r"))
	}
	return s.Err()
}

// ReadInfo adds what INFO output tells.
func (f *Facts) ReadInfo(r io.Reader) error {
	fields := map[string]string{}
	err := eachLine(r, func(line string) {
		if name, value, ok := strings.Cut(line, ":"); ok {
			fields[name] = value
		}
	})
	text := fields["redis_version"]
	if v := fields["valkey_version"]; v != "" {
		text = "valkey " + v
	}
	v, parseErr := server.Parse(text)
	if parseErr == nil {
		f.addVersion(v, fields["role"] == "slave")
	}
	limit, parseErr := strconv.ParseInt(fields["second_repl_offset"], 10, 64)
	if parseErr == nil && limit >= 0 {
		f.Secondary = append(f.Secondary, Secondary{fields["master_replid"], fields["master_replid2"], limit})
	}
	return err
}

func (f *Facts) addVersion(v server.Version, replica bool) {
	if replica {
		f.Replica = v
	} else {
		f.Master = v
	}
}

var (
	// logVersion matches what servers say of themselves when they start:
	// "Redis version=4.0.2", "Server started, Redis version 3.2.13".
	logVersion = regexp.MustCompile(`(Redis|Valkey) version[ =](\d+\.\d+\.\d+)`)
	// logRole matches the letter behind the process id, where there is one:
	// master, replica, child, sentinel.
	logRole = regexp.MustCompile(`^\[?\d+[:\]] ?([MSCX]) `)
	// logSecondary is written at a promotion (replication.c, shiftReplicationId).
	logSecondary = regexp.MustCompile(`Setting secondary replication ID to ([0-9a-f]{40}), valid up to offset: (\d+)\. New replication ID is ([0-9a-f]{40})`)
)

// ReadLog adds what a server's log tells. A server that wrote lines as a
// replica is taken for one.
func (f *Facts) ReadLog(r io.Reader) error {
	var version server.Version
	replica := false
	err := eachLine(r, func(line string) {
		if m := logVersion.FindStringSubmatch(line); m != nil && !strings.Contains(line, "produced by") {
			text := m[2]
			if m[1] == "Valkey" {
				text = "valkey " + text
			}
			if v, err := server.Parse(text); err == nil {
				version = v
			}
		}
		if m := logRole.FindStringSubmatch(line); m != nil && m[1] == "S" {
			replica = true
		}
		if m := logSecondary.FindStringSubmatch(line); m != nil {
			if limit, err := strconv.ParseInt(m[2], 10, 64); err == nil {
				f.Secondary = append(f.Secondary, Secondary{m[3], m[1], limit})
			}
		}
	})
	if !version.IsZero() {
		f.addVersion(version, replica)
	}
	return err
}
