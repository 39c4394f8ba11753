package value

import (
	"bytes"
	"slices"
	"strconv"

	"github.com/redsleuth/redsleuth/parse/rdb"
)

// Commands gives the commands that build the value under a key on a server of
// an RDB version, its expiry at the end, and what they lose. The key must not
// be there before. A Large value has no commands: its elements are not here.
func (v *Value) Commands(key []byte, version int) ([][][]byte, Loss) {
	if v.Large || !ByCommands(v.Object) {
		return nil, LosesContent
	}
	b := &Builder{Version: version}
	b.Start(key, v.Object)
	var out []byte
	for i := range v.Elements {
		out = b.Add(out, &v.Elements[i])
	}
	out = b.End(out)
	commands := split(out)
	if v.HasExpire {
		at := strconv.AppendInt(nil, v.ExpireAt, 10)
		commands = append(commands, [][]byte{[]byte("PEXPIREAT"), key, at})
	}
	if v.deletedPending(b.Pending()) {
		return commands, LosesContent
	}
	return commands, b.Loss()
}

// deletedPending reports whether one of the pending ids is none of the
// stream's entries.
func (v *Value) deletedPending(pending []rdb.StreamID) bool {
	var entries []rdb.StreamID
	for i := range v.Elements {
		if e := &v.Elements[i]; e.Kind == rdb.ElementEntry {
			entries = append(entries, e.ID)
		}
	}
	return slices.ContainsFunc(pending, func(id rdb.StreamID) bool {
		_, found := slices.BinarySearchFunc(entries, id, rdb.StreamID.Compare)
		return !found
	})
}

// split takes the commands apart that a Builder wrote.
func split(out []byte) (commands [][][]byte) {
	next := func() int {
		line, rest, _ := bytes.Cut(out[1:], []byte("\r\n"))
		n, _ := strconv.Atoi(string(line)) // written by Builder
		out = rest
		return n
	}
	for len(out) > 0 {
		command := make([][]byte, next())
		for i := range command {
			n := next()
			command[i], out = out[:n:n], out[n+2:]
		}
		commands = append(commands, command)
	}
	return commands
}
