// Package hashjoin joins two sets of entries by key within bounded memory,
// however many there are. It knows nothing of what they stand for.
//
// An entry has 48 bytes, whatever its key and value:
//
//	key    16   hash of the key
//	value  16   hash of the value
//	tag    16   what the caller keeps with it, and gets back
//
// Entries go into partitions by key. Past the memory allowed, full chunks of
// all partitions go to a temporary file that has no name any more, so that
// nothing is left behind whatever way the program ends. Then the tables are
// joined partition by partition, each indexed by key in memory, in several
// passes where one is larger than the memory for it.
//
//	left ──Add──▶ Table ┐
//	                    ├─Join.Run──▶ Pair(left, right), nil for what one side lacks
//	right ─Add──▶ Table ┘
//
// Pairs keeps what is found, on disk past its own bound.
package hashjoin
