// Package slowlog reads what SLOWLOG GET replied: as collect writes it down, and
// as redis-cli shows it.
//
//	[{"id": 14, "time": "2026-11-25T03:00:00.000Z", "duration_us": 15,
//	  "args": ["SET", "k", {"base64": "/w=="}], "addr": "10.0.0.7:51034", "name": "web"}]
//
//	1) 1) (integer) 14
//	   2) (integer) 1764039600     seconds; when the command had run
//	   3) (integer) 15             microseconds that it took
//	   4) 1) "SET"
//	      2) "k"
//	   5) "10.0.0.7:51034"         address and name of the client, since 4.0
//	   6) "web"
//
// Servers hold the newest entry first; commands are handed on oldest first. A
// server shortens what it keeps: of more than 32 arguments it holds 31, of one of
// more than 128 bytes the beginning; such a command is Cut. Neither the database
// nor the reply is told, and the time only to the second (Within).
//
// On a replica the commands of its master are among the entries, as those of a
// client at the master's address.
//
// Source: redis src/slowlog.c (slowlogCreateEntry), src/redis-cli.c
// (cliFormatReplyTTY).
//
// Limitation: a command that was run by a script is not there; the EVAL is.
package slowlog
