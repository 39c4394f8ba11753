// Package collect takes the evidence off running servers before it is gone:
// what they tell of themselves, the backlog as a replica gets it, a dump, and
// the stream as it comes.
//
// # The folder
//
// Each server has one, HOST-PORT:
//
//	info.txt      INFO everything
//	clients.txt   CLIENT LIST
//	slowlog.json  SLOWLOG GET: id, time, duration_us, args, addr, name
//	acl-log.json  ACL LOG             latency.json  LATENCY LATEST
//	config.txt    settings of memory, replication and persistence; no secrets
//	link.pcapng   handshake, backlog, and what followed (package pcapng)
//	dump.rdb      the RDB of a full sync; dump.rdb.part where it was cut
//	sentinel.json SENTINEL MASTERS, of a Sentinel, of which nothing else is asked
//	collect.json  what was asked, when, and what failed (Server)
//
// # Doing no harm
//
// Nothing is written to a server. Its backlog is asked for from just after the
// first byte that INFO says it holds, leaving room for what is written until
// the request is looked at, as two INFOs tell; where there is not enough room,
// it is not asked for, since a request that comes too late sets off a full
// sync. Passwords are in no file: recordings and the slow log hold a word
// instead.
//
// A server that stalls, floods or lies costs a time-out and a line: replies are
// bounded before anything is reserved for them (guard), streams go to disk as
// they come, and files are made through os.Root, so that no name leads out of
// the folder.
package collect
