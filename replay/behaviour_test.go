package replay

import (
	"testing"

	"github.com/redsleuth/redsleuth/server"
)

func TestBehaviourTable(t *testing.T) {
	for b, row := range Behaviours {
		if row.Behaviour != Behaviour(b) || row.Name == "" || row.Does == "" || row.Source == "" || len(row.Ranges) == 0 {
			t.Errorf("row %d is not complete: %+v", b, row)
		}
	}
	tests := []struct {
		b       Behaviour
		yes, no []string
	}{
		{ResumesAfterRestart, []string{"4.0.0", "4.0.14", "7.4.1", "valkey 8.0.1"}, []string{"2.8.24", "3.2.13"}},
		{RestoresDatabase, []string{"4.0.2", "6.2.16", "8.8.0", "valkey 7.2.5"}, []string{"4.0.0", "4.0.1", "3.2.13"}},
		{NeedsDatabase, []string{"4.0.2", "7.2.6"}, []string{"4.0.1"}},
		{KeepsStaleOffset, []string{"4.0.0", "4.0.1"}, []string{"4.0.2", "valkey 8.0.1"}},
		{SavesScripts, []string{"4.0.4", "6.2.16"}, []string{"4.0.3", "7.0.0", "valkey 8.0.1"}},
		{LoadsScripts, []string{"4.0.4", "4.0.5", "6.2.16"}, []string{"3.2.13", "4.0.3", "7.0.15"}},
		{DiesOfDuplicate, []string{"4.0.4", "4.0.5"}, []string{"4.0.3", "4.0.6", "5.0.14"}},
		{HidesMissing, []string{"2.8.24", "4.0.8"}, []string{"4.0.9"}},
		{ForgetsReadOnly, []string{"2.8.0", "2.8.5"}, []string{"2.8.6", "3.2.13"}},
		{ScriptsByName, []string{"2.8.24", "6.2.16"}, []string{"7.0.0", "valkey 7.2.5"}},
		{ScriptsUnsorted, []string{"7.0.0", "valkey 9.0.0"}, []string{"6.2.16"}},
		{TrimsPings, []string{"6.0.0", "6.0.3"}, []string{"5.0.14", "6.0.4"}},
		{HasFunctions, []string{"7.0.0", "255.255.255"}, []string{"6.2.16"}},
		{HasSecondaryID, []string{"4.0.0"}, []string{"3.2.13"}},
		{ResumesAtCommand, []string{"4.0.0"}, []string{"3.2.13"}},
	}
	if len(tests) != int(numBehaviours) {
		t.Errorf("%d of %d behaviours are tested", len(tests), numBehaviours)
	}
	for _, test := range tests {
		for _, v := range test.yes {
			if got := test.b.Of(version(t, v)); got != Yes {
				t.Errorf("%s of %s: %v", test.b, v, got)
			}
		}
		for _, v := range test.no {
			if got := test.b.Of(version(t, v)); got != No {
				t.Errorf("%s of %s: %v", test.b, v, got)
			}
		}
		if got := test.b.Of(server.Version{}); got != Unknown {
			t.Errorf("%s of no version: %v", test.b, got)
		}
	}
}

func version(t *testing.T, s string) server.Version {
	t.Helper()
	v, err := server.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
