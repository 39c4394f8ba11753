package inspect

import (
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/script"
)

// readLibrary takes a function library apart.
func readLibrary(rec *rdb.Record) *Library {
	l := &Library{Byte: rec.Byte, Bytes: int64(len(rec.Value)), Partial: true}
	said := script.Analyse(rec.Value).Library
	if said == nil {
		return l
	}
	l.Engine, l.Name, l.Partial = said.Engine, said.Name, !said.Certain
	for _, f := range said.Functions {
		l.Functions = append(l.Functions, f.Name)
	}
	return l
}
