package report

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/redsleuth/redsleuth/command"
)

// clientList is what CLIENT LIST tells of who was connected to a server, as far
// as evidence goes.
type clientList struct {
	// master is the address of a replica's master; "" where there is none.
	master string
	// wrote counts ordinary clients whose last command is a write.
	wrote int
}

// mostClients bounds how much of a list is read, in bytes.
const mostClients = 64 << 20

// clientsBeside reads what collect wrote down of CLIENT LIST in the folder of a
// file.
func clientsBeside(file string) (l clientList) {
	f, err := os.Open(filepath.Join(filepath.Dir(file), "clients.txt"))
	if err != nil {
		return l
	}
	defer f.Close()
	return readClients(f)
}

// readClients reads lines of name=value pairs. Of flags, M is the master, S a
// replica, O a MONITOR; cmd is the last command, with | before a subcommand.
func readClients(r io.Reader) (l clientList) {
	lines := bufio.NewScanner(io.LimitReader(r, mostClients))
	for lines.Scan() {
		fields := map[string]string{}
		for _, pair := range strings.Fields(lines.Text()) {
			if name, value, ok := strings.Cut(pair, "="); ok {
				fields[name] = value
			}
		}
		name, _, _ := strings.Cut(fields["cmd"], "|")
		known := command.Lookup([][]byte{[]byte(name)})
		switch flags := fields["flags"]; {
		case strings.Contains(flags, "M"):
			l.master = fields["addr"]
		case strings.ContainsAny(flags, "SO") || known == nil:
		case known.Kind == command.Write:
			l.wrote++
		}
	}
	return l
}

// whoWrote says what would tell who wrote to the replica, and which clients may
// have.
func (r *run) whoWrote() string {
	text := "Who wrote to the replica: MONITOR or a capture of its port would tell, or its slow log while " +
		"slowlog-log-slower-than is 0."
	for _, a := range r.Artefacts {
		if a.collection == nil || a.Kind != KindInfo || a.Role != Replica {
			continue
		}
		if n := clientsBeside(a.File).wrote; n > 0 {
			text += fmt.Sprintf(" In %s, of %d clients the last command is a write.",
				r.name(filepath.ToSlash(filepath.Join(filepath.Dir(a.Path), "clients.txt"))), n)
		}
	}
	return text
}
