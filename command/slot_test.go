package command

import "testing"

// TestSlot: the values are what CLUSTER KEYSLOT of Redis 7.0.15 replies.
func TestSlot(t *testing.T) {
	for key, want := range map[string]int{
		"": 0, "123456789": 12739, "foo": 12182, "user:{1000}:cart": 11326, "1000": 11326,
		"{}x": 10595, "{": 4092, "a{b": 13340, "{{x}}": 11068,
	} {
		if got := Slot([]byte(key)); got != want {
			t.Errorf("%q: slot %d, want %d", key, got, want)
		}
	}
}
