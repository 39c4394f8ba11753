// Package value holds whole values of keys: read from a dump or from what DUMP
// replies, compared whatever their encoding, and turned into what RESTORE
// takes or into the commands that build them.
//
//	rdb.Decoder ──Read────────▶ Value ──Digest, Same────▶ equal or not
//	DUMP reply  ──FromDump────▶       ──RestorePayload──▶ RESTORE key ttl payload
//	                                  ──Commands────────▶ SET, RPUSH, HSET, XADD, …
//
// A Value is in memory. What is too large for that is gone over element by
// element instead: Digester digests, Builder writes commands, and a Payload
// frames stored bytes, all of them while a decoder reads and with no more
// memory than the largest element takes. RestorePayload of a record needs no
// decoding of the value at all.
//
// # Equality
//
// Two values are equal if a client could not tell them apart. A digest of 128
// bits (XXH3) decides that: it does not depend on the encoding, nor on order
// where order has no meaning. It holds against accident, not against a forger.
// Digester says what counts. Digests may change from one version of this
// package to the next: compare them, don't keep them.
//
// # The payload of DUMP and RESTORE
//
// Redis src/cluster.c (createDumpPayload), cluster.c in Valkey:
//
//	type     1   the type byte, as in an RDB file
//	value    n   as in an RDB file, after the key
//	version  2   of the RDB format, little endian
//	crc64    8   of all that, little endian; 0 is not checked
//
// A server takes a payload of its own RDB version or an older one. Valkey 9.0
// and later (80 and up) take those of Redis up to 11.
//
// # What is stable
//
// The functions, methods and types named above. The digests themselves, which
// of several equal payloads or commands are written, and the wording of errors
// are not.
package value
