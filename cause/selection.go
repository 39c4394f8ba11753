package cause

import (
	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/parse/record"
)

// A selection says which commands are worth recording: those that name a key
// that may differ, or one that a command joins with another, in whichever
// database; and all that may change keys that they don't name.
type selection struct {
	mayDiffer func(key []byte) bool
	// joined are hashes of keys that were named together, of the whole of the
	// streams.
	joined map[uint64]struct{}
	keys   []command.Key
}

// joinedKept bounds them: about 8 MiB. With more, every command is recorded.
const joinedKept = 1 << 18

func newSelection(mayDiffer func(key []byte) bool) *selection {
	return &selection{mayDiffer: mayDiffer, joined: map[uint64]struct{}{}}
}

// survey takes in a command, before any is asked about.
func (s *selection) survey(args [][]byte) {
	if s.joined == nil || len(args) < 3 {
		return
	}
	if s.keys, _ = command.Find(s.keys[:0], args); !joins(s.keys) {
		return
	}
	for _, k := range s.keys {
		s.joined[hashName(args[k.Index])] = struct{}{}
	}
	if len(s.joined) > joinedKept {
		s.joined = nil
	}
}

// takes reports whether a command that names keys is worth recording.
func (s *selection) takes(args [][]byte, keys []command.Key) bool {
	if s == nil || s.joined == nil {
		return true
	}
	for _, k := range keys {
		if s.mayDiffer(args[k.Index]) {
			return true
		}
		if _, ok := s.joined[hashName(args[k.Index])]; ok {
			return true
		}
	}
	return false
}

// A surveyor is the Handler of the first reading of an input.
type surveyor struct {
	payloadRecorder
	*selection
}

// Command implements record.Handler.
func (s surveyor) Command(c *record.Command) error {
	if s.selection != nil {
		s.selection.survey(c.Args)
	}
	return nil
}
