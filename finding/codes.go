package finding

// The codes, grouped by what they are about. What each means, which servers
// it concerns and what to do is in the catalogue.
const (
	// Files and their bytes.
	Truncated        Code = "truncated"
	Damaged          Code = "damaged"
	TrailingData     Code = "trailing-data"
	ChecksumInvalid  Code = "checksum-invalid"
	ChecksumDisabled Code = "checksum-disabled"
	DuplicateKey     Code = "duplicate-key"
	ValueBroken      Code = "value-broken"
	MemberDuplicate  Code = "member-duplicate"
	EmptyKey         Code = "empty-key"
	AOFFile          Code = "aof-file"
	ZeroFilled       Code = "zero-filled"
	LeadingData      Code = "leading-data"
	VendorFormat     Code = "vendor-format"
	FormatNewer      Code = "format-newer"
	CrossCheck       Code = "cross-check"
	Undecoded        Code = "undecoded"

	// Streams.
	CaptureGap       Code = "capture-gap"
	CaptureEncrypted Code = "capture-encrypted"
	CaptureJoined    Code = "capture-joined"
	StreamText       Code = "stream-text"
	StreamMisaligned Code = "stream-misaligned"
	SyncFailed       Code = "sync-failed"
	TransactionOpen  Code = "transaction-open"
	TransactionStray Code = "transaction-stray"
	OffsetGap        Code = "offset-gap"
	OffsetStale      Code = "offset-stale"
	HistoryChanged   Code = "history-changed"
	RestartRefused   Code = "restart-refused"
	ResyncRefused    Code = "resync-refused"
	WritesDiscarded  Code = "writes-discarded"
	ReplicaError     Code = "replica-error"
	StreamUnused     Code = "stream-unused"
	BaseUnused       Code = "base-unused"
	DuplicateLink    Code = "duplicate-link"
	FormatUnread     Code = "format-unread"
	IDMadeUp         Code = "id-made-up"
	CommandRefused   Code = "command-refused"
	DivergentCommand Code = "divergent-command"

	// The selected database.
	SelectLost    Code = "select-lost"
	SelectMissing Code = "select-missing"

	// Scripts and functions.
	ScriptMissing         Code = "script-missing"
	ScriptAtRisk          Code = "script-at-risk"
	ScriptUnseen          Code = "script-unseen"
	ScriptDuplicate       Code = "script-duplicate"
	ScriptDuplicateOnLoad Code = "script-duplicate-on-load"
	ScriptFlush           Code = "script-flush"
	ScriptUnordered       Code = "script-unordered"
	FunctionMissing       Code = "function-missing"
	FunctionDuplicate     Code = "function-duplicate"
	FunctionFlush         Code = "function-flush"

	// The shards of a cluster.
	WrongShard      Code = "wrong-shard"
	KeyInTwoShards  Code = "key-in-two-shards"
	ShardsUneven    Code = "shards-uneven"
	SlotsNotDivided Code = "slots-not-divided"

	// What a comparison could not take in.
	KeysUnread          Code = "keys-unread"
	CommandsNotCompared Code = "commands-not-compared"
	SeveralKeyspaces    Code = "several-keyspaces"
)
