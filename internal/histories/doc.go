// Package histories makes random histories of a master and its replicas, and
// knows by a model of its own what each replica came to hold: which EVALSHA it
// dropped, which commands it ran in the wrong database, which load killed it.
// What redsleuth says of the artefacts of such a history is held against that.
//
// The model is written from what the servers do, by version, and not from the
// code of replay. It is simple and slow: strings only, whole dumps in memory, a
// version's behaviour as a few conditions in this package alone.
//
//   - A master that sends scripts (up to 6.2) sends an EVALSHA as EVAL until it
//     has done so once since the last full resync, SCRIPT FLUSH, or moment without
//     any replica. It selects a database only where the last command was for
//     another one.
//   - A replica drops an EVALSHA that it does not know, and counts its bytes. It
//     resumes after its last command outside any transaction.
//   - A restarted replica has what its dump holds: of the scripts those in AUX
//     fields, if its version writes and reads them (4.0.4 to 6.2); the selected
//     database, if it does so (from 4.0.2).
//   - 4.0.4 and 4.0.5 die of a script in a dump that they know already.
//
// A history is made from a seed, and the same seed makes the same one.
package histories
