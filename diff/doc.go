// Package diff compares two keyspaces exactly and within bounded memory.
//
// Each side is read once, from front to back, both at the same time. A key
// leaves behind an entry of 48 bytes, whatever its size:
//
//	identity 16   hash of database and key
//	digest   16   hash of the value in its canonical form
//	expiry    8   Unix milliseconds
//	place     8   where in the dump the key stands (56 bits), its type and flags (8)
//
// Entries go into partitions by identity. Past the memory allowed, partitions
// go to an unlinked temporary file. Then partition by partition is joined;
// keys with equal identity, digest and expiry are equal, and only the others
// are read again, by their places, and compared element by element.
//
// The canonical form of a value does not depend on its encoding, nor on order
// where order has no meaning: see digest.go. Hashes are XXH3 of 128 bits. They
// stand against accident, not against a forger of dumps.
package diff
