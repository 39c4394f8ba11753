package memory

import (
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/server"
)

// What listpacks and ziplists have beside their entries, in bytes: total
// length, count and end; of a ziplist also the place of the last entry.
const (
	listpackFrame = 4 + 2 + 1
	ziplistFrame  = 4 + 4 + 2 + 1
)

// packingOf is what a value of a type is packed into in the dump; false where it is
// not, or into what no server of today keeps.
func packingOf(t rdb.Type) (server.Packing, bool) {
	switch t {
	case rdb.TypeListZiplist, rdb.TypeZSetZiplist, rdb.TypeHashZiplist:
		return server.Ziplists, true
	case rdb.TypeSetListpack, rdb.TypeZSetListpack, rdb.TypeHashListpack, rdb.TypeHashListpackTTL, rdb.TypeHashLPTTLPreGA:
		return server.Listpacks, true
	}
	return 0, false
}

// kept reports whether a packed value is taken into memory as it is in the dump.
func (l *layout) kept(t rdb.Type) bool {
	packing, ok := packingOf(t)
	return ok && packing == l.Packed
}

// A packing is how long a listpack and a ziplist of some entries would be.
type packing struct {
	listpack, ziplist int64
	before            int64 // the ziplist entry before the next
}

func (p *packing) reset() { *p = packing{listpack: listpackFrame, ziplist: ziplistFrame} }

// add takes an entry.
func (p *packing) add(b []byte) {
	n, isInt := parseInt(b)
	if isInt {
		p.addInt(n, len(b))
		return
	}
	size := int64(len(b))
	p.grow(size+listpackStringHead(size), size+ziplistStringHead(size))
}

// addInt takes an entry that is an integer of so many digits.
func (p *packing) addInt(n int64, digits int) {
	zip := 1 + ziplistInt(n)
	if digits >= 32 {
		zip = int64(digits) + ziplistStringHead(int64(digits))
	}
	p.grow(listpackInt(n), zip)
}

// addExpiry takes the expiry of a field, which is 0 of one without.
func (p *packing) addExpiry(at int64) {
	if at == rdb.NoExpiry {
		at = 0
	}
	p.addInt(at, 0)
}

func (p *packing) grow(listpack, ziplist int64) {
	p.listpack += listpack + backLength(listpack)
	previous := int64(1)
	if p.before >= 254 {
		previous = 5
	}
	p.before = previous + ziplist
	p.ziplist += p.before
}

func listpackStringHead(n int64) int64 {
	switch {
	case n < 1<<6:
		return 1
	case n < 1<<12:
		return 2
	}
	return 5
}

// listpackInt is an integer with its head.
func listpackInt(n int64) int64 {
	switch {
	case n >= 0 && n < 1<<7:
		return 1
	case n >= -1<<12 && n < 1<<12:
		return 2
	case fits(n, 16):
		return 3
	case fits(n, 24):
		return 4
	case fits(n, 32):
		return 5
	}
	return 9
}

// backLength is how an entry of a listpack tells its length to who goes
// backwards: seven bits a byte.
func backLength(n int64) int64 {
	switch {
	case n < 1<<7:
		return 1
	case n < 1<<14-1:
		return 2
	case n < 1<<21-1:
		return 3
	case n < 1<<28-1:
		return 4
	}
	return 5
}

func ziplistStringHead(n int64) int64 {
	switch {
	case n < 1<<6:
		return 1
	case n < 1<<14:
		return 2
	}
	return 5
}

// ziplistInt is an integer without its head.
func ziplistInt(n int64) int64 {
	switch {
	case n >= 0 && n <= 12:
		return 0
	case fits(n, 8):
		return 1
	case fits(n, 16):
		return 2
	case fits(n, 24):
		return 3
	case fits(n, 32):
		return 4
	}
	return 8
}

// fits reports whether n is an integer of so many bits.
func fits(n int64, width int) bool {
	return n >= -1<<(width-1) && n < 1<<(width-1)
}

// parseInt reads what servers store as an integer: its decimal text, as they
// would print it again (string2ll).
func parseInt(b []byte) (int64, bool) {
	digits := b
	negative := len(b) > 0 && b[0] == '-'
	if negative {
		digits = b[1:]
	}
	if len(digits) == 0 || len(digits) > 19 || digits[0] == '0' && (negative || len(digits) > 1) {
		return 0, false
	}
	n := uint64(0) // 19 digits fit
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = 10*n + uint64(c-'0')
	}
	switch {
	case negative && n <= 1<<63:
		return -int64(n), true
	case !negative && n < 1<<63:
		return int64(n), true
	}
	return 0, false
}

// intsetFrame is encoding and length.
const intsetFrame = 8

// intWidth is how many bytes an intset takes for n.
func intWidth(n int64) int64 {
	switch {
	case fits(n, 16):
		return 2
	case fits(n, 32):
		return 4
	}
	return 8
}
