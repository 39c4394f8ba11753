// Package replica speaks the replication protocol from the replica's side, as
// far as evidence needs it: the handshake, PSYNC, the stream with its
// acknowledgements, the RDB of a full resync. Nothing is applied.
//
//	replica                             master
//	[AUTH [user] password]              +OK
//	PING                                +PONG
//	REPLCONF listening-port 0           +OK
//	REPLCONF capa eof capa psync2       +OK, or an error before 3.0
//	PSYNC id offset                     +CONTINUE [id], then the stream, or
//	                                    +FULLRESYNC id offset, then the RDB
//	REPLCONF ACK offset, every second
//	SYNC                                the RDB, before 2.8
//
// Offsets count the bytes of the history; offset of PSYNC is that of the byte
// that is asked for, one more than what is here. A resume asks for what follows
// the last whole command.
//
// Source: redis src/replication.c (syncWithMaster, masterTryPartialResync,
// readSyncBulkPayload, replicationSendAck) of 2.8 to 8.0.
package replica
