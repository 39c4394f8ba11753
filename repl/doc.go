// Package repl is what replication is about: where in a history a state is,
// what INFO and logs tell of a server beside that, and whether a master grants
// a partial resync.
//
// A State is a replication id, the offset of the last byte applied, and the
// database that the stream had selected. RDBs hold one in their AUX fields,
// which an Origin reads:
//
//	repl-id         40 characters; another length is no id
//	repl-offset     0 to MaxOffset
//	repl-stream-db  0 on; -1 is no database, of a master that had selected none
//	redis-ver, valkey-ver, ctime
//
// A Server is what only INFO and logs tell: the role, the secondary id and the
// bounds of the backlog. Facts are all of these, and what logs tell of resyncs.
//
// Sources: redis src/rdb.c rdbSaveInfoAuxFields and rdbLoadRioWithLoadingCtx,
// src/server.c genRedisInfoString, src/replication.c
// masterTryPartialResynchronization.
package repl
