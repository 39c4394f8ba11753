// Package monitor reads the output of MONITOR: a line for each command that a
// server ran.
//
//	line     seconds "." microseconds " [" db " " client "] " argument …
//	client   host ":" port, "unix:" path, or "lua": a script's command
//	argument '"' bytes '"', in which \n \r \t \a \b \\ \" and \xHH stand for a byte
//
// redis-cli writes the lines as they are, and "OK" before them; on the wire each
// begins with "+" and ends with CRLF. Both are read.
//
// Source: redis src/replication.c (replicationFeedMonitors), src/sds.c
// (sdscatrepr).
//
// A command stands there whether or not it failed while it ran; one that was
// refused before (READONLY, OOM, NOAUTH) does not. What a script runs has no
// address of its own and comes after the EVAL, EVALSHA or FCALL that ran it,
// whose client it is given. Names come from CLIENT SETNAME and HELLO, as far as
// they are in the text; AUTH never is, so that users are unknown.
//
// Lines that are none of MONITOR's are notes of damage, but for those before
// the first one and for "OK". The text ends wherever it was stopped.
//
// Valkey 8.1 writes quotes and backslashes as they are. A quote therefore ends an
// argument only where a blank and another one, or the line's end, follows it,
// and a backslash with no known letter after it is one; what these versions
// print is read rightly but where the bytes look like an escape or an end.
//
// Limitation: a client that takes a port again which another had before keeps
// the other's name, since the text does not tell where connections end.
//
// Stable: Walk, Options and Begins.
package monitor
