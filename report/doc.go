// Package report makes one account of a folder of evidence: which artefact is
// what and whose, what each holds, what a replica made of the streams, how the
// two sides differ and why, and what all that comes to.
//
//	Gather ──▶ artefacts ──roles──▶ inspect, replay, cause ──▶ Verdict, Timeline
//
// # Roles
//
// Where a role comes from, in this order (RoleFrom):
//
//	told       by a flag
//	request    a link asked for the offset after the dump's, and began before another
//	           dump was saved: it is one that the replica started from
//	links      of two histories, a link carried this one: who sent it is a master
//	info       INFO output tied to the dump: id, offset, keys of each database,
//	           time of the last save, memory
//	request    a link asks for the offset after the dump's, with no times to tell more
//	ids        of two masters, the one whose secondary id is the other's id
//	offsets    of two dumps of one history, the one that is far ahead
//	name       words in the file's name, which is a guess
//
// What two accounts claim alike stays unknown: a wrong role makes every cause
// wrong. A log is of the side that its port or the ids it made up tell, or else of the
// only one with its role (logSide).
//
// # What goes on, and what a promotion would lose
//
// An Account holds a comparison, what replay found and the servers' own words together:
// where and since when histories part (Parting), whether each of what led to differences
// goes on (Outlook), what would be lost if the replica became the master (Takeover). diff
// of a folder asks the same, so that both say it in the same words.
//
// # What is counted, and what is kept
//
// Differences are counted as they come (Tally), and no more of them kept than are
// shown; who wants all is told each (Options.Each). Acts of clients on the servers are
// put together from captures, MONITOR and logs, each once; what nobody is known to have
// asked for is Unasked, with why. A dump has bounds in time (Moment): from its ctime, the
// log, who asked for the save, and what the stream had brought by then.
package report
