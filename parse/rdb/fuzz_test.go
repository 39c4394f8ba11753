package rdb

import (
	"slices"
	"testing"
)

// FuzzDecoder: whatever the bytes are, records cover what was read (decode
// checks it), it does not matter in which pieces they come, and stepping over
// values comes to the same records as reading them, unless the values
// themselves are damaged.
func FuzzDecoder(f *testing.F) {
	for _, c := range slices.Concat(valueTests, streamTests) {
		f.Add(oneKey(f, c.header, c.key), 1)
	}
	for _, path := range fixtures(f) {
		if data := readFixture(f, path); len(data) < 4<<10 {
			f.Add(data, 3)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, block int) {
		if block = block & 0xff; block == 0 {
			block = 1
		}
		whole, err := decode(t, data, inMemory)
		again, errAgain := decode(t, data, block)
		if !slices.Equal(whole, again) || (err == nil) != (errAgain == nil) || err != nil && err.Error() != errAgain.Error() {
			t.Fatalf("in blocks of %d: %v, else %v", block, errAgain, err)
		}
		skipped, errSkip := heads(t, data, 1<<16)
		if err != nil {
			return
		}
		if errSkip != nil {
			t.Fatalf("can be read, and not be skipped: %v", errSkip)
		}
		if i := firstDifference(whole, skipped); i >= 0 {
			t.Fatalf("record %d differs when it is skipped", i)
		}
	})
}
