package replay

import (
	"fmt"
	"maps"
	"slices"

	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/replay/replica"
)

// maxPerCode bounds how many findings of one code are listed one by one,
// maxFindingBytes what all of them hold, and maxResentListed how many scripts
// that were sent again.
const (
	maxPerCode      = 10_000
	maxFindingBytes = 12 << 20
	maxResentListed = 100
)

// maxPlaces bounds the places of a finding that is counted.
const maxPlaces = 5

// maxRefusedPlaces bounds those of a command that the log says was refused.
const maxRefusedPlaces = 64

// findings are those about one replica, as many as there is room for.
type findings struct {
	all     []finding.Finding
	summary Summary
	perCode map[finding.Code]int64 // all of them
	listed  map[finding.Code]int64
	// bytes is about what they take, room what they may.
	bytes, room int64
	// counted are findings that are reported once and counted, by what they are
	// about; atRisk are those of scripts. -1 stands for one that is not listed.
	counted map[string]int32
	atRisk  map[replica.Digest]risk
	// scriptsResent counts scripts that were sent again, resentRest how often
	// those beyond the ones listed.
	scriptsResent int
	resentRest    finding.Finding
}

// risk is the finding on a script at risk since a reconnect.
type risk struct{ resume, finding int32 }

func newFindings(room int64) findings {
	return findings{
		room: room, perCode: map[finding.Code]int64{}, listed: map[finding.Code]int64{},
		counted: map[string]int32{}, atRisk: map[replica.Digest]risk{},
	}
}

// weight is about what a finding takes in memory.
func weight(n *finding.Finding) int64 {
	size := 400 + len(n.Message)
	for _, k := range n.Keys {
		size += 40 + len(k)
	}
	return int64(size)
}

// add lists a finding, or counts it where there are too many, and returns its
// index; -1 then.
func (f *findings) add(n finding.Finding) int32 {
	f.summary.tally(n.Severity)
	f.perCode[n.Code]++
	size := weight(&n)
	if f.listed[n.Code] >= maxPerCode || f.bytes+size > f.room {
		return -1
	}
	f.listed[n.Code]++
	f.bytes += size
	f.all = append(f.all, n)
	return int32(len(f.all) - 1)
}

// last adds one that is about the whole, and comes at most once.
func (f *findings) last(n finding.Finding) {
	f.summary.tally(n.Severity)
	f.all = append(f.all, n)
}

// count counts a finding once more, if it was reported.
func (f *findings) count(key string) bool {
	i, ok := f.counted[key]
	if ok && i >= 0 {
		f.all[i].Count++
	}
	return ok
}

// countAtRisk counts a script at risk once more, if it was reported since the
// same reconnect.
func (f *findings) countAtRisk(e *replica.ScriptAtRisk) bool {
	r, ok := f.atRisk[e.SHA]
	if !ok || r.resume != e.Resume {
		return false
	}
	if r.finding >= 0 {
		f.all[r.finding].Count++
	}
	return true
}

// resent lists a body that travelled although the replica had it.
func (f *findings) resent(e *replica.ScriptResent) {
	if f.scriptsResent++; f.scriptsResent <= maxResentListed {
		f.all = append(f.all, scriptResent(e))
		return
	}
	f.resentRest.Count += e.Times
	f.resentRest.Bytes += e.Bytes
}

// finish says what was not listed.
func (f *findings) finish() {
	if rest := f.resentRest; rest.Count > 0 {
		rest.Code, rest.Severity = finding.ScriptDuplicate, finding.Info
		rest.Message = fmt.Sprintf("the bodies of %d more scripts were sent again %s although the "+
			"replica had them",
			f.scriptsResent-maxResentListed, times(rest.Count))
		f.all = append(f.all, rest)
	}
	for _, code := range slices.Sorted(maps.Keys(f.perCode)) {
		more := f.perCode[code] - f.listed[code]
		if more == 0 {
			continue
		}
		f.all = append(f.all, finding.Finding{
			Code: code, Severity: finding.Info, Count: more,
			Message: fmt.Sprintf("%d more findings of this code, beside the %d that are listed", more, f.listed[code]),
		})
	}
}

func (s *Summary) tally(severity finding.Severity) {
	switch severity {
	case finding.Error:
		s.Errors++
	case finding.Warning:
		s.Warnings++
	}
}

// times is "once" or "3 times".
func times(n int64) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// clone is not nil, even of an empty name.
func clone(b []byte) []byte { return append([]byte{}, b...) }

const maxKeysShown = 64

func cloneKeys(keys [][]byte) [][]byte {
	list := make([][]byte, 0, min(len(keys), maxKeysShown))
	for _, k := range keys[:min(len(keys), maxKeysShown)] {
		list = append(list, clone(k))
	}
	return list
}
