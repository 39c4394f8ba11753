package divergence

// The names of rows that others ask for.
const (
	BitfieldOverflowFail = "bitfield-overflow-fail"
	XReadGroupHistory    = "xreadgroup-history"
	XReadGroupConsumer   = "xreadgroup-history-consumer"
	XReadGroupIdle       = "xreadgroup-idle-consumer"
	XReadGroupNoack      = "xreadgroup-noack-consumer"
	XReadGroupBlocked    = "xreadgroup-blocked"
	XClaimConsumer       = "xclaim-consumer"
	VAddExisting         = "vadd-existing"
	VAddEmptyAttribute   = "vadd-empty-attribute"
	HSetEXPast           = "hsetex-past"
	HIncrByFloatInfinity = "hincrbyfloat-infinity"
	DebugWrites          = "debug-writes"

	XTrimMinIDAcked   = "xtrim-minid-acked"
	IncrByFloatExpiry = "incrbyfloat-expiry"
	HIncrByFloatTTL   = "hincrbyfloat-field-expiry"
	EntriesRead       = "xreadgroup-entries-read"
	RenamedFields     = "rename-field-expiry"
	StrayExec         = "stray-exec"
	RestoreTTL        = "restore-ttl-overflow"

	LateHPersist       = "late-hpersist"
	LexRangeScores     = "zremrangebylex-scores"
	SortTies           = "sort-by-alpha-store"
	CopyExpiredFields  = "copy-expired-fields"
	SortExpiredField   = "sort-expired-field"
	RevivedFields      = "hpersist-expired-field"
	RedecidedFields    = "hsetnx-expired-field"
	ScriptSPop         = "script-spop"
	ScriptUnsorted     = "script-unsorted-replies"
	DuplicateXAdd      = "xadd-duplicate"
	RedecidedCondition = "set-condition"
)
