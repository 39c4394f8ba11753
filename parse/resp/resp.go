// Package resp reads commands as servers write them into a replication stream
// or an append-only file.
package resp
