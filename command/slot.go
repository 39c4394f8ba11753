package command

import "bytes"

// Slots is how many slots a cluster has.
const Slots = 16384

// Slot is the slot of a cluster that a key belongs to: the CRC-16 (XMODEM) of
// the key, or of what stands between its first { and the next } where that is
// not empty (cluster.c, keyHashSlot).
func Slot(key []byte) int {
	if i := bytes.IndexByte(key, '{'); i >= 0 {
		rest := key[i+1:]
		if n := bytes.IndexByte(rest, '}'); n > 0 {
			key = rest[:n]
		}
	}
	sum := uint16(0)
	for _, c := range key {
		sum = sum<<8 ^ crc16[byte(sum>>8)^c]
	}
	return int(sum % Slots)
}

// crc16 has the sum of each byte, by polynomial 0x1021.
var crc16 = func() (table [256]uint16) {
	for i := range table {
		sum := uint16(i) << 8
		for range 8 {
			sum = sum<<1 ^ sum>>15*0x1021
		}
		table[i] = sum
	}
	return table
}()
