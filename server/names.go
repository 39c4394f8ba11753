package server

// The behaviours, each explained by its row in Behaviours.
const (
	ResumesAfterRestart Behaviour = iota
	RestoresDatabase
	NeedsDatabase
	KeepsStaleOffset
	SavesScripts
	LoadsScripts
	LosesScriptsOnRestart
	LosesDatabaseOnRestart
	PanicsOnDuplicateScript
	LogsErrorsToMaster
	ForgetsReadOnlyEvalsha
	ReplicatesScripts
	UnsortedScriptReplies
	MeaningfulOffset
	HasFunctions
	HasSecondaryID
	ResumesAtCommand
	RelativeExpiries
	IncrByFloatDropsExpiry
	HincrByFloatDropsExpiry
	RedecidesHashFields
	ResendsDuplicateXADD
	OmitsVADDUpdates
	OmitsPayloadChecksum
	AnswersIntoStream
	SendsStrayExec
	TakesFieldsForGone
	MistrimsByMinID
	DeletesLexByEncoding
	SortsTiesBySeed
	OmitsHistoryReads
	OmitsHistoryConsumers
	OmitsIdleConsumers
	OmitsNoackConsumers
	OmitsClaimConsumers
	OmitsBlockedReads
	OmitsEntriesRead
	ReadsExpiredFields
	RevivesExpiredFields
	DropsEmptyAttributes
	OmitsBitfieldGrowth
	LeavesHashOfPastTime
	LeavesHashOfInfinity
	MissendsRenamedFields
	OverflowsRestoreTTL
	AsksForOldFormat
	OmitsExpiredKeys
	KeepsFreedHistory
	EvictsOnItsOwn
	ReordersModuleWrites
	OmitsDebugWrites
	RedecidesConditions
	NumBehaviours
)
