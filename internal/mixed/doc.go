// Package mixed stages nights with several faults at once on real servers, knows
// which cause each differing key has, and holds what diff says against that. It
// knows nothing of how causes are found: a fault notes the keys that it touches
// as it happens, and what differs in the end is asked of the servers themselves.
//
//	clients ──▶ proxy ──▶ master ──▶ proxy ──▶ replica ◀── proxy ◀── clients
//	              └────────── packets ┴──── link.pcap ─────┘
//
// A night has a background of random writes, under it faults on keys of their
// own, and one of three ends:
//
//   - local-write: a client writes to the replica, after which the master may
//     go on writing to the same key.
//   - re-evaluated: the replica refuses a command (renamed away, for want of
//     memory, unknown to its version, or by a transaction that holds one), or
//     decides it otherwise (SORT BY ALPHA STORE, SPOP in a script).
//   - not-propagated: a script writes under REPL_NONE, DEBUG POPULATE, BITFIELD
//     OVERFLOW FAIL, a consumer that reads its history.
//   - script-missing: the replica's scripts are flushed; masters to 6.2 go on
//     sending EVALSHA.
//   - restart, reconnect: the replica starts again from its dump, or the link is
//     cut, with writes meanwhile. Nothing comes of these alone.
//   - bounce: the replica is promoted, both are written to, and it comes back.
//   - It ends caught up, or behind (lag: the master sent what the replica never
//     got), or split (different-history: the replica was promoted, and both
//     were written to).
//
// The plan is made from a seed; identifiers, ports, times and the outcome of what
// servers decide by chance are not.
package mixed
