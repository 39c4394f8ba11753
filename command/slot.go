package command

import "bytes"

// slots is how many a cluster has.
const slots = 1 << 14

// Slot is the slot of a cluster that a key belongs to: the CRC-16 (XMODEM) of
// the key, or of what stands between its first { and the next } where that is
// not empty (cluster.c, keyHashSlot).
func Slot(key []byte) int {
	if _, rest, ok := bytes.Cut(key, []byte("{")); ok {
		if tag, _, ok := bytes.Cut(rest, []byte("}")); ok && len(tag) > 0 {
			key = tag
		}
	}
	sum := uint16(0)
	for _, c := range key {
		sum ^= uint16(c) << 8
		for range 8 {
			carry := sum >> 15 * 0x1021
			sum = sum<<1 ^ carry
		}
	}
	return int(sum % slots)
}
