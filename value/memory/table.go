package memory

import (
	"math"
	"math/bits"
)

// firstTable is the number of buckets of the smallest table (dict.h,
// DICT_HT_INITIAL_SIZE).
const firstTable = 4

// buckets is the number of buckets of a table that was made for n entries.
func buckets(n int64) int64 {
	if n <= firstTable {
		return firstTable
	}
	return 1 << bits.Len64(uint64(n-1))
}

// A dict is the size of a table that grows while it is filled. A table that
// has outgrown its buckets gets as many more beside them, and each new entry
// moves one bucket over, so that for a while there are both.
type dict struct {
	size, used int64
	old        int64   // buckets of the table that entries are moved from
	left       float64 // of those, how many that are not empty, about
}

// expand is dictExpand for n entries; nothing while entries are being moved,
// or where there are more.
func (d *dict) expand(n int64) {
	if size := buckets(n); d.old == 0 && d.used <= n && size != d.size {
		if d.used > 0 {
			d.old, d.left = d.size, filled(d.used, d.size)
		}
		d.size = size
	}
}

// add takes n more entries.
func (d *dict) add(n int64) {
	for ; n > 0; n-- {
		if d.old > 0 {
			if d.left--; d.left <= 0 {
				d.old = 0
			}
		} else if d.used >= d.size {
			d.expand(d.used + 1)
		}
		d.used++
	}
}

func (d *dict) buckets() int64 { return d.size + d.old }

// filled is how many of so many buckets are not empty, as expected.
func filled(entries, of int64) float64 {
	return float64(of) * (1 - math.Pow(1-1/float64(of), float64(entries)))
}

// The hash table of Valkey 8.1 and later (hashtable.c): buckets of a cache
// line, with seven entries, or six and the next bucket.
const (
	bucketBytes    = 64
	bucketEntries  = 7
	bucketFactor   = 5 // a table for n entries has n*5/32 buckets,
	bucketDivisor  = 32
	hashtableHead  = 72
	hashtableHead9 = 80
)

// hashtable is what a table that was made for n entries takes, without them:
// the buckets, and those that hang on them because too many entries have one
// place, as expected.
func hashtable(n int64) float64 {
	if n == 0 {
		return 0
	}
	count := float64(uint64(1) << bits.Len64(uint64((n*bucketFactor-1)/bucketDivisor)))
	return bucketBytes * count * (1 + childBuckets(n, count))
}

// childBuckets is how many buckets hang on one of a table's, as expected for n
// entries in so many of them. The number of entries a bucket is binomial.
func childBuckets(n int64, count float64) float64 {
	if count == 1 {
		return children(n)
	}
	p := 1 / count
	chance := math.Exp(float64(n) * math.Log1p(-p)) // of no entry
	expected := 0.0
	for k := int64(0); k < n; {
		chance *= float64(n-k) / float64(k+1) * p / (1 - p)
		k++
		expected += chance * children(k)
		if k > 64 {
			break // of 6.4 on average
		}
	}
	return expected
}

func children(entries int64) float64 {
	if entries <= bucketEntries {
		return 0
	}
	return math.Ceil(float64(entries-bucketEntries) / (bucketEntries - 1))
}
