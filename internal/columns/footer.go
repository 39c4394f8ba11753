package columns

import "github.com/klauspost/compress/zstd"

// A footer is what the end of the file says of each row group. It grows with the file,
// and says the same of most groups, so that all but the last blocks are compressed.
type footer struct {
	thrift
	blocks [][]byte
	size   int64 // of what is in blocks
	groups int
}

const footerBlock = 64 << 10

// endGroup counts a group that was described, and compresses what is a block.
func (f *footer) endGroup(z *zstd.Encoder) {
	f.groups++
	if len(f.b) < footerBlock {
		return
	}
	f.size += int64(len(f.b))
	f.blocks = append(f.blocks, z.EncodeAll(f.b, nil))
	f.b = f.b[:0]
}

// len is how many bytes each gives to put.
func (f *footer) len() int64 { return f.size + int64(len(f.b)) }

// each gives all of it to put, in pieces.
func (f *footer) each(put func([]byte) error) error {
	if len(f.blocks) > 0 {
		z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
		if err != nil {
			return err
		}
		defer z.Close()
		var b []byte
		for _, block := range f.blocks {
			if b, err = z.DecodeAll(block, b[:0]); err != nil {
				return err
			}
			if err := put(b); err != nil {
				return err
			}
		}
	}
	return put(f.b)
}
