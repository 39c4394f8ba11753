// Package memory tells what keys cost in a server's memory: what MEMORY USAGE
// key SAMPLES 0 replies on a server that has just loaded the dump. The size of
// a key in its dump ranks keys wrongly by factors of ten and more.
//
//	m, ok := memory.For(version, version.Allocator())
//	n, ok, err := m.Key(decoder, record, nil)
//
// # What is counted
//
// The object, its key, the entry of the database's table, and the value:
//
//	string       an integer is in the object; up to 64 bytes with the object
//	             are one allocation; else header, bytes, and a zero apart
//	list         nodes of packed elements, or one listpack (7.2)
//	set          integers; a listpack (7.2); or a table of members
//	sorted set   packed; or a table and a skip list
//	hash         packed; or a table of fields and values
//	stream       listpacks under a radix tree; pending entries of groups,
//	             once for the group and once for the consumer
//
// each rounded to what the allocator gives. Which of them it is after a load is
// decided as the loader does it (rdb.c, rdbLoadObject), with the limits of the
// default configuration: a hash table with few short fields becomes a listpack.
// Tables have the size that the loader makes them.
//
// # What is not exact
//
// Levels of skip lists are drawn, and so is what hangs on a bucket of Valkey's
// tables: their means are told. A server with other limits than the default's
// packs otherwise. A module's value is not told at all. What MEMORY USAGE does
// not count, such as the table of expiries, is not here either.
//
// # Allocators
//
// Servers from their own sources have a jemalloc with steps of 8 bytes; those
// of Debian and Ubuntu share a library with steps of 16. No dump tells which;
// server.Version.Allocator is the likelier.
//
// Sources: object.c (objectComputeSize), sds.c, dict.c, hashtable.c, entry.c,
// vset.c, quicklist.c, listpack.c, ziplist.c, t_zset.c, rax.c of Redis 6.0.16,
// 7.0.15 and 8.0.6, Valkey 8.1.1 and 9.1.2; held against these servers and
// Redis 6.2.16 and Valkey 8.0.1. From the sources alone, and held against no server:
// Redis 4.0 and 5.0, 7.2, 7.4, 8.2 (object.c, stream.h) and 8.4 (stream.h), Valkey 9.0.
// Redis 8.6 adds up what was asked for instead of what the allocator gave; it is taken
// to be like 8.4 (server.Version.MemoryAssumed).
package memory
