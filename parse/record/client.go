package record

import "time"

// Reply says what kind of answer a command got.
type Reply string

// The kinds of reply. The zero value is a reply that nothing tells.
const (
	ReplyOK    Reply = "ok"    // +OK
	ReplyError Reply = "error" // the command did nothing
	ReplyNil   Reply = "nil"
	ReplyValue Reply = "value"
	// ReplyNone: the server gave none (CLIENT REPLY OFF, a connection that was
	// closed before), or the command was queued in a MULTI that was not run.
	ReplyNone Reply = "none"
)

// A ClientCommand is a command that an ordinary client sent to a server, as a
// capture, the output of MONITOR or a slow log holds it.
type ClientCommand struct {
	// Connection counts from 1 the connections of a capture on which commands
	// were sent; 0 in MONITOR.
	Connection int
	// Addr is the client's endpoint, host:port or, in MONITOR, unix:path; ""
	// where unknown. To is the server's, "" in MONITOR.
	Addr, To string
	// Name is what the client calls itself (CLIENT SETNAME, HELLO SETNAME), User
	// who it logged in as (AUTH, HELLO AUTH), ID its CLIENT ID: "" and 0 where
	// nothing tells. Untrusted.
	Name, User string
	ID         int64
	// Scripted: a script of the client ran it (MONITOR shows these).
	Scripted bool
	// Byte is its place in the decompressed input (in a capture: in the direction
	// as it was sent), Bytes its length.
	Byte, Bytes int64
	Packet      int64 // 1 for the first packet of a capture; 0 outside captures
	// DB is the database in which it ran; Unknown before anything tells.
	DB int
	// Time is when its last byte was seen, in MONITOR when the server ran it, in a
	// slow log when it had run it; it may have been as much as Within later.
	Time   time.Time
	Within time.Duration
	// Transaction numbers the MULTI it belongs to (MULTI and EXEC included)
	// from 1 within the connection; 0 is none.
	Transaction int
	// Args are borrowed: valid until the function that is given them returns.
	Args [][]byte
	// Cut: of arguments that were too large to be held only the beginning is
	// there.
	Cut bool
	// Reply is "" where nothing tells it. ReplyError is the first word of an
	// error.
	Reply      Reply
	ReplyError string
	// ReplyEmpty: the reply is the number 0, or an array of nothing.
	ReplyEmpty bool
	// Latency is the time between the command's last byte and the first of its
	// reply; Unknown where one of them was not seen.
	Latency time.Duration
}
