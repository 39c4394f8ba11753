package finding

import "time"

// Cause is why two states differ in a key. Causes apply in the order of
// Causes: the first that is true of a difference is its cause.
type Cause string

// The causes.
const (
	// CauseExpired: only expiry tells the two sides apart.
	CauseExpired Cause = "expired"
	// CauseDifferentHistory: one side wrote after the histories parted.
	CauseDifferentHistory Cause = "different-history"
	// CauseWrongDatabase: the replica applied commands to another database
	// than the one that the master had selected.
	CauseWrongDatabase Cause = "wrong-database"
	// CauseScriptMissing: the replica met an EVALSHA without its source.
	CauseScriptMissing Cause = "script-missing"
	// CauseLag: the commands are in the stream after the replica's offset, and
	// nothing shows that it has run them.
	CauseLag Cause = "lag"
	// CauseReEvaluated: both ran the same command, and it ended otherwise on
	// the replica.
	CauseReEvaluated Cause = "re-evaluated"
	// CauseNotPropagated: something changed the master and was never sent.
	CauseNotPropagated Cause = "not-propagated"
	// CauseLocalWrite: something changed the replica itself.
	CauseLocalWrite Cause = "local-write"
	// CauseUnexplained: the artefacts don't tell. It has no confidence.
	CauseUnexplained Cause = "unexplained"
)

// Causes lists them in the order in which they apply.
func Causes() []Cause {
	return []Cause{
		CauseExpired, CauseDifferentHistory, CauseWrongDatabase, CauseScriptMissing, CauseLag,
		CauseReEvaluated, CauseNotPropagated, CauseLocalWrite, CauseUnexplained,
	}
}

// Confidence is how sure a cause is; "" where it is unexplained.
type Confidence string

// The confidences.
const (
	// Proved: it was seen, and leaves no other account open.
	Proved Confidence = "proved"
	// Likely: the artefacts speak for it, and leave others open.
	Likely Confidence = "likely"
)

// Evidence is one reason for a cause. The message holds no bytes of the
// artefacts; the command's name is in Command.
type Evidence struct {
	Code    EvidenceCode
	Path    string    // of the input; "" where no input is meant
	Link    int       // within the input, from 1; 0 is none
	Offset  *int64    // replication offset before the command
	Time    time.Time // zero where not known
	Command []byte    // its name; nil for none. Untrusted
	// Divergence names a row of the catalogue of divergences; "" for none.
	Divergence string
	// Side is "master" or "replica" where it is about what one of them did; "" else.
	Side    string
	Message string
}

// EvidenceCode names a kind of evidence. Codes never change meaning.
type EvidenceCode string

// Evidence that bears the name of a cause: the command, or the stream as a
// whole, that the cause is read from. It is explained with the cause.
const (
	// EvidenceDifferentHistory: where the histories part, as far as is known.
	EvidenceDifferentHistory = EvidenceCode(CauseDifferentHistory)
	// EvidenceWrongDatabase: a command that ran in another database.
	EvidenceWrongDatabase = EvidenceCode(CauseWrongDatabase)
	// EvidenceScriptMissing: an EVALSHA of which nothing ran.
	EvidenceScriptMissing = EvidenceCode(CauseScriptMissing)
	// EvidenceLag: the first command on the key after the replica's offset.
	EvidenceLag = EvidenceCode(CauseLag)
	// EvidenceCommandRefused: one that it refused.
	EvidenceCommandRefused = EvidenceCode(CommandRefused)
	// EvidenceReEvaluated: a command that the replica decided again.
	EvidenceReEvaluated = EvidenceCode(CauseReEvaluated)
	// EvidenceNotPropagated: the stream, or a command that masters don't
	// always send as they ran it.
	EvidenceNotPropagated = EvidenceCode(CauseNotPropagated)
	// EvidenceLocalWrite: the stream, which leads to the master's state alone.
	EvidenceLocalWrite = EvidenceCode(CauseLocalWrite)
)

// Evidence for a cause.
const (
	// EvidenceApplied: replaying the stream reproduces both values.
	EvidenceApplied EvidenceCode = "applied"
	// EvidenceWroteAfter: a command on the key after the histories had parted.
	EvidenceWroteAfter EvidenceCode = "wrote-after"
	// EvidenceClientWrote: a client of this side sent the command itself.
	EvidenceClientWrote EvidenceCode = "client-wrote"
	// EvidenceBothWrote: keys of both sides hold what the stream does not lead
	// to.
	EvidenceBothWrote EvidenceCode = "both-wrote"
	// EvidenceSideWrote: one side alone changed the key after the histories parted.
	EvidenceSideWrote EvidenceCode = "side-wrote"
	// EvidenceExpiredAt: the key's time had passed in the later dump.
	EvidenceExpiredAt EvidenceCode = "expired-at"
	// EvidenceRelativeExpiry: the replica ran a relative expiry later.
	EvidenceRelativeExpiry EvidenceCode = "relative-expiry"
)

// Evidence against certainty, or of what is lacking.
const (
	// EvidenceReplicaError: the replica answered its master with errors.
	EvidenceReplicaError = EvidenceCode(ReplicaError)
	// EvidenceNoStream: no replication stream was given.
	EvidenceNoStream EvidenceCode = "no-stream"
	// EvidenceNoStart: what the key held before the stream is not known.
	EvidenceNoStart EvidenceCode = "no-start"
	// EvidenceNoEngine: nothing was there to apply the commands with.
	EvidenceNoEngine EvidenceCode = "no-engine"
	// EvidenceIncompleteStream: bytes of the stream are missing.
	EvidenceIncompleteStream EvidenceCode = "incomplete-stream"
	// EvidenceTooManyCommands: more commands name the key than memory allows.
	EvidenceTooManyCommands EvidenceCode = "too-many-commands"
	// EvidenceNotApplicable: the commands lead to neither state.
	EvidenceNotApplicable EvidenceCode = "not-applicable"
	// EvidenceRestartUnseen: the replica may have been restarted unseen.
	EvidenceRestartUnseen EvidenceCode = "restart-unseen"
	// EvidenceReplicaUnknown: which of several replicas the dump is of.
	EvidenceReplicaUnknown EvidenceCode = "replica-unknown"
	// EvidenceEndUnknown: the dump may be later than the end of the stream.
	EvidenceEndUnknown EvidenceCode = "end-unknown"
	// EvidenceExpiryUnplaced: when a relative expiry began is not known.
	EvidenceExpiryUnplaced EvidenceCode = "expiry-unplaced"
)

// Doubt is what evidence against certainty comes to, in a clause; "" of other evidence.
func (e EvidenceCode) Doubt() string {
	switch e {
	case EvidenceReplicaError:
		return "commands that failed by the replica's log may be why instead"
	case EvidenceNoStream:
		return "no recording of the stream is here"
	case EvidenceNoStart:
		return "what the keys held before the recording is not known"
	case EvidenceNoEngine:
		return "no redis-server was here to apply the commands with"
	case EvidenceIncompleteStream:
		return "bytes of the stream are missing"
	case EvidenceTooManyCommands:
		return "too many commands name the keys to apply them all"
	case EvidenceNotApplicable:
		return "the commands lead to neither of the two values"
	case EvidenceRestartUnseen:
		return "the replica may have been restarted unseen"
	case EvidenceReplicaUnknown:
		return "which of several replicas the dump is of is not sure"
	case EvidenceEndUnknown:
		return "the dump may be later than the end of the recording"
	case EvidenceExpiryUnplaced:
		return "when a relative expiry began is not known"
	}
	return ""
}
