package replay

import (
	"fmt"

	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/replay/replica"
)

// readBase reads a dump that the user named, with the keys that are asked for.
func readBase(
	in *input.Input, a *replica.Analyser, keys dumpKeys, asked func(key []byte) bool,
) (*replica.Dump, error) {
	if in.Kind != input.KindRDB {
		return nil, fmt.Errorf("%s: a base must be an RDB, and this is %q", in.Path, in.Kind)
	}
	c, err := in.Cursor()
	if err != nil {
		return nil, err
	}
	defer c.Close()
	b := replica.NewDump()
	b.Path = in.Path
	return b, b.Read(rdb.NewDecoder(c, rdb.Options{Limits: in.Limits}), a, keys.see(b, asked))
}
