// Package rdbgen writes dumps of any size without a server, for measurements
// and tests: the same number gives the same key with the same value, so that
// two dumps differ exactly where they are asked to.
package rdbgen

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"

	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/parse/crc64"
)

// Options of Write.
type Options struct {
	// Keys is how many numbers are written, from 0.
	Keys int
	// Every marks each n-th key as changed; 0 marks none. Of the marked
	// keys, in turn, the first has another value, the second is missing, and
	// the third has another expiry.
	Every int
	// Seed shuffles the values that changed keys get.
	Seed uint64
	// Shards, where it is more than 1, is among how many shards of a cluster the keys
	// are divided by their slots; those of Shard, from 0, are written.
	Shards, Shard int
}

// version is that of the format: RDB 9 is what Redis 5 to 6.2 write.
const version = 9

// Write writes a dump and returns how many keys it holds.
func Write(w io.Writer, o Options) (keys int, err error) {
	s := &summer{w: w}
	out := bufio.NewWriterSize(s, 1<<20)
	g := generator{Options: o, out: out, random: rand.New(rand.NewPCG(o.Seed, 1))}
	g.head()
	for i := range o.Keys {
		if g.key(i, o.Every > 0 && i%o.Every == 0) {
			keys++
		}
	}
	if err := out.WriteByte(0xff); err != nil {
		return keys, err
	}
	if err := out.Flush(); err != nil {
		return keys, err
	}
	_, err = w.Write(binary.LittleEndian.AppendUint64(nil, s.sum))
	return keys, err
}

// A summer computes the checksum of what goes through.
type summer struct {
	w   io.Writer
	sum uint64
}

func (s *summer) Write(p []byte) (int, error) {
	s.sum = crc64.Update(s.sum, p)
	return s.w.Write(p)
}

type generator struct {
	Options
	out    *bufio.Writer
	random *rand.Rand
	buf    []byte
	slot   int // of the key at hand, if it matters
}

func (g *generator) head() {
	fmt.Fprintf(g.out, "REDIS%04d", version)
	for _, aux := range [][2]string{
		{"redis-ver", "6.2.16"}, {"redis-bits", "64"}, {"ctime", "1700000000"}, {"repl-stream-db", "0"},
		{"repl-id", fmt.Sprintf("0123456789abcdef0123456789abcdef%08x", 0x01234567+g.Shard)},
		{"repl-offset", "1000"},
	} {
		g.buf = append(g.buf[:0], 0xfa)
		g.text(aux[0])
		g.text(aux[1])
		g.flush()
	}
	g.buf = append(g.buf[:0], 0xfe, 0)
	if g.Shards <= 1 {
		g.buf = append(g.buf, 0xfb)
		g.length(uint64(g.Keys))
		g.length(0)
	}
	g.flush()
}

// flush hands the buffer on; the writer keeps its error for the end.
func (g *generator) flush() { _, _ = g.out.Write(g.buf) }

// key writes the i-th key, or not; whether it did.
func (g *generator) key(i int, changed bool) bool {
	value := uint64(i) * 0x9e3779b97f4a7c15
	expire := uint64(0)
	if i%10 == 3 {
		expire = 4102444800000 + uint64(i)
	}
	if changed {
		switch i / g.Every % 3 {
		case 0:
			value ^= g.random.Uint64() | 1
		case 1:
			return false
		default:
			expire = 4202444800000 + uint64(i)
		}
	}
	g.buf = g.buf[:0]
	if expire > 0 {
		g.buf = binary.LittleEndian.AppendUint64(append(g.buf, 0xfc), expire)
	}
	switch i % 8 {
	case 0, 1, 2, 3, 4:
		g.typed(0, "str:", i)
		g.text(strconv.FormatUint(value, 36) + ":" + strconv.Itoa(i))
	case 5:
		g.typed(4, "hash:", i)
		g.length(2)
		g.text("name")
		g.text(strconv.FormatUint(value, 36))
		g.text("age")
		g.text(strconv.Itoa(i % 90))
	case 6:
		g.typed(1, "list:", i)
		g.length(3)
		g.text("a")
		g.text(strconv.FormatUint(value, 10))
		g.text("b")
	default:
		g.typed(5, "zset:", i)
		g.length(1)
		g.text("m" + strconv.FormatUint(value, 36))
		g.buf = binary.LittleEndian.AppendUint64(g.buf, 0x3ff8000000000000)
	}
	if g.Shards > 1 && g.slot*g.Shards/command.Slots != g.Shard {
		return false
	}
	g.flush()
	return true
}

func (g *generator) typed(t byte, prefix string, i int) {
	g.buf = append(g.buf, t)
	key := prefix + strconv.Itoa(i)
	g.text(key)
	if g.Shards > 1 {
		g.slot = command.Slot([]byte(key))
	}
}

func (g *generator) text(s string) {
	g.length(uint64(len(s)))
	g.buf = append(g.buf, s...)
}

func (g *generator) length(n uint64) {
	switch {
	case n < 1<<6:
		g.buf = append(g.buf, byte(n))
	case n < 1<<14:
		g.buf = append(g.buf, 0x40|byte(n>>8), byte(n))
	default:
		g.buf = binary.BigEndian.AppendUint32(append(g.buf, 0x80), uint32(n))
	}
}
