// Package record is what every artefact that holds a stream yields, whatever
// its format on disk or on the wire: links, commands with their offsets,
// payloads, and notes on what is missing or wrong. Producers (parse/link,
// parse/aof, parse/capture) call a Handler; analyses implement it.
//
//	dump     RDB, and a Note on what follows its end
//	link     LinkStart, [RDB], Command or Note …, LinkEnd
//	AOF      [RDB], then as a link, without offsets
//	capture  links one after another, then Notes on what is in none
//
// Offsets are those of master_repl_offset, and every byte of a stream counts: a
// command's Offset is the one before its first byte, EndOffset the one after its
// last, and PSYNC asks for Offset+1. Places (Byte) count in the decompressed
// input, in a capture in the direction as it was sent.
//
// What a Handler is given is borrowed: a Command and a Note until the method
// returns, a Link until LinkEnd returns, its fields growing.
//
// Stable: Handler and the types that it is given; fields and kinds of notes may
// be added.
package record

import (
	"errors"
	"time"

	"github.com/redsleuth/redsleuth/parse/rdb"
)

// Unknown is an offset or a database that nothing tells.
const Unknown = -1

// Stop is returned by a Handler that has seen enough. Walks end with nil then.
//
//lint:ignore ST1012 it is no failure, and named as io/fs.SkipAll is
var Stop = errors.New("stop")

// A Handler is told what an artefact holds, in order. An error that it
// returns ends the walk and comes back from it.
type Handler interface {
	// RDB is called with an RDB: a whole dump (link is nil), the payload of
	// a full resync, or the head of an AOF. The handler reads as much as it
	// likes; the rest is stepped over. Damage comes out of the decoder.
	RDB(link *Link, d *rdb.Decoder) error
	LinkStart(link *Link) error
	Command(c *Command) error
	Note(n *Note) error
	// LinkEnd is called when the link's fields are final.
	LinkEnd(link *Link) error
}

// Resync is how a link began.
type Resync string

// How links begin.
const (
	Full    Resync = "full"
	Partial Resync = "partial"
	NoSync  Resync = "none" // the beginning was not seen, or it is no link at all
)

// Anchor says what ties a link to absolute offsets.
type Anchor string

// What can tie a link to offsets.
const (
	AnchorFullResync Anchor = "fullresync" // the offset in +FULLRESYNC, $ENDOFF or the payload
	AnchorPSYNC      Anchor = "psync"      // the replica's request, answered by +CONTINUE
	AnchorBase       Anchor = "base"       // the AUX fields of RDBs that the user named
	AnchorFlag       Anchor = "flag"       // --offset or --info
	AnchorACK        Anchor = "ack"        // the replica's REPLCONF ACK
	AnchorOverlap    Anchor = "overlap"    // bytes shared with a link that has an anchor
	AnchorNone       Anchor = "none"
)

// End says which kind of end a thing came to.
type End string

// The kinds of end.
const (
	Clean     End = "clean"
	Truncated End = "truncated"
	Damaged   End = "damaged"
	// Unsupported: what follows is in a format that can't be read here.
	Unsupported End = "unsupported"
)

// A Link is one replication connection, or one command stream or AOF read as
// if it were. Fields grow while it is read.
type Link struct {
	// Number counts from 1 within the input.
	Number int
	// From is the master's endpoint, To the replica's; "" outside captures.
	From, To string
	Resync   Resync
	// Requested is what the replica asked for with PSYNC; nil if not seen.
	Requested *Request
	// Refused is the master's error reply, where there was one. Untrusted.
	Refused       string
	ReplicationID string // "" where unknown
	// StartOffset is the offset before the first byte of the stream,
	// EndOffset the one after the last whole command; Unknown without an
	// anchor.
	StartOffset, EndOffset int64
	Anchor                 Anchor
	// Channel and ClientID tell which connection of a sync over two this is,
	// and which other one belongs to it.
	Channel  Channel
	ClientID string
	// Replica is what the replica said of itself.
	Replica Replica
	Payload *Payload // nil without one
	// Commands and Bytes count the stream after the payload, heartbeats
	// left out.
	Commands, Bytes int64
	Acks            *Acks // nil if none was seen
	// Began and Ended are the times of the first and the last packet.
	Began, Ended time.Time
	End          End
	// AOF: the stream is an AOF, whose bytes don't count in any offset.
	AOF bool
}

// Channel is a connection's part in a sync over two (Redis rdb-channel,
// Valkey dual-channel).
type Channel string

// The channels. An ordinary link has none.
const (
	ChannelMain Channel = "main"
	ChannelRDB  Channel = "rdb"
)

// Request is a replica's PSYNC. Offset is that of the first byte wanted: one
// more than the replica has. ID "?" and Offset -1 ask for a full resync.
type Request struct {
	ID     string
	Offset int64
}

// Replica is what a replica says in its handshake.
type Replica struct {
	ListeningPort int // 0 where unknown
	Version       string
	Capabilities  []string
}

// Payload is the RDB of a full resync.
type Payload struct {
	Framing Framing
	Bytes   int64
	End     End
}

// Framing is how the end of a payload is told.
type Framing string

// The framings.
const (
	FramingLength  Framing = "length"
	FramingEOFMark Framing = "eof-mark"
)

// A Command is one command of a stream.
type Command struct {
	Link *Link
	// Offset is the replication offset before its first byte, EndOffset
	// after its last; Unknown without an anchor.
	Offset, EndOffset int64
	// Byte is its place in the decompressed input (in a capture: in the
	// reassembled direction), Bytes its length.
	Byte, Bytes int64
	Packet      int64 // 1 for the first packet of a capture; 0 outside captures
	// DB is the database in which it runs; Unknown before anything tells.
	DB int
	// Time is zero where unknown.
	Time time.Time
	// Transaction numbers the MULTI it belongs to (MULTI and EXEC included)
	// from 1 within the link; 0 is none.
	Transaction int
	Inline      bool
	// Args are borrowed: valid until Handler.Command returns.
	Args [][]byte
	// NameBits are the bytes of Args[0] as a little-endian number, where they
	// are 8 at most, else 0: what a command is can be looked up by them.
	NameBits uint64
}

// NoteKind says what a Note is about.
type NoteKind string

// The kinds of note.
const (
	// NoteGap: bytes of the stream that the recording does not hold.
	NoteGap NoteKind = "gap"
	// NoteDamage: bytes that are there and are neither commands nor
	// anything else that may be there.
	NoteDamage NoteKind = "damage"
	// NoteTruncated: the input ends within a command or a payload.
	NoteTruncated NoteKind = "truncated"
	// NoteTransactionOpen: the stream ends within a MULTI.
	NoteTransactionOpen NoteKind = "transaction-open"
	// NoteTrailing: bytes after the end.
	NoteTrailing NoteKind = "trailing"
	// NoteLeading: bytes before the beginning, of a terminal or a tool.
	NoteLeading NoteKind = "leading-data"
	// NoteEOFMark: the 40 bytes of a diskless sync's mark after a dump.
	NoteEOFMark NoteKind = "eof-mark"
	// NoteCut: the compressed input ends early; Text is the compression. With
	// Err, it is broken, and nothing behind that was read.
	NoteCut NoteKind = "cut"
	// NoteHeartbeat: a bare newline within the stream; it does not count.
	NoteHeartbeat NoteKind = "heartbeat"
	// NoteReply: a line of text where commands belong, or an empty one (CR LF),
	// which the offsets of the link don't count. Text holds it.
	NoteReply NoteKind = "reply"
	// NoteAck: the replica's REPLCONF ACK: Offset.
	NoteAck NoteKind = "ack"
	// NoteFile: a file of a multi-part AOF begins, or is missing, extra or
	// out of order (Err says which). Text is its name.
	NoteFile NoteKind = "file"
	// NoteIgnored: connections of a capture that are no replication links, nor
	// read as those of ordinary clients.
	NoteIgnored NoteKind = "ignored"
	// NoteUnread: Count packets or connections of a capture that may have
	// been part of a link and could not be read; Err says why.
	NoteUnread NoteKind = "unread"
	// NoteEncrypted: Count connections of a capture are TLS.
	NoteEncrypted NoteKind = "encrypted"
	// NoteZeros: zeros where packets of a capture were.
	NoteZeros NoteKind = "zeros"
	// NoteJoined: another capture begins, which is read too.
	NoteJoined NoteKind = "joined"
	// NoteMisaligned: the first bytes after a partial resync begin no command:
	// what the replica asked for lies within one.
	NoteMisaligned NoteKind = "misaligned"
)

// NoteKinds lists them.
func NoteKinds() []NoteKind {
	return []NoteKind{NoteGap, NoteDamage, NoteTruncated, NoteTransactionOpen, NoteTrailing, NoteLeading,
		NoteEOFMark, NoteCut, NoteHeartbeat, NoteReply, NoteAck, NoteFile, NoteIgnored, NoteUnread,
		NoteEncrypted, NoteZeros, NoteJoined, NoteMisaligned}
}

// A Note is anything beside RDBs and commands.
type Note struct {
	Kind NoteKind
	Link *Link // nil where it is about the input as a whole
	// Byte and Bytes give its place and length in the input; in a capture,
	// in the reassembled direction. Bytes is Unknown where not known.
	Byte, Bytes int64
	// Offset and EndOffset are replication offsets, or Unknown.
	Offset, EndOffset int64
	Packet            int64
	Time, EndTime     time.Time
	Count             int64
	// Text is untrusted.
	Text []byte
	// Err says what is wrong, where something is; it wraps a sentinel of
	// package parse.
	Err error
}
