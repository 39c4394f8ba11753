package finding

const verbatim = "masters that send scripts as they were called (2.6 to 4.0, and 5.0 to 6.2 with lua-replicate-commands no)"

// scriptEntries explains what happens to scripts and functions.
func scriptEntries() []Entry {
	return []Entry{
		{
			Code: string(ScriptMissing), Title: "an EVALSHA whose script the replica did not have",
			Affects: "replicas of 4.0.0 to 4.0.3 that restart from their dump, and of 7.0 and later, under " + verbatim, FixedIn: "4.0.4 (usable from 4.0.6 on)",
			Mechanism:  "A master sends a script's text once and its digest afterwards, as long as it believes that every replica has it. A replica that restarts from its RDB and resumes with PSYNC has lost its script table, answers NOSCRIPT to nobody, drops the command, and counts its bytes: the write is lost and the offsets agree. As the cause of a difference: the replica met such a command, and the key is one that it would have changed.",
			Confirm:    "The keys that the command names differ at equal offsets. From 4.0.9 on the replica's log has == CRITICAL == lines; before, nothing.",
			Act:        "Force a full resync of the replica, or SCRIPT FLUSH on the master before one restarts (the master then sends texts again). Upgrade; don't stop at 4.0.4 or 4.0.5.",
			References: []string{"redis PR 4483", "redis#1549", "redis#3640"},
		},
		{
			Code: string(ScriptAtRisk), Title: "an EVALSHA whose script was only seen before a reconnect",
			Affects: "replicas of 4.0.0 to 4.0.3, and of 7.0 and later, under " + verbatim, FixedIn: "4.0.4 (usable from 4.0.6 on)",
			Mechanism:  "If the replica's process lived through the reconnect it still has the script; if it restarted from a dump without scripts, the command is lost. The artefacts don't tell which.",
			Confirm:    "Uptime in INFO, or the start in the replica's log, against the time of the reconnect. The dump that it started from, with --base.",
			Act:        "Compare master and replica at the same offset.",
			References: []string{"redis PR 4483"},
		},
		{
			Code: string(ScriptUnseen), Title: "an EVALSHA whose script is not in these artefacts",
			Mechanism:  "The recording begins after the script's text was sent, so nothing can be said of whether the replica has it.",
			Confirm:    "scripts lists what the artefacts hold; an earlier recording or a dump of 4.0.4 to 6.2 may have it.",
			Act:        "Add the earlier artefacts.",
			References: []string{"redis PR 4483"},
		},
		{
			Code: string(ScriptDuplicate), Title: "the same script was sent or stored more than once",
			Mechanism:  "EVAL and SCRIPT LOAD send the text each time. Harmless, and it costs bandwidth.",
			Confirm:    "The count and the bytes of the finding.",
			Act:        "Let clients use EVALSHA and fall back to EVAL on NOSCRIPT.",
			References: []string{"redis#4966"},
		},
		{
			Code: string(ScriptDuplicateOnLoad), Title: "a dump brings a script that the process already knows",
			Affects: "4.0.4 and 4.0.5", FixedIn: "4.0.6",
			Mechanism:  "From 4.0.4 to 6.2 dumps hold the scripts as AUX fields. Loading one that is in the process's table already fails an assertion in 4.0.4, and in 4.0.5 too, whose check compares the wrong kind of string: the replica dies at the end of every full sync that brings a script it has run. A process that starts anew has an empty table, so the next sync succeeds. All other versions survive it.",
			Confirm:    "ASSERTION FAILED in the replica's log right after the payload; a connection that ends without an ACK, then a request with ? -1.",
			Act:        "Upgrade to 4.0.6 or later. Until then SCRIPT FLUSH on the replica before a full sync.",
			References: []string{"redis PR 4483", "redis#4505", "redis 4.0.5 and 4.0.6 release notes"},
		},
		{
			Code: string(ScriptFlush), Title: "SCRIPT FLUSH in the stream",
			Mechanism:  "The replica forgets every script; the master forgets what it has sent, and sends texts again. Harmless by itself; it also heals a replica that lacked scripts.",
			Confirm:    "Later EVALSHA are preceded by EVAL or SCRIPT LOAD.",
			Act:        "None.",
			References: []string{"redis#2999"},
		},
		{
			Code: string(FunctionMissing), Title: "a function or library that the replica does not have",
			Affects:    "7.0 and later; older replicas know no FUNCTION at all",
			Mechanism:  "Libraries travel in dumps and as FUNCTION LOAD in the stream. Masters send what a function wrote, not its call, so an FCALL in a stream comes from elsewhere. A FUNCTION DELETE of what is not there shows that the two servers' libraries differ; a replica older than 7.0 drops every FUNCTION command as unknown.",
			Confirm:    "FUNCTION LIST on both servers.",
			Act:        "FUNCTION DUMP on one, FUNCTION RESTORE on the other.",
			References: []string{"redis#8693"},
		},
		{
			Code: string(ScriptUnordered), Title: "a script that depends on an order which the replica doesn't share",
			Affects:    "replicas of 7.0 and later under " + verbatim,
			Mechanism:  "Masters up to 6.2 sort what SMEMBERS, KEYS and the like reply to a script, so that replicas that run it do the same. From 7.0 on nothing sorts, since scripts are no longer sent; an older master's are run all the same.",
			Confirm:    "Compare the keys that the script writes at the same offset.",
			Act:        "Set lua-replicate-commands yes on a master of 5.0 to 6.2, or upgrade the master first.",
			References: []string{"redis#10799"},
		},
		{
			Code: string(FunctionDuplicate), Title: "a function library is loaded that is there already",
			Affects:    "7.0 and later",
			Mechanism:  "FUNCTION LOAD without REPLACE of a name that exists is refused by the replica as it was by the master; it should not be in the stream.",
			Confirm:    "FUNCTION LIST on both servers.",
			Act:        "Compare the libraries; load the right one with REPLACE.",
			References: []string{"redis src/function_lua.c"},
		},
		{
			Code: string(FunctionFlush), Title: "libraries were dropped in the stream",
			Affects:    "7.0 and later",
			Mechanism:  "FUNCTION FLUSH, DELETE or RESTORE with the policy FLUSH. The replica follows; calls behind it need the libraries loaded again.",
			Confirm:    "FUNCTION LIST on both servers.",
			Act:        "None, if it was meant.",
			References: []string{"redis src/functions.c"},
		},
	}
}
