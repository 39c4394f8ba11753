package server

import "testing"

// What makes replicas differ from healthy masters, at the borders of its ranges.
func TestDivergences(t *testing.T) {
	const all, none = "2.6.17, 8.8.0, valkey 7.2.5, valkey 9.1.2", ""
	for b, c := range map[Behaviour]borders{
		TakesFieldsForGone:    {yes: "7.4.0, 7.4.1, 8.8.0", no: "7.2.6, valkey 9.1.2"},
		MistrimsByMinID:       {yes: "8.6.0, 8.8.0", no: "8.4.0, valkey 9.1.2"},
		DeletesLexByEncoding:  {yes: "2.8.9, 8.8.0, valkey 7.2.5", no: "2.8.8"},
		SortsTiesBySeed:       {yes: all, no: none},
		OmitsHistoryReads:     {yes: "5.0.0, 8.8.0, valkey 9.1.2", no: "4.0.14"},
		OmitsHistoryConsumers: {yes: "5.0.0, 8.6.0, valkey 9.1.2", no: "4.0.14, 8.8.0"},
		OmitsIdleConsumers:    {yes: "7.2.0, 8.6.0, valkey 7.2.5", no: "7.0.15, 8.8.0"},
		OmitsNoackConsumers:   {yes: "5.0.14, 6.0.16", no: "4.0.14, 6.2.0, valkey 8.0.1"},
		OmitsClaimConsumers:   {yes: "5.0.7, 7.2.0, 8.8.0, valkey 8.0.1", no: "5.0.8, 7.0.15"},
		OmitsBlockedReads:     {yes: "5.0.0, 5.0.9", no: "5.0.10, 6.0.0, valkey 8.0.1"},
		OmitsEntriesRead:      {yes: "7.0.0, 7.2.6, valkey 7.2.5", no: "6.2.16, 7.4.0, valkey 8.0.1"},
		ReadsExpiredFields:    {yes: "valkey 9.0.0, valkey 9.1.2", no: "8.8.0, valkey 8.1.1"},
		RevivesExpiredFields:  {yes: "valkey 9.0.0, valkey 9.1.2", no: "8.8.0, valkey 8.1.1"},
		DropsEmptyAttributes:  {yes: "8.0.0, 8.8.0", no: "7.4.1, valkey 9.1.2"},
		OmitsBitfieldGrowth:   {yes: "7.0.0, 8.8.0, valkey 8.0.1", no: "6.2.16"},
		LeavesHashOfPastTime:  {yes: "valkey 9.0.0, valkey 9.0.1", no: "valkey 8.1.1, valkey 9.0.2, 8.8.0"},
		LeavesHashOfInfinity:  {yes: "2.6.0, 5.0.14", no: "7.0.5, valkey 8.0.1"},
		MissendsRenamedFields: {yes: "7.4.0, 7.4.1", no: "7.2.6, 8.0.0, valkey 9.0.0"},
		OverflowsRestoreTTL:   {yes: "7.2.0, 8.0.2, valkey 8.1.1", no: "6.2.16, 7.0.15, 8.4.0, valkey 9.0.0"},
		AsksForOldFormat:      {yes: "valkey 9.1.0, valkey 9.1.2", no: "valkey 9.0.0, 8.8.0"},
		OmitsExpiredKeys:      {yes: "2.8.24, 4.0.9", no: "4.0.10, valkey 8.0.1"},
		KeepsFreedHistory:     {yes: "4.0.0, 4.0.2", no: "3.2.13, 4.0.3, valkey 8.0.1"},
		EvictsOnItsOwn:        {yes: "2.8.24, 4.0.14", no: "5.0.0, valkey 8.0.1"},
		ReordersModuleWrites:  {yes: "4.0.14, 7.0.15", no: "7.2.0, valkey 8.0.1"},
		OmitsDebugWrites:      {yes: all, no: none},
		RedecidesConditions:   {yes: all, no: none},
	} {
		t.Run(b.String(), func(t *testing.T) {
			c.affects, c.lacked, c.fixed = b.Affects(), b.Lacking(), b.FixedIn(Version{})
			c.test(t, b)
			if c.affects == "" {
				t.Error("affects nobody")
			}
		})
	}
}

// A build between releases may be from before a late fix, and not before an old one.
func TestUnstable(t *testing.T) {
	for b, want := range map[Behaviour]Answer{
		OmitsHistoryConsumers: Unknown, HincrByFloatDropsExpiry: Unknown,
		OmitsNoackConsumers: No, TakesFieldsForGone: Yes, ReadsExpiredFields: No,
	} {
		if got := b.Of(parse(t, "255.255.255")); got != want {
			t.Errorf("%s: %v, want %v", b, got, want)
		}
	}
}
