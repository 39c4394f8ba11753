package main

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
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
	bytesBeside = 1 << 20 // of INFO output

	folderBeside = 256 << 20
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

// memoryBeside completes the memory of a dump with what INFO beside it says of the server
// that saved it, as report does of the folder.
func (o *inspectOptions) memoryBeside(ctx context.Context, file string, rdb *inspect.RDB) {
	if o.format != formatText || o.info != "" || rdb == nil || rdb.Memory == nil || len(rdb.Memory.Versions) == 0 ||
		file == "-" || !o.smallFolder(filepath.Dir(file)) {
		return
	}
	said, err := report.InfoBeside(ctx, report.Options{
		Paths: []string{filepath.Dir(file)}, Limits: o.limits(), Open: o.openInput,
	}, filepath.Clean(file))
	if err != nil || said == nil { // what is beside is an extra
		return
	}
	if rdb.Memory.Server = said.Info.Memory(); rdb.Memory.Server != nil && o.show != render.Redacted {
		o.remark("%s beside it is INFO of the server that saved %s, and says what else its memory is used for",
			said.Path, filepath.Base(file))
	}
}

// smallFolder reports whether what is in a folder is soon read.
func (o *inspectOptions) smallFolder(dir string) bool {
	files, size := 0, int64(0)
	err := filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		about, err := e.Info()
		if err != nil {
			return err
		}
		files, size = files+1, size+about.Size()
		if files > filesBeside || size > folderBeside {
			return errLargeFolder
		}
		return nil
	})
	return err == nil
}

// errLargeFolder ends the look at a folder that may hold anything.
var errLargeFolder = errors.New("a large folder")

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
