// Package input opens an artefact of any kind, read-only, and recognises kind
// and compression by content. A Cursor of package parse goes over its
// decompressed bytes.
//
//	rdb       "REDIS" and 4 digits, or "VALKEY" and 3, at the front or behind
//	          text; records of which many follow one another, where the front
//	          of the file is gone
//	pcap      a1b2c3d4 or a1b23c4d in either order, or 0a0d0d0a (pcapng)
//	aof-set   a manifest's line: file … seq … type …; or a folder with one
//	aof       "#TS:", or commands with such a line further down; an RDB that
//	          commands follow is one too, which package artefact finds out
//	psync     a reply of a handshake (+PONG, +FULLRESYNC, -NOAUTH, …), or
//	          $length or $EOF:mark, and an RDB; also behind lines of text
//	commands  "*" and a count, or bytes within which commands begin
//	monitor   within the first lines one of MONITOR's: time [db client] "name" …
//	slowlog   [{… "duration_us": …}], or 1) 1) (integer) … as redis-cli shows it
//	dump-payload  type, value, version and a CRC-64 that is right; or its text in
//	          quotes (package dumped)
//
//	gzip      1f8b      zstd   28b52ffd     lz4  04224d18    bzip2  "BZh"
//	base64    "UkVESVMw" or "VkFMS0VZ", as mail and terminals carry a dump
//	vcs       "VCS" 1 codec 0 kind, then one frame of lz4 (codec 1) or zstd (2):
//	          the envelope that Valkey 9.2 may put around an RDB
//
// A file that is not compressed can be read again at any place (CursorAt), and
// so can any input after Spool, which keeps its decompressed bytes in a file
// that has no name. Nothing is ever written to an input.
//
// Stable: Open, Sniff, Cursor, CursorAt, Spool, and the names of the kinds.
package input
