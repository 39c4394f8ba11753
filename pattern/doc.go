// Package pattern finds how keys are named: "user:*:profile" of a hundred million
// keys, in a few megabytes and one pass.
//
//	t := pattern.New(pattern.Separators)
//	for each key { sums := t.Add(key); sums[0]++; sums[1] += size }
//	rows := t.Rows(10, func(s *pattern.Sums) int64 { return s[1] })
//
// # Parts
//
// A key is cut into parts, which end at a run of separators. Braces are
// separators, so that a hash tag is a part of its own: "{user:7}.cart" is
// "{", "user:", "7}.", "cart". A UUID is one part though it holds dashes.
//
// Parts make a tree. A part that is an id by its looks is "*" at once: digits, a
// word that ends in four digits or more ("user1007" is "user*"), eight hexadecimal
// digits or more, sixteen or more letters and digits. Others are learned: a place
// in the tree where 256 different parts have come and few of them twice is one
// where ids stand, and becomes "*" for all of them but those that come often.
//
// Looks goes by looks alone, and has no tree: what one key is called then depends on
// no other, which a column of many files needs.
//
// # What is exact
//
// Every key is counted once, below the pattern that is told for it or in the
// others; nothing is estimated, and keys of one name are always counted together,
// however much comes between them. What is bounded is how fine
// patterns are: past 16384 places those with fewest keys become "*".
//
// # Depth
//
// How deep a pattern goes is decided by weight: a place is divided as long as its
// parts hold a share of the whole that is worth a row. Siblings that look like
// ids after all (one key each; the same number behind the same word; the same few
// keys below each) are one.
//
// A pattern is a glob as servers and --match take it, with what would mean
// something in a glob escaped: it matches all keys that are counted under it, and
// may match some that another row has more closely.
package pattern
