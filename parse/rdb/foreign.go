package rdb

import (
	"bytes"

	"github.com/redsleuth/redsleuth/parse"
)

// A vendor writes dumps with bytes of its own where types and opcodes are.
type vendor struct {
	name string
	// aux begins the names of AUX fields that only this vendor writes.
	aux []string
	// bytes are its private opcodes and types.
	bytes []byte
}

// vendors, by what their sources say, or what librdb takes for theirs.
var vendors = [...]vendor{
	{"Dragonfly", []string{"df-ver"}, []byte{
		200, 201, 202, 203, 210, 211, 220, 221, 222, 223, // rdb_extensions.h, opcodes
		30, 31, 32, 33, 34, 35, // types
	}},
	{"Redis Enterprise", nil, []byte{100, 101, 102, 107, 121}},
	{"KeyDB", []string{"mvcc-tstamp", "keydb-"}, []byte{64}},
}

// seenAux remembers whose fields the dump has.
func (d *Decoder) seenAux(name []byte) {
	for i := range vendors {
		for _, a := range vendors[i].aux {
			if bytes.HasPrefix(name, []byte(a)) {
				d.vendor = &vendors[i]
			}
		}
	}
}

// privateType: the vendor that wrote the dump means something else by this type.
func (d *Decoder) privateType(b byte) bool {
	return d.vendor != nil && bytes.IndexByte(d.vendor.bytes, b) >= 0
}

// unknownByte says what a byte is that is neither a type nor an opcode. Damage
// makes such bytes too: without a field that names the vendor, only a whole dump
// whose checksum is right shows that the byte was written on purpose.
func (d *Decoder) unknownByte(b byte) error {
	at := d.place()
	whose, said := d.vendor, true
	if whose == nil || bytes.IndexByte(whose.bytes, b) < 0 {
		whose, said = vendorOf(b), false
	}
	known, newest := d.header.Version <= newestRedis, newestRedis
	if d.valkey() {
		known, newest = d.header.Version <= newestValkey, newestValkey
	}
	if !known {
		return d.failAt(at, parse.Newer("byte %d is neither a type nor an opcode that this program "+
			"knows; the file is of %s version %d, the newest known is %d",
			b, d.header.Magic, d.header.Version, newest))
	}
	right, told, err := d.restIsRight()
	switch {
	case err != nil:
		return err
	case whose != nil && said && (right || !told):
		return d.failAt(at, parse.Vendor("byte %d is private to %s, which wrote this dump: it has no "+
			"length, so that nothing behind it can be read", b, whose.name))
	case whose != nil && right:
		return d.failAt(at, parse.Vendor("byte %d is private to some vendor, probably %s: the checksum "+
			"is right, so it is no damage, and nothing behind it can be read", b, whose.name))
	case right:
		return d.failAt(at, parse.Newer("byte %d is neither a type nor an opcode, and yet the checksum "+
			"is right: a server that is not known here wrote it, and nothing behind it can be read", b))
	}
	return d.failAt(at, parse.Damaged("byte %d is neither a type nor an opcode", b))
}

func vendorOf(b byte) *vendor {
	for i := range vendors {
		if bytes.IndexByte(vendors[i].bytes, b) >= 0 {
			return &vendors[i]
		}
	}
	return nil
}

// restIsRight moves to the end of a dump that is alone in its input and reports
// whether its checksum is right; told is whether it has one that can be asked.
func (d *Decoder) restIsRight() (right, told bool, err error) {
	if !d.whole || !d.summed {
		return false, false, nil
	}
	d.summed = false
	tail := lastBytes{}
	d.c.Watch(tail.see)
	err = d.c.Skip(1 << 62)
	tail.see(d.c.Unwatch())
	// The sum of bytes that their own sum follows is zero.
	sum := d.c.Sum()
	if atEnd(err) {
		err = nil
	}
	return sum == 0, tail.n >= len(tail.b) && tail.b != [8]byte{}, err
}

// lastBytes keeps the last of the bytes that go by.
type lastBytes struct {
	b [8]byte
	n int
}

func (l *lastBytes) see(piece []byte) {
	l.n += len(piece)
	if len(piece) >= len(l.b) {
		copy(l.b[:], piece[len(piece)-len(l.b):])
		return
	}
	copy(l.b[:], l.b[len(piece):])
	copy(l.b[len(l.b)-len(piece):], piece)
}
