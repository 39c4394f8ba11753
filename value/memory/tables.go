package memory

import "github.com/redsleuth/redsleuth/server"

// Tables is what the tables of a database of so many keys, of which some expire,
// take beside the keys, in bytes: MEMORY USAGE counts the entry of a key, and no
// buckets, and nothing of its expiry. It is that of a server without cluster mode
// that has loaded the dump.
func (m *Model) Tables(keys, expires int64) int64 {
	if keys == 0 {
		return 0
	}
	switch {
	case m.layout.Tables != server.Chained:
		return int64(hashtable(keys) + hashtable(expires))
	case m.layout.Key == server.KeyInObject:
		return bareTable(keys) + bareTable(expires)
	}
	n := 8 * buckets(keys)
	if expires > 0 {
		n += 8*buckets(expires) + entryHead*expires
	}
	return n
}

// bareTable is a table of keys that have their values in them (Redis 8.2, server.c,
// dbDictType): one that is alone in its bucket has no entry (dict.c,
// dictInsertAtPosition).
func bareTable(n int64) int64 {
	if n == 0 {
		return 0
	}
	size := buckets(n)
	return 8*size + int64(bareEntry*(float64(n)-filled(n, size)))
}
