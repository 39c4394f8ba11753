// Package rdb decodes RDB files, the dumps of Redis and Valkey, record by
// record, in every version up to 15 of Redis and 81 of Valkey.
//
//	r := rdb.NewReader(file)
//	defer r.Close()
//	for rec, err := range r.Records() { … }
//
// A Decoder yields records: header, AUX fields, function libraries, database
// selectors, keys, end. Each knows its place and length; together they cover the
// file to the byte. A key's record comes before its value has been looked at; the
// value is then visited element by element (Value), or stepped over by its length
// fields (Skip, which Next calls where neither was). Package value holds whole
// values, and what RESTORE takes.
//
// # The file
//
//	magic     "REDIS" + 4 digits, or "VALKEY" + 3 digits (Valkey 9 and later)
//	record    opcode | ...              opcodes 242 to 255
//	        | attribute* type key value types 0 to 33
//	end       255 + 8 bytes CRC-64, little endian (version 5 and later);
//	          0 where the server was told not to compute it
//
// # Lengths and strings
//
//	00xxxxxx                   length in 6 bits
//	01xxxxxx xxxxxxxx          length in 14 bits, big endian
//	10000000 u32               length, big endian
//	10000001 u64               length, big endian (version 8 and later)
//	11000000 i8                string: the decimal text of an integer
//	11000001 i16, 11000010 i32 likewise, little endian
//	11000011 packed size LZF   string: lengths packed and as it was, then LZF
//
// A string is one of the last three, or its length and as many bytes.
//
// # Opcodes
//
//	250  AUX field: name, value             254  database: number
//	251  sizes: keys, keys that expire      255  end
//	247  module data: id, when, items       245  function library: source
//	246  function of 7.0-rc1 and rc2: name, engine, has description,
//	     [description], source
//	244  slot sizes: slot, keys, keys that expire
//	243  Valkey 9: slot import: job, count, and as many (first, last)
//	242  Valkey 9.2: a command, as RESP
//	242  Redis 8.10: hash template: id, count, and as many field names
//
// Attributes of the key after them:
//
//	253  expiry: 4 bytes, seconds           248  idle time: length, seconds
//	252  expiry: 8 bytes, milliseconds      249  access frequency: 1 byte
//	243  Redis 8.6: metadata: count, and as many (4 bytes, items)
//
// Raw numbers are little endian; expiries in milliseconds before version 9 are
// in the order of the machine that wrote them.
//
// # Values
//
//	 0 string      1 list, 2 set: count, strings
//	 3 sorted set: count, (member, text of the score after a length byte)
//	 4 hash: count, (field, value)
//	 5 sorted set: count, (member, 8 bytes)
//	 7 module: id, items up to the item 0
//	 9 hash as zipmap   10 list, 12 sorted set, 13 hash as ziplist
//	11 set as intset    16 hash, 17 sorted set, 20 set as listpack
//	14 list: count, ziplists      18 list: count, (1 string | 2 listpack)
//	15, 19, 21, 26, 27  stream: nodes, state, consumer groups, producers
//	22, 23 hash of 7.4 release candidates: count, (expiry, field, value) | listpack
//	24 hash: first expiry, count, (expiry counted from it, field, value)
//	25 hash: first expiry, listpack of field, value, expiry
//	22 Valkey 9: hash: count, (field, value, expiry)
//	28 array: count, has insert position, [position], (index, tag, payload)
//	30, 32 hash with a template: listpack of id and values | id, values
//	33 rate limiter: length (29 in version 14)
//
// Zipmaps, ziplists, listpacks and intsets are strings; the packages in internal
// specify them. A module's item is 1 or 2 and a length, 3 and 4 bytes, 4 and 8
// bytes, or 5 and a string.
//
// Source of the format: redis and valkey src/rdb.c, src/rdb.h; where releases
// differ, what their loaders accept.
//
// # Limits and damage
//
// Memory is bounded by the largest single string (parse.Limits), not by the file
// or the largest key; nothing is allocated for a length that was only read. What
// is wrong with the bytes is a *parse.Error with its place: parse.IsDamage tells
// it from an error of the reader below. Resume continues after damage.
//
// Zeros where a record begins, five or more, are no record: parse.ErrZeros has
// their place and length. A magic may come behind text (the header's place tells).
//
// Private bytes of vendors end the reading (parse.ErrVendor): Dragonfly's opcodes
// 200 to 223 and types 30 to 35 (its src/server/rdb_extensions.h; AUX df-ver),
// KeyDB's type 64 (its src/rdb.h; AUX mvcc-tstamp, keydb-*), and the opcodes 100
// to 102, 107 and 121, which librdb takes for Redis Enterprise's. Where no field
// names the vendor, they count as damage unless the whole file's checksum is right.
// No private bytes are known of Tair, whose types are modules ("exhash---",
// "exstrtype", "exzset---", "tair-json": RedisShake's internal/rdb/types), nor of
// Kvrocks and Garnet, which only write DUMP payloads, of Redis's types
// (src/storage/rdb/rdb.h; libs/common/RespLengthEncodingUtils.cs).
//
// Limitations: modules of the 4.0 release candidates (type 6) and the path hash
// of Valkey 9.2 can't be stepped over: reading ends there, as unsupported. Of a
// module's value, only vector sets are understood.
//
// # What is stable
//
// NewReader, NewDecoder, Records, Value, Skip, and the fields of Record and
// Element: fields and kinds are added as servers add them. The wording of errors,
// and where a search after damage continues, are not.
package rdb
