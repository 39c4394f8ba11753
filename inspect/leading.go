package inspect

import (
	"bytes"

	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/rdb"
)

// leading tells of the n bytes before the magic of a dump, by what they are.
func (r *rdbReader) leading(n int64) {
	const refused = "servers refuse the file (Wrong signature); the places below are counted in the file as it is"
	f := r.at(finding.LeadingData, finding.Warning, 0,
		"an RDB begins at byte %d, behind the lines of a terminal or a tool: "+refused, n)
	f.Bytes = n
	at := r.again()
	if at == nil {
		r.in.find(f)
		return
	}
	switch zeros, err := rdb.ZerosBefore(at, n); {
	case err == nil && zeros == n:
		f = r.at(finding.ZeroFilled, finding.Error, 0, "%d zero bytes, from byte 0 to %d, before an RDB: "+
			refused, n, n-1)
		f.Bytes = n
		r.broken(f)
		return
	case isTar(at):
		f = r.at(finding.LeadingData, finding.Warning, 0, "a tar archive, in which an RDB begins at byte %d: "+
			"unpack it; what follows is read as it stands, with the other files of the archive behind it", n)
		f.Bytes = n
	}
	r.in.find(f)
}

// isTar reports whether an input is a tar archive: its first header has a mark.
func isTar(at parse.Opener) bool {
	const place, mark = 257, "ustar"
	c, err := at(0)
	if err != nil {
		return false
	}
	defer c.Close()
	w, _ := c.Fill(place + len(mark)) // what is shorter is none
	return len(w) >= place+len(mark) && bytes.HasPrefix(w[place:], []byte(mark))
}
