package diff

import "encoding/binary"

// A pair is a key that the sides may not hold alike: where it stands in each.
type pair struct{ master, replica spot }

// A spot is a place in a dump; absent is the place of a key not held.
type spot struct {
	place  uint64 // as in an entry
	expire int64
}

// absent can't be the place of a key: a dump begins with its header.
const absent = 0

func spotOf(e *entry) spot {
	if e == nil {
		return spot{}
	}
	return spot{e.place, e.expire}
}

func (s spot) held() bool      { return s.place != absent }
func (s spot) byte() int64     { return int64(s.place >> 8) }
func (s spot) hasExpire() bool { return s.place&expireFlag != 0 }

const (
	pairSize   = 32
	pairsBlock = 1024
)

// pairs is a list of pairs, on disk past a number of blocks.
type pairs struct {
	budget int      // blocks that may be held in memory
	blocks [][]pair // in memory, behind those on disk; the last is being filled
	spill  *spill
	count  int64
}

func newPairs(budget int64) *pairs {
	return &pairs{budget: max(int(budget/(pairSize*pairsBlock)), 1)}
}

func (p *pairs) add(x pair) error {
	p.count++
	if n := len(p.blocks); n > 0 && len(p.blocks[n-1]) < pairsBlock {
		p.blocks[n-1] = append(p.blocks[n-1], x)
		return nil
	}
	if len(p.blocks) >= p.budget {
		if err := p.spillAll(); err != nil {
			return err
		}
	}
	p.blocks = append(p.blocks, append(make([]pair, 0, pairsBlock), x))
	return nil
}

func (p *pairs) spillAll() error {
	if p.spill == nil {
		s, err := newSpill(pairSize * pairsBlock)
		if err != nil {
			return err
		}
		p.spill = s
	}
	var buf []byte
	for _, block := range p.blocks {
		buf = buf[:0]
		for _, x := range block {
			for _, w := range [...]uint64{x.master.place, uint64(x.master.expire), x.replica.place, uint64(x.replica.expire)} {
				buf = binary.LittleEndian.AppendUint64(buf, w)
			}
		}
		if _, err := p.spill.add(buf); err != nil {
			return err
		}
	}
	p.blocks = p.blocks[:0]
	return nil
}

// each calls do with block after block; the slice is borrowed.
func (p *pairs) each(do func([]pair) error) error {
	if p.spill != nil {
		block := make([]pair, pairsBlock)
		for n := range p.spill.blocks {
			b, err := p.spill.read(n, 1)
			if err != nil {
				return err
			}
			for i := range block {
				word := func(j int) uint64 { return binary.LittleEndian.Uint64(b[i*pairSize+8*j:]) }
				block[i] = pair{spot{word(0), int64(word(1))}, spot{word(2), int64(word(3))}}
			}
			if err := do(block); err != nil {
				return err
			}
		}
	}
	for _, block := range p.blocks {
		if err := do(block); err != nil {
			return err
		}
	}
	return nil
}

func (p *pairs) close() error {
	if p.spill == nil {
		return nil
	}
	return p.spill.close()
}
