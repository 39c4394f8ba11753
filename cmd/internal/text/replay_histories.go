package text

import (
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/replay"
)

// histories are those that the offsets of a history of keys are of: an offset says where
// in one of them something is, and nothing of another.
type histories struct {
	ids   []string
	whose map[string]string // by the dump that is of it
}

// mostHistories is how many are told apart, by a letter each.
const mostHistories = 26

// historiesOf are those of the rows that have an offset, in the order in which they come.
func historiesOf(all []replay.Touch) *histories {
	h := &histories{whose: map[string]string{}}
	seen := map[string]bool{}
	for i := range all {
		t := &all[i]
		if t.Side != "" {
			h.whose[t.History] = t.Side
		}
		if t.History != "" && t.Offset != record.Unknown && !seen[t.History] && len(h.ids) < mostHistories {
			seen[t.History] = true
			h.ids = append(h.ids, t.History)
		}
	}
	return h
}

// letter stands for the history of a row; "" for none.
func (h *histories) letter(t *replay.Touch) string {
	for i, id := range h.ids {
		if id == t.History && t.Offset != record.Unknown {
			return string(rune('a' + i))
		}
	}
	return ""
}

// shownID is how much of a replication id tells it from others.
const shownID = 8

// histories says what the letters stand for.
func (w *replayText) histories(h *histories) {
	if len(h.ids) < 2 {
		return
	}
	for i, id := range h.ids {
		text := "another history"
		for j := range w.report.Touches {
			switch t := &w.report.Touches[j]; {
			case t.Outcome == replay.Promoted && string(t.Args[0]) == id:
				text = "the history that the replica began as it was promoted"
			case t.Link > 0 && t.History == id:
				text = "the history that came over the links"
			}
		}
		switch h.whose[id] {
		case replay.MasterSide:
			text += ", of which the master's dump is"
		case replay.ReplicaSide:
			text += ", of which the replica's dump is"
		}
		w.wrapped("of %c: offsets of %s, %s", 'a'+i, w.Bytes.WordText(id[:min(len(id), shownID)]), text)
	}
}
