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
	if m.layout.Tables != server.Chained {
		return int64(hashtable(keys) + hashtable(expires))
	}
	n := 8 * buckets(keys)
	if expires > 0 {
		n += 8*buckets(expires) + entryHead*expires
	}
	return n
}
