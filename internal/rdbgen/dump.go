package rdbgen

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"

	"github.com/redsleuth/redsleuth/parse/crc64"
)

// A Dump is a small dump of strings, told whole: for tests that need one which
// some version would have written.
type Dump struct {
	Magic   string // "REDIS" or "VALKEY"
	Version int
	Aux     [][2]string // in front of the keys
	// Libraries are function libraries, whole.
	Libraries []string
	Databases map[int]map[string]string
	// Scripts are bodies, in AUX fields "lua" after the keys, where Redis 4.0.4 to
	// 6.2 puts them.
	Scripts []string
}

// Encode returns the bytes of the dump.
func (d *Dump) Encode() []byte {
	const opFunction, opAux, opDatabase, opEnd = 0xf5, 0xfa, 0xfe, 0xff
	var g generator
	g.buf = fmt.Appendf(nil, "%s%0*d", d.Magic, len("REDIS0011")-len(d.Magic), d.Version)
	for _, aux := range d.Aux {
		g.texts(opAux, aux[0], aux[1])
	}
	for _, library := range d.Libraries {
		g.texts(opFunction, library)
	}
	for _, db := range slices.Sorted(maps.Keys(d.Databases)) {
		if len(d.Databases[db]) == 0 {
			continue
		}
		g.buf = append(g.buf, opDatabase)
		g.length(uint64(db))
		for _, key := range slices.Sorted(maps.Keys(d.Databases[db])) {
			g.texts(0, key, d.Databases[db][key]) // type 0 is a string
		}
	}
	for _, body := range d.Scripts {
		g.texts(opAux, "lua", body)
	}
	g.buf = append(g.buf, opEnd)
	return binary.LittleEndian.AppendUint64(g.buf, crc64.Update(0, g.buf))
}

func (g *generator) texts(op byte, all ...string) {
	g.buf = append(g.buf, op)
	for _, s := range all {
		g.text(s)
	}
}
