package main

import (
	"cmp"
	"net"
	"os"
	"path/filepath"
	"strconv"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/inspect"
	"github.com/redsleuth/redsleuth/parse/info"
	"github.com/redsleuth/redsleuth/repl"
	"github.com/redsleuth/redsleuth/report"
)

// Bounds of what is looked at beside a dump: a folder may be a server's own, with anything
// in it.
const (
	filesBeside = 200
	bytesBeside = 1 << 20
)

// saidBeside is INFO output in the folder of a file.
type saidBeside struct {
	path string
	*info.Info
}

// besideOf reads the INFO outputs in the folder of a file.
func besideOf(file string) (all []saidBeside) {
	if file == "-" {
		return nil
	}
	folder, err := os.Open(filepath.Dir(file))
	if err != nil {
		return nil
	}
	defer folder.Close()
	entries, _ := folder.ReadDir(filesBeside) // what can't be read tells nothing
	for _, e := range entries {
		path := filepath.Join(filepath.Dir(file), e.Name())
		about, err := e.Info()
		if err != nil || !about.Mode().IsRegular() || about.Size() > bytesBeside || report.KindOfText(path) != report.KindInfo {
			continue
		}
		if said, err := readInfo(path); err == nil {
			all = append(all, saidBeside{path, said})
		}
	}
	return all
}

// memoryBeside completes the memory of a dump with what INFO beside it says, where that is
// of the same server and time.
func (o *inspectOptions) memoryBeside(file string, rdb *inspect.RDB) {
	if o.format != formatText || o.info != "" || rdb == nil || rdb.Memory == nil || rdb.Memory.Server != nil {
		return
	}
	var said []*info.Info
	all := besideOf(file)
	for _, s := range all {
		said = append(said, s.Info)
	}
	of := report.InfoOf(rdb, said)
	if of < 0 {
		return
	}
	if rdb.Memory.Server = said[of].Memory(); rdb.Memory.Server != nil && o.show != render.Redacted {
		o.remark("%s: %s beside it is INFO of the server that saved it, at that time, and says what else the "+
			"memory is used for", file, filepath.Base(all[of].path))
	}
}

// masterBeside is where the master of what is in a folder takes connections, by what
// collect and INFO beside a file tell; HOST and PORT are what nothing tells, or what is of
// two masters.
func masterBeside(file string) (host, port string) {
	if addr, role := report.CollectedFrom(file); role == report.Master && report.IsAddress(addr) {
		host, port, _ = net.SplitHostPort(addr)
		return host, port
	}
	masters, upstreams := map[string]string{}, map[string]string{} // hosts by port
	for _, s := range besideOf(file) {
		switch {
		case s.Role == repl.Master && s.Port != nil:
			masters[strconv.FormatInt(*s.Port, 10)] = ""
		case s.Role == repl.Replica && report.IsAddress(s.MasterAddr):
			host, port, _ := net.SplitHostPort(s.MasterAddr)
			upstreams[port] = host
		}
	}
	if len(masters) == 0 {
		masters = upstreams
	}
	host, port = "HOST", "PORT"
	if len(masters) != 1 {
		return host, port
	}
	for port = range masters { // the one
		host = cmp.Or(upstreams[port], host)
	}
	return host, port
}
