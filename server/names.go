package server

import "slices"

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
	DropsEmptyKeys
	ChecksEnvelopes
	ConvertsZiplists
	ChecksMembers
	ChecksStreamNames
	ChecksOwners
	ChecksValues
	HasVectorSets
	LogsRefusedPlace
	NumBehaviours
)

// Turning lists the versions with which something changes that is known here,
// oldest first, Valkey's last: those that are worth asking about.
func Turning() []Version {
	seen := map[Version]bool{}
	for _, row := range Behaviours {
		for _, r := range row.Ranges {
			seen[r.From], seen[r.Before] = true, true
		}
	}
	for _, f := range formats {
		seen[f.from] = true
	}
	var all []Version
	for v := range seen {
		if v.major > 0 {
			all = append(all, v)
		}
	}
	slices.SortFunc(all, func(a, b Version) int {
		if a.family != b.family {
			return int(a.family) - int(b.family)
		}
		if a.before(b) {
			return -1
		}
		return 1
	})
	return all
}
