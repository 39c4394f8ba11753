package report

import (
	"github.com/redsleuth/redsleuth/inspect"
	"github.com/redsleuth/redsleuth/parse/info"
)

const (
	// surely is the score of INFO output that may be of the server that saved a dump, and
	// of that time: the same keys, the same save, about the same memory.
	surely = sameKeys + sameSave + memoryWorth/2
	// nearer is how many times as near the one has to come to the memory that the dump
	// names, where several may be: master and replica in step say much the same.
	nearer = 2
)

// InfoOf says which of some INFO outputs is of the server that saved a dump, as it was
// then; -1 where that is not clear.
func InfoOf(rdb *inspect.RDB, infos []*info.Info) int {
	d := &Artefact{Inspect: &inspect.Report{RDB: rdb}}
	if rdb.Replication != nil {
		d.State = &rdb.Replication.State
	}
	of := -1
	best, next := 1.0, 2.0 // how far their memory is from the dump's, as a share of it
	for n, i := range infos {
		if tie(&Artefact{Info: i}, d) < surely {
			continue
		}
		switch apart := memoryApart(i, d); {
		case apart < best:
			best, next, of = apart, best, n
		case apart < next:
			next = apart
		}
	}
	if best*nearer > next {
		return -1
	}
	return of
}

// CollectedFrom is the server off which collect took what is in the folder of a file, as
// it was addressed, and the role that the server had; "" and Unknown if collect took none
// of it.
func CollectedFrom(file string) (addr string, role Role) {
	c := collectionBeside(file)
	if c == nil {
		return "", Unknown
	}
	return c.Addr, roleOfServer(c.Role)
}
