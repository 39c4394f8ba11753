package columns

import (
	"encoding/hex"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go/encoding/delta"
)

// TestDeltas: numbers come back, whatever the steps between them, and however many
// there are.
func TestDeltas(t *testing.T) {
	long := make([]int64, 3*deltaBlock+deltaQuarter+1)
	for i := range long {
		long[i] = int64(scatter(i)) >> (i / 7 % 64)
	}
	var codec delta.BinaryPackedEncoding
	for name, want := range map[string][]int64{
		"one":           {math.MinInt64},
		"the same":      {7, 7, 7},
		"up and down":   {1, -1, 1 << 40, 0},
		"wrapping":      {math.MinInt64, math.MaxInt64, math.MinInt64, 0, math.MaxInt64},
		"a block":       long[:deltaBlock],
		"a block and 1": long[:deltaBlock+1],
		"several":       long,
	} {
		t.Run(name, func(t *testing.T) {
			got, err := codec.DecodeInt64(nil, appendDeltas(nil, want, false))
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("%d, %v", got, err)
			}
		})
	}
}

func TestDeltasOf32Bits(t *testing.T) {
	want := []int32{math.MinInt32, math.MaxInt32, math.MinInt32, 0, -1, math.MaxInt32}
	var numbers []int64
	for _, n := range want {
		numbers = append(numbers, int64(n))
	}
	var codec delta.BinaryPackedEncoding
	got, err := codec.DecodeInt32(nil, appendDeltas(nil, numbers, true))
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%d, %v", got, err)
	}
}

// The example of parquet-format's Encodings.md: 7, 5, 3, 1, 2, 3, 4, 5 has steps of
// -2, -2, -2, 1, 1, 1, 1, of which the least is -2, so that 0, 0, 0, 3, 3, 3, 3 are
// kept in two bits each.
func TestDeltasAsSpecified(t *testing.T) {
	want := strings.Join([]string{
		"8001", // 128 in a block
		"04",   // of four parts
		"08",   // eight numbers
		"0e",   // 7, zigzag
		"03",   // least step -2, zigzag
		"02000000",
		"c03f000000000000", // 00 00 00 11 11 11 11, from the lowest bit on
	}, "")
	got := appendDeltas(nil, []int64{7, 5, 3, 1, 2, 3, 4, 5}, false)
	if hex.EncodeToString(got) != want {
		t.Errorf("%x, want %s", got, want)
	}
}

func TestSame(t *testing.T) {
	for _, n := range []int{1, 2, deltaBlock, deltaBlock + 1, deltaBlock + 2} {
		numbers := make([]int64, n)
		for i := range numbers {
			numbers[i] = 2 * hexBytes
		}
		if got, want := appendSame(nil, n, 2*hexBytes), appendDeltas(nil, numbers, true); !slices.Equal(got, want) {
			t.Errorf("%d times the same: %x, want %x", n, got, want)
		}
	}
}
