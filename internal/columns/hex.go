package columns

import (
	"encoding/binary"
	"encoding/hex"

	"github.com/klauspost/compress/zstd"
)

// Digests in hexadecimal are half of a file, and most of the time of compressing
// it, though nothing can be found in them: a digit has four bits, and that is all. So
// their frame is not searched for, but put down: its literals are coded by a Huffman
// table in which every digit has its four bits, which are those of the digest.
//
// Source: RFC 8878, 3.1.1 (frames, blocks, literals) and 4.2.1 (tables).
const (
	frameMagic = 0xfd2fb528
	// frameSized: the frame is one segment, and its length is told in four bytes.
	frameSized = 1<<5 | 2<<6
	blockRaw   = 0
	blockCoded = 2
	// literalsCoded: literals with a table, in four streams, with lengths of 18 bits.
	literalsCoded   = 2 | 3<<2
	literalsLength  = 18
	literalsStreams = 4
	// hexFew: so few digests that the table costs more than it saves.
	hexFew = 64
)

// hexTable is the table: a weight for each character up to the last but one that
// there is, of which each has four bits, two weights a byte. That of 'f' follows from
// the others.
func hexTable() []byte {
	const last = 'f'
	table := make([]byte, 1+last/2)
	table[0] = 127 + last
	for _, c := range []byte("0123456789abcde") {
		table[1+c/2] |= 1 << (4 * (1 - c%2))
	}
	return table
}

// appendHexFrame appends a frame of zstd that holds head, and the digests in
// hexadecimal. Both are of a page, and no block's limit of 128 KiB is near.
func (k *chunk) appendHexFrame(dst []byte, z *zstd.Encoder, head, digests []byte) []byte {
	n := len(digests) / hexBytes
	if n < hexFew {
		return z.EncodeAll(hex.AppendEncode(head, digests), dst)
	}
	dst = binary.LittleEndian.AppendUint32(dst, frameMagic)
	dst = append(dst, frameSized)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(head)+2*len(digests)))
	dst = append(appendBlockHead(dst, blockRaw, len(head), false), head...)

	// Each stream is read from its end, where a bit says where that is.
	stream := len(digests)/literalsStreams + 1
	coded := len(k.hexTable) + 2*(literalsStreams-1) + literalsStreams*stream
	const literalsHead, noSequences = 5, 1
	dst = appendBlockHead(dst, blockCoded, literalsHead+coded+noSequences, true)
	lengths := literalsCoded | uint64(2*len(digests))<<4 | uint64(coded)<<(4+literalsLength)
	dst = append(binary.LittleEndian.AppendUint32(dst, uint32(lengths)), byte(lengths>>32))
	dst = append(dst, k.hexTable...)
	for range literalsStreams - 1 {
		dst = binary.LittleEndian.AppendUint16(dst, uint16(stream))
	}
	for ; len(digests) > 0; digests = digests[stream-1:] {
		dst = append(appendReversed(dst, digests[:stream-1]), 1)
	}
	return append(dst, 0)
}

func appendBlockHead(dst []byte, kind, size int, last bool) []byte {
	head := kind<<1 | size<<3
	if last {
		head |= 1
	}
	return append(dst, byte(head), byte(head>>8), byte(head>>16))
}

// appendReversed appends b, a whole number of words, from its end to its front.
func appendReversed(dst, b []byte) []byte {
	for i := len(b) - 4; i >= 0; i -= 4 {
		dst = binary.LittleEndian.AppendUint32(dst, binary.BigEndian.Uint32(b[i:]))
	}
	return dst
}
