// Package diff compares two keyspaces exactly and within bounded memory.
//
// Both sides are read at the same time, from front to back. A key of either
// leaves behind an entry of 48 bytes, whatever its size:
//
//	identity 16   hash of database and key
//	digest   16   hash of the value in its canonical form, or as it is stored
//	expiry    8   Unix milliseconds
//	place     8   where in the dump the key stands (56 bits), its type and flags (8)
//
// Entries go into partitions by identity. Past the memory allowed, partitions
// go to an unlinked temporary file. Then partition by partition is joined;
// keys with equal identity, digest and expiry are equal, and only the others
// are read again, by their places, and compared element by element.
//
// Equal values of two dumps of one format mostly have equal bytes, and such
// values are first told apart by the hash of their bytes alone: see stored.go.
//
// The canonical form of a value does not depend on its encoding, nor on order
// where order has no meaning: see digest.go. Hashes are XXH3 of 128 bits. They
// stand against accident, not against a forger of dumps.
package diff
