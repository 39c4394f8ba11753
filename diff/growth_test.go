package diff

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/redsleuth/redsleuth/filter"
)

// someStrings is n records of strings of so many bytes, in hexadecimal, in which # is the
// number of the key.
func someStrings(n int, name string, size int) string {
	var b strings.Builder
	for i := range n {
		key := strings.ReplaceAll(name, "#", fmt.Sprint(1000+i))
		b.WriteString("00" + hex.EncodeToString([]byte{byte(len(key))}) + hex.EncodeToString([]byte(key)))
		b.WriteString(hex.EncodeToString([]byte{byte(size)}) + strings.Repeat("61", size))
	}
	return b.String()
}

func TestGrowth(t *testing.T) {
	const version = "fa 09 72656469732d766572 05 372e322e34 fe 00 " // redis-ver 7.2.4
	before := version + someStrings(100, "user:#:cart", 20) + someStrings(40, "job:#", 10) +
		someStrings(10, "same:#", 5)
	after := version + someStrings(150, "user:#:cart", 20) + someStrings(10, "same:#", 5) +
		someStrings(30, "new:#", 50)
	for _, c := range []struct {
		name          string
		before, after string
		filter        filter.Filter
		want          string
	}{
		{"both ways", before, after, filter.Filter{},
			"user:*:cart 100-150 keys, 3700-5550 bytes, 8000-12000 memory; " +
				"new:* 0-30 keys, 0-1830 bytes, 0-3360 memory; " +
				"job:* 40-0 keys, 840-0 bytes, 2880-0 memory; same 10"},
		{"nothing", before, before, filter.Filter{}, "same 150"},
		{"a filter", before, after, filter.Filter{Match: [][]byte{[]byte("job:*")}},
			"job:* 40-0 keys, 840-0 bytes, 2880-0 memory; same 0"},
		{"a filter by memory", before, after, filter.Filter{MinMemory: 100},
			"new:* 0-30 keys, 0-1830 bytes, 0-3360 memory; same 0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			g, err := MeasureGrowth(t.Context(), one(open(t, dumpFile(t, "0011", c.before))),
				one(open(t, dumpFile(t, "0011", c.after))), Options{Filter: c.filter})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			total := g.Rest
			for _, x := range g.List {
				got = append(got, fmt.Sprintf("%s %d-%d keys, %d-%d bytes, %d-%d memory", x.Pattern,
					x.Before.Keys, x.After.Keys, x.Before.Bytes, x.After.Bytes, x.Before.Memory, x.After.Memory))
				total.Plus(&x)
			}
			got = append(got, fmt.Sprint("same ", g.Rest.After.Keys))
			if text := strings.Join(got, "; "); text != c.want {
				t.Errorf("got  %s\nwant %s", text, c.want)
			}
			if total.Before != g.Total.Before || total.After != g.Total.After {
				t.Errorf("rows sum to %+v, not %+v", total, g.Total)
			}
		})
	}
}

// TestGrowthUnmeasured: where no version is told, bytes decide.
func TestGrowthUnmeasured(t *testing.T) {
	g, err := MeasureGrowth(t.Context(), one(open(t, dumpFile(t, "0011", "fe 00"+someStrings(3, "a:#", 9)))),
		one(open(t, dumpFile(t, "0011", "fe 00"+someStrings(5, "a:#", 9)))), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if !g.MemoryOf.IsZero() || len(g.List) != 1 || g.List[0].After.Keys != 5 || g.List[0].After.Memory != 0 {
		t.Errorf("%+v", g)
	}
}
