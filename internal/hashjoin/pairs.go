package hashjoin

import "encoding/binary"

// A Pair is what the two sides keep with one key. Which Tag means that a side
// lacks the key is the caller's choice.
type Pair struct{ Left, Right Tag }

// PairSize is what a pair takes in memory and on disk, in bytes.
const PairSize = 32

const pairsBlock = 1024

// Pairs is a list of pairs, on disk past a number of blocks.
type Pairs struct {
	budget int      // blocks that may be held in memory
	blocks [][]Pair // in memory, after those on disk; the last is being filled
	spill  *spill
	count  int64
}

// NewPairs makes a list that holds about budget bytes in memory.
func NewPairs(budget int64) *Pairs {
	return &Pairs{budget: max(int(budget/(PairSize*pairsBlock)), 1)}
}

// Len is the number of pairs.
func (p *Pairs) Len() int64 { return p.count }

// Add appends a pair.
func (p *Pairs) Add(x Pair) error {
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
	p.blocks = append(p.blocks, append(make([]Pair, 0, pairsBlock), x))
	return nil
}

func (p *Pairs) spillAll() error {
	if p.spill == nil {
		s, err := newSpill(PairSize * pairsBlock)
		if err != nil {
			return err
		}
		p.spill = s
	}
	var buf []byte
	for _, block := range p.blocks {
		buf = buf[:0]
		for _, x := range block {
			for _, w := range [...]uint64{x.Left.A, x.Left.B, x.Right.A, x.Right.B} {
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

// Each calls do with block after block, in the order of Add; the slice is
// borrowed.
func (p *Pairs) Each(do func([]Pair) error) error {
	if p.spill != nil {
		block := make([]Pair, pairsBlock)
		for n := range p.spill.blocks {
			b, err := p.spill.read(n, 1)
			if err != nil {
				return err
			}
			for i := range block {
				word := func(j int) uint64 { return binary.LittleEndian.Uint64(b[i*PairSize+8*j:]) }
				block[i] = Pair{Tag{word(0), word(1)}, Tag{word(2), word(3)}}
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

// Close frees the file; the memory goes with the list.
func (p *Pairs) Close() error {
	if p.spill == nil {
		return nil
	}
	return p.spill.close()
}
