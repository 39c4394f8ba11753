// Package server is what is known of servers by their version: what they do
// (the table Behaviours) and which RDB versions they load.
//
// It is the only place where versions are compared. A Behaviour is asked
// whether it holds of a Version, and answers Yes, No or, where the version is
// not known, Unknown; it says in words which versions it concerns and which is
// the first without it, so that no other place writes versions down.
// docs/behaviours.md shows the whole table.
package server
