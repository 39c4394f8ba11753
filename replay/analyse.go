package replay

import (
	"github.com/redsleuth/redsleuth/script"
)

// analyser looks at each body once.
type analyser struct {
	index    map[digest]int32
	verdicts []script.Analysis
}

func newAnalyser() *analyser { return &analyser{index: map[digest]int32{}} }

// add analyses a body unless that was done, or too much was done already. It
// returns the index of the verdict, -1 for none.
func (a *analyser) add(sha digest, body []byte) int32 {
	if i, ok := a.index[sha]; ok {
		return i
	}
	if len(a.verdicts) >= maxAnalysed || len(body) > maxAnalysedSize {
		return -1
	}
	i := int32(len(a.verdicts))
	a.verdicts = append(a.verdicts, script.Analyse(body))
	a.index[sha] = i
	return i
}

// take is add for who does not need the verdict now.
func (a *analyser) take(sha digest, body []byte) { a.add(sha, body) }

// of is the index of a body's verdict, -1 for none.
func (a *analyser) of(sha digest) int32 {
	if i, ok := a.index[sha]; ok {
		return i
	}
	return -1
}

func (a *analyser) verdict(i int32) *script.Analysis {
	if i < 0 {
		return nil
	}
	return &a.verdicts[i]
}
