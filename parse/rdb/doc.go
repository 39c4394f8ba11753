// Package rdb decodes RDB files, the dumps of Redis and Valkey, record by
// record.
//
// A Decoder yields records: header, AUX fields, function libraries, database
// selectors, keys, end. Each knows its place and length. A key's record comes
// before its value has been looked at; the value is then visited element by
// element (Value), or stepped over by its length fields (Skip).
//
//	magic     "REDIS" + 4 digits, or "VALKEY" + 3 digits (Valkey 9 and later)
//	record    opcode | ...              opcodes 242 to 255
//	        | prefix* type key value    types 0 to 33
//	end       255 + 8 bytes CRC-64, little endian (version 5 and later)
//
// Source of the format: redis and valkey src/rdb.c, src/rdb.h.
package rdb
