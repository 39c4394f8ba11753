package server

// The magics of RDBs. Valkey writes its own from 9.0 on, and before that what
// Redis 7.2 writes.
const (
	magicRedis  = "REDIS"
	magicValkey = "VALKEY"
)

// formats are the newest RDB versions that servers load, by the first version
// that does; they write these too. Source: RDB_VERSION in rdb.h of the releases.
var formats = []format{
	{redis(1, 0, 0), 1},
	{redis(2, 4, 0), 2},
	{redis(2, 6, 0), 6},
	{redis(3, 2, 0), 7},
	{redis(4, 0, 0), 8},
	{redis(5, 0, 0), 9},
	{redis(7, 0, 0), 10},
	{redis(7, 2, 0), 11},
	{redis(7, 4, 0), 12},
	{redis(8, 6, 0), 13},
	{redis(8, 8, 0), 14},
	{redis(8, 10, 0), 15},
	{valkey(7, 2, 0), lastShared},
	{valkey(9, 0, 0), 80},
	{valkey(9, 2, 0), 81},
}

// lastShared is the last RDB version that both families write and load.
const lastShared = 11

type format struct {
	from   Version
	newest int
}

// own reports whether servers write it with the magic of Valkey.
func (f format) own() bool { return f.from.family == valkeyFamily && f.newest > lastShared }

// NewestFormat is the newest RDB version with a magic that servers of v load; 0
// if that is not known. Those of Valkey load no version of Redis newer than 11.
func NewestFormat(v Version, magic string) int {
	newest := 0
	for _, row := range formats {
		if row.from.family == v.family && !v.before(row.from) {
			newest = row.newest
		}
	}
	if magic == magicRedis && v.family == valkeyFamily {
		return min(newest, lastShared)
	}
	return newest
}
