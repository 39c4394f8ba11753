// Package dump writes every record of an artefact, one after the other, in a
// format of the user's choice.
//
// A Dumper is a record.Handler: artefact.Walk drives it. It knows nothing of
// flags and terminals, so it is a room beside inspect, replay and diff; how byte
// strings look is decided by the BytesFormatter that it is given.
//
//	text     a line a record; with Options.Full a line an element too
//	ndjson   a JSON object a line
//	json     an array of the same objects
//	csv      a row a key, and of what holds commands a row a command
//	resp     commands: those that rebuild the keyspace of a dump, or those of
//	         a stream, each in its database and transaction whatever is
//	         filtered
//	raw      the bytes of one string
//	parquet  a row a key and a row a command, in one flat schema (Columns)
//	hex      the bytes of the records of an RDB, field by field
//
// Values are written while they are read, element by element, so that a key of
// forty million fields takes no more memory than one of forty. What only the
// end of a value says (elements, bytes) therefore follows the value in
// the JSON objects. The order of their members never changes.
//
// # Cores
//
// Keys of a dump are written on all cores, in batches of about 256 KiB of the
// file, and come out in file order; a longer value is written while it is read.
// A damaged dump comes to the same output, to the byte, as on one core. With
// Options.Salvage or Options.AtByte, and of the payload of a link, keys are
// written one after the other.
//
// # What resp can't rebuild
//
// Idle times, access frequencies and the times at which consumers were last
// seen have no command. Vector sets, other module values, and streams with
// something that no command makes (an entry that is pending and deleted,
// idempotent producers) are rebuilt with RESTORE, which a server accepts that
// is no older than the dump's, has the module, and takes arguments of that
// size. What can't be rebuilt at all goes to Options.Remark, and makes
// Dumper.Incomplete true. An expiry is only written behind a value, and a MULTI
// whose EXEC is not there ends with DISCARD.
package dump
