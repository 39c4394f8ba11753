// Package diff compares two keyspaces exactly and within bounded memory.
//
// Both sides are read at the same time, from front to back. A key of either
// leaves an entry of 48 bytes, whatever its size:
//
//	key     16   hash of database and key
//	value   16   digest of the value, by content or by its stored bytes
//	place    8   where in the dump the key is (56 bits), its type and flags (8)
//	expiry   8   Unix milliseconds
//
// The entries are joined (internal/hashjoin), on disk past the memory allowed.
// Keys with equal digest and expiry are equal, and only the others are fetched
// again, by their places, and compared element by element.
//
// Equal values of two dumps of one format mostly have equal bytes, and such
// values are first compared by the hash of their bytes alone: see rawbytes.go.
// What a digest by content counts is written at value.Digester.
//
// Values are taken for what they are: encodings never make a difference.
// Hashes of 128 bits stand for equality, against accident, not against a forger
// of dumps.
package diff
