// Package damage breaks artefacts in the ways in which they break, and holds what
// redsleuth makes of them: no crash, no hang, no memory beyond its bound, and no
// silence.
//
// # What is silence
//
// An input whose bytes were changed and of which inspect has nothing to say
// (status 0) is silent, unless what is there now is legal to the byte:
//
//   - A dump whose checksum was left as it was is never legal.
//   - A dump whose checksum was mended, or that has none, is held against a server's own
//     check-rdb, where one is at hand; of these only a sample.
//   - Of an AOF, a bare stream or a raw link: every command is written as a
//     server writes it, nothing is between the commands, and the payload or
//     base has a right checksum. Then nothing tells a change from data.
//   - Of captures and of MONITOR's output nothing is held but the rest: their
//     bytes have no sums, and much in them means nothing.
//
// Besides, the records that dump writes of an RDB cover it from its first byte
// on, each beginning where the last ended; diff does not call whole what inspect
// calls damaged; and a program that is run on a sample ends with the status that
// inspect had in this process, leaving its input alone.
//
// The same seed breaks the same artefacts in the same way.
package damage
