// Package inspect says what an artefact is, what it holds, how it ends and
// what is wrong with it.
//
// An Inspector is a record.Handler: artefact.Walk drives it, and Report then
// has what it saw. It holds a few megabytes however large the input is: of a
// dump it keeps counts, the largest keys, and hashes that tell whether a key
// comes twice; of a stream it keeps counts by command, the largest commands,
// and the rate of writing in a fixed number of steps. Values are stepped over,
// never decoded.
//
// Every table that grows with the input has a bound, and the report says
// where one was reached.
package inspect
