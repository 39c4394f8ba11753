package server

import (
	"fmt"
	"slices"
	"strings"
)

// Versions is the ranges in words: "4.0.4 and 4.0.5", or "4.0.0 to 4.0.3, 7.0
// and later, and Valkey".
func (b Behaviour) Versions() string { return inWords(Behaviours[b].Ranges) }

// Affects names those whom the behaviour concerns: "replicas of 4.0.0 and
// 4.0.1", "masters before 7.0", "replicas of 7.0 and later, and Valkey, under
// masters before 7.0".
func (b Behaviour) Affects() string {
	text := b.whom(b.Versions())
	for _, under := range Behaviours[b].Under {
		text += ", under " + under.Affects()
	}
	return text
}

// Lacking names those that don't show the behaviour: "replicas before 7.0".
func (b Behaviour) Lacking() string { return b.whom(inWords(complement(Behaviours[b].Ranges))) }

func (b Behaviour) whom(versions string) string {
	of := "s of "
	if strings.HasPrefix(versions, "before ") {
		of = "s "
	}
	return string(Behaviours[b].Role) + of + versions
}

// Since is the first version that shows the behaviour, in words; "" where it
// was always there.
func (b Behaviour) Since() string { return short(Behaviours[b].Ranges[0].From) }

// FixedIn is the first version without the behaviour behind v, in words; ""
// where there is none. For a version that is not known, or does not show it,
// it is those behind all ranges. A version that crashes is no fix.
func (b Behaviour) FixedIn(v Version) string {
	if r, ok := b.rangeOf(v); ok && !v.IsZero() {
		return b.fix(r)
	}
	var all []string
	for _, r := range Behaviours[b].Ranges {
		if fix := b.fix(r); fix != "" {
			all = append(all, fix)
		}
	}
	return list(all)
}

func (b Behaviour) fix(r Range) string {
	fix := r.Before
	if crashes, ok := PanicsOnDuplicateScript.rangeOf(fix); ok {
		fix = crashes.Before
	}
	if fix.IsZero() {
		return ""
	}
	return short(fix)
}

// AllVersions is Versions of what there is no version without.
const AllVersions = "all versions, Redis and Valkey"

func inWords(ranges []Range) string {
	if slices.Equal(ranges, []Range{{}, anyValkey}) {
		return AllVersions
	}
	var all []string
	for _, r := range ranges {
		all = append(all, r.String())
	}
	return list(all)
}

// list joins with commas, and with "and" before the last.
func list(all []string) string {
	switch n := len(all); n {
	case 0:
		return ""
	case 1:
		return all[0]
	default:
		return strings.Join(all[:n-1], ", ") + ", and " + all[n-1]
	}
}

// String is the range in words: "before 4.0", "4.0.4 to 6.2", "7.0 and later".
func (r Range) String() string {
	switch {
	case r == anyValkey:
		return "Valkey"
	case r == Range{}:
		return "Redis"
	case r.Before.IsZero():
		return short(r.From) + " and later"
	case r.From.IsZero():
		return "before " + short(r.Before)
	}
	last, line := r.last()
	from := short(r.From)
	if !line {
		from = long(r.From)
	}
	switch {
	case line && r.From == last:
		return from
	case line:
		return from + " to " + number(last, true)
	case r.From == last:
		return from
	case last.minor == r.From.minor && last.patch == r.From.patch+1:
		return from + " and " + number(last, false)
	}
	return from + " to " + number(last, false)
}

// lines are the release lines, of which the one before a version tells what
// "before" it means.
var lines = []Version{
	redis(2, 6, 0), redis(2, 8, 0), redis(3, 0, 0), redis(3, 2, 0), redis(4, 0, 0), redis(5, 0, 0),
	redis(6, 0, 0), redis(6, 2, 0), redis(7, 0, 0), redis(7, 2, 0), redis(7, 4, 0),
	redis(8, 0, 0), redis(8, 2, 0), redis(8, 4, 0), redis(8, 6, 0), redis(8, 8, 0), redis(8, 10, 0),
	valkey(7, 2, 0), valkey(8, 0, 0), valkey(8, 1, 0),
	valkey(9, 0, 0), valkey(9, 1, 0), valkey(9, 2, 0),
}

// last is the last version of a range that ends: a release, or a whole line.
func (r Range) last() (last Version, line bool) {
	last = r.Before
	if last.patch > 0 {
		last.patch--
		return last, false
	}
	i := slices.Index(lines, last)
	return lines[i-1], true
}

// short is a version without a patch of 0, long one with it.
func short(v Version) string {
	if v.IsZero() {
		return ""
	}
	return familyName(v) + number(v, v.patch == 0)
}

func long(v Version) string { return familyName(v) + number(v, false) }

func familyName(v Version) string {
	if v.family == valkeyFamily {
		return "Valkey "
	}
	return ""
}

func number(v Version, line bool) string {
	if line {
		return fmt.Sprintf("%d.%d", v.major, v.minor)
	}
	return fmt.Sprintf("%d.%d.%d", v.major, v.minor, v.patch)
}

// complement is the versions of both families that no range holds.
func complement(ranges []Range) []Range {
	var rest []Range
	for _, f := range []family{redisFamily, valkeyFamily} {
		from, open := Version{}, true
		if f == valkeyFamily {
			from = anyValkey.From
		}
		for _, r := range ranges {
			if r.family() != f {
				continue
			}
			if from.before(r.From) {
				rest = append(rest, Range{from, r.From})
			}
			from, open = r.Before, !r.Before.IsZero()
		}
		if open {
			rest = append(rest, Range{From: from})
		}
	}
	return rest
}
