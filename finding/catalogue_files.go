package finding

// fileEntries explains what is wrong with files and their bytes.
func fileEntries() []Entry {
	return []Entry{
		{
			Code: string(Truncated), Title: "the bytes end before the thing being read does",
			Mechanism:  "A dump ends before its end-of-file opcode and checksum, or an AOF within a command. Usual causes: a copy that was stopped, a full disk, a server killed while it wrote. A recording (link, stream, capture) ends wherever it was stopped, which is no fault of it: info there.",
			Confirm:    "Compare the size with that of the original; look for a failed background save in the server's log.",
			Act:        "Copy it again if the original is there. What stands before the cut was read and reported. A server loads no such dump; of an AOF it cuts off the tail (aof-load-truncated yes).",
			References: []string{"redis src/rdb.c rdbLoadRio", "redis src/aof.c loadSingleAppendOnlyFile"},
		},
		{
			Code: string(Damaged), Title: "bytes are there that can't be what they should be",
			Mechanism:  "A length, a type, an encoding or a structure is impossible at the place named. Usual causes: a bad disk or memory, a transfer in text mode, a file put together from others.",
			Confirm:    "redis-check-rdb or redis-check-aof of the version that wrote the file should stop at the same place. Read it from another copy.",
			Act:        "inspect --salvage and dump --salvage go on behind it, and say which range was lost. Don't load such a file into a server that matters.",
			References: []string{"redis#12037", "redis#12521"},
		},
		{
			Code: string(TrailingData), Title: "bytes behind the end of a dump",
			Mechanism:  "Loaders and redis-check-rdb ignore what follows the checksum. In an AOF with an RDB at its head commands stand there, which is normal; behind a dump.rdb nothing should.",
			Confirm:    "Look at the first of these bytes: another dump, or a file system's old block?",
			Act:        "Harmless to a server. Find out what put them there: the same hand may have written elsewhere.",
			References: []string{"redis src/rdb.c rdbLoadRio"},
		},
		{
			Code: string(ChecksumInvalid), Title: "the checksum at the end does not fit the bytes",
			Mechanism:  "The CRC-64 over the whole file differs from the one stored, although everything decoded. At least one bit is not what the server wrote.",
			Confirm:    "Read another copy. A flipped bit in a value decodes without complaint, so any value may be the wrong one.",
			Act:        "Trust no value of this file for itself. Servers refuse to load it.",
			References: []string{"redis src/crc64.c", "redis src/rdb.c rdbLoadRio"},
		},
		{
			Code: string(ChecksumDisabled), Title: "the file was written without a checksum",
			Mechanism:  "The eight bytes at the end are zero: the server had rdbchecksum no. In the payload of a sync it can be what the replica asked for (Valkey 8.1 skip-rdb-checksum, Redis 8.8 rdb-no-checksum).",
			Confirm:    "CONFIG GET rdbchecksum on the server that wrote it.",
			Act:        "Nothing is known to be wrong; nothing would show it either.",
			References: []string{"redis src/rdb.c rdbSaveRio"},
		},
		{
			Code: string(DuplicateKey), Title: "a key stands twice in one database of a dump",
			Mechanism:  "A server's keyspace can't hold a key twice, so no server wrote this file as it is. Loaders end with a fatal error.",
			Confirm:    "dump --match shows both records with their places.",
			Act:        "Find out which tool merged or edited the file.",
			References: []string{"redis src/rdb.c rdbLoadRioWithLoadingCtx"},
		},
		{
			Code: string(AOFFile), Title: "a file of a multi-part AOF is missing, extra or out of order",
			Mechanism:  "The manifest names the files that a server loads: one base, then incremental files by ascending number. A missing one, or a cut one that others follow, keeps the server from starting; one that the manifest does not name is not loaded, and its data is lost with it.",
			Confirm:    "Compare the manifest with the folder. Files that are not named come from a rewrite that was interrupted.",
			Act:        "Take the whole folder and its manifest from the same moment. Read a file that is not named by itself to see what would be missing.",
			References: []string{"redis src/aof.c aofLoadManifestFromDisk"},
		},
		{
			Code: string(CrossCheck), Title: "the two decoders disagree",
			Mechanism:  "inspect --cross-check read the file with hdt3213/rdb as well, and the two differ at the place named. Known gaps of either are named as such.",
			Confirm:    "Ask a server of the version that wrote the file, or redis-check-rdb.",
			Act:        "Please report a disagreement that is not a known gap, with the file if you can.",
			References: []string{"github.com/hdt3213/rdb"},
		},
		{
			Code: string(Undecoded), Title: "something in the file was stepped over, not decoded",
			Mechanism:  "Its length is known and its layout is not: a module's own data, or a type of a later server.",
			Confirm:    "The message names what it is.",
			Act:        "Everything else was read. Counts and sizes include it; values don't.",
			References: []string{"redis src/rdb.h"},
		},
	}
}
