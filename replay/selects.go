package replay

import "github.com/redsleuth/redsleuth/parse/record"

// A selection is a SELECT that was run.
type selection struct {
	offset int64 // behind it
	db     int
}

// maxSelections is how many SELECT are remembered at least.
const maxSelections = 1 << 12

func (f *follower) runSelect(c *record.Command) {
	if len(c.Args) != 2 {
		return
	}
	n, ok := parseDB(c.Args[1])
	if !ok {
		return
	}
	f.endWrong()
	f.db, f.streamDB, f.unselected = n, n, false
	if len(f.databases) < maxDatabases {
		f.databases[n] = true
	}
	if c.EndOffset != record.Unknown {
		f.selected(c.EndOffset, n)
	}
	f.watch()
}

func parseDB(b []byte) (n int, ok bool) {
	if len(b) == 0 || len(b) > 9 {
		return 0, false
	}
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

// selectedAt is the database that the stream had selected at an offset that
// was passed.
func (f *follower) selectedAt(offset int64) int {
	for i := len(f.selects) - 1; i >= 0; i-- {
		if f.selects[i].offset <= offset {
			return f.selects[i].db
		}
	}
	return record.Unknown
}

func (f *follower) lastSelect() int64 {
	if n := len(f.selects); n > 0 {
		return f.selects[n-1].offset
	}
	return record.Unknown
}

func (f *follower) forgetSelectionsBeyond(offset int64) {
	for n := len(f.selects); n > 0 && f.selects[n-1].offset > offset; n-- {
		f.selects = f.selects[:n-1]
	}
}

// selected remembers which database the stream has selected from an offset on.
func (f *follower) selected(offset int64, db int) {
	if len(f.selects) >= 2*maxSelections {
		f.selects = append(f.selects[:0], f.selects[maxSelections:]...)
	}
	f.selects = append(f.selects, selection{offset, db})
}
