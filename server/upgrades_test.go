package server

import (
	"fmt"
	"testing"
)

func TestUpgrades(t *testing.T) {
	for from, want := range map[string]string{
		"4.0.2":        "[4.0.14 5.0.14 6.2.20 7.0.15 7.2.11 7.4.9 8.0.6 8.2.6 valkey 8.0.12 valkey 8.1.11 valkey 9.0.7 valkey 9.1.3]",
		"7.2.6":        "[7.2.11 7.4.9 8.0.6 8.2.6 valkey 8.0.12 valkey 8.1.11 valkey 9.0.7 valkey 9.1.3]",
		"7.4.1":        "[7.4.9 8.0.6 8.2.6]",
		"8.0.6":        "[8.2.6]",
		"valkey 8.1.1": "[valkey 8.1.11 valkey 9.0.7 valkey 9.1.3]",
		"valkey 9.1.2": "[valkey 9.1.3]",
	} {
		v, err := Parse(from)
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(Upgrades(v)); got != want {
			t.Errorf("%s: %s, not %s", from, got, want)
		}
	}
	if n := len(Upgrades(Version{})); n != len(releases) {
		t.Errorf("of no version: %d", n)
	}
}

func TestSaysSlave(t *testing.T) {
	for text, want := range map[string]bool{"4.0.14": true, "5.0.0": false, "8.0.6": false, "valkey 8.0.1": false} {
		v, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if v.SaysSlave() != want {
			t.Errorf("%s: %v", text, !want)
		}
	}
	if (Version{}).SaysSlave() {
		t.Error("of no version")
	}
}

func TestParseLine(t *testing.T) {
	for text, want := range map[string]string{
		"7.0": "7.0.15 false", "7": "7.4.9 false", "valkey-8": "valkey 8.1.11 false", "redis 8.0": "8.0.6 false",
		"2.6": "2.6.0 false", "7.0.0": "7.0.0 true", "valkey 8.0.1": "valkey 8.0.1 true",
	} {
		v, whole, err := ParseLine(text)
		if got := fmt.Sprint(v, whole); err != nil || got != want {
			t.Errorf("%s: %s, %v; not %s", text, got, err, want)
		}
	}
	if _, _, err := ParseLine("new"); err == nil {
		t.Error("new is a version")
	}
}
