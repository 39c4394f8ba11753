package replica

import (
	"github.com/redsleuth/redsleuth/script"
)

const (
	maxAnalysed     = 1 << 12 // bodies
	maxAnalysedSize = 64 << 10
)

// An Analyser looks at each body once. Replicas that are followed together
// share one.
type Analyser struct {
	index    map[Digest]int32
	verdicts []script.Analysis
}

// NewAnalyser has seen no body yet.
func NewAnalyser() *Analyser { return &Analyser{index: map[Digest]int32{}} }

// add analyses a body unless that was done, or too much was done already. It
// returns the index of the verdict, -1 for none.
func (a *Analyser) add(sha Digest, body []byte) int32 {
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

// Of is the verdict on a body; nil where there is none.
func (a *Analyser) Of(sha Digest) *script.Analysis { return a.verdict(a.of(sha)) }

// of is the index of a body's verdict, -1 for none.
func (a *Analyser) of(sha Digest) int32 {
	if i, ok := a.index[sha]; ok {
		return i
	}
	return -1
}

func (a *Analyser) verdict(i int32) *script.Analysis {
	if i < 0 {
		return nil
	}
	return &a.verdicts[i]
}
