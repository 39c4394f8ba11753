// Package client reads what ordinary clients and a server say to one another:
// each command with who sent it, in which database it ran, and what was
// replied.
//
//	request  "*" count CRLF, then count times "$" length CRLF bytes CRLF;
//	         or words CRLF (inline)
//	reply    RESP2  + status   - error   : integer   $ bulk   * array
//	         RESP3  _ null   # boolean   , double   ( number   ! error   = text
//	                % map   ~ set   > push   | attribute
//	         lines end with CRLF; $ ! = have a length and bytes, * ~ > a count
//	         of elements, % and | twice as many; -1 is nil
//
// Sources: redis src/networking.c, the RESP3 specification
// (github.com/redis/redis-specifications, protocol/RESP3.md).
//
// Replies come in the order of the requests, one each, but for
//
//	CLIENT REPLY OFF, SKIP   none
//	SUBSCRIBE and its kin    one a channel: in RESP2 arrays, in RESP3 pushes
//	messages                 arrays after SUBSCRIBE in RESP2, pushes in RESP3
//	MONITOR                  a status line for each command of the server
//	MULTI                    +QUEUED; what a command did comes with EXEC
//
// SELECT, AUTH, HELLO, CLIENT SETNAME and RESET count once they are answered, as
// they do for the server, so that a pipeline is followed as it is run. A command
// in a MULTI is told with the reply within that of EXEC.
//
// A Conversation is fed with the bytes of both directions as they come, in
// pieces of any size; how they are cut changes nothing. Nothing is kept of
// replies but their kind. Commands are kept until they are answered, all
// conversations together within a bound: past it a large argument is cut, and
// then commands are told without their replies.
//
// After bytes that were lost, and in a connection that began before the capture,
// commands are read again from the next place where one begins; database, name
// and user are unknown until something tells. A hole within a value, whose
// length is known, loses no more than that value. Where replies can't be told
// apart any more they are unknown, until the next request of a client that
// never sends two at a time, or until one after a rest.
//
// Stable: Decoder, Options, Conversation.
package client
