package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/redsleuth/redsleuth/parse/record"
)

// mostHoles is how many holes of a history are named of those that one answer is for.
const mostHoles = 3

// holeTexts tell which offsets of a history nobody recorded, and which servers still
// have them: a sentence for those of which the same is known.
func (r *run) holeTexts(h *History) (texts []string) {
	var answers []string
	of := map[string][]string{}
	for _, hole := range h.Holes {
		held := r.heldIn(h.ID, hole)
		if of[held] == nil {
			answers = append(answers, held)
		}
		of[held] = append(of[held], fmt.Sprintf("%d to %d", hole.From, hole.To))
	}
	for _, held := range answers {
		holes := of[held]
		if more := len(holes) - mostHoles; more > 0 {
			holes = append(holes[:mostHoles:mostHoles], fmt.Sprintf("%d more", more))
		}
		texts = append(texts, "What the stream held at offsets "+strings.Join(holes, ", ")+", which nobody recorded: "+held)
	}
	return texts
}

// lackingOwn tells what a server wrote of a history of its own that is in no recording,
// where histories part.
func (r *run) lackingOwn() (all []string) {
	p := r.Verdict.Parting
	if p == nil || p.Offset == nil {
		return nil
	}
	for _, role := range []Role{Master, Replica} {
		d := r.with(role)
		if d == nil || d.State == nil || d.State.Offset <= *p.Offset || r.recorded(d.State.ID) {
			continue
		}
		own := Range{*p.Offset, d.State.Offset}
		all = append(all, fmt.Sprintf("What the %s wrote of its own, at offsets %d to %d, which nobody recorded: %s",
			role, own.From, own.To, r.heldIn(d.State.ID, own)))
	}
	return all
}

// recorded reports whether a recording holds any of a history: its holes are told then.
func (r *run) recorded(id string) bool {
	return slices.ContainsFunc(r.Chain, func(h History) bool {
		return h.ID == id && slices.ContainsFunc(h.Spans, func(s Span) bool { return s.What == "link" })
	})
}

// heldIn says which servers had offsets of a history in their backlog, all of them, by
// their INFO, or else what would tell them.
func (r *run) heldIn(id string, of Range) string {
	var servers []string
	for _, h := range r.Chain {
		for _, s := range h.Spans {
			// Up to where they part, a server's backlog has both histories.
			same := h.ID == id || r.partAt(h.ID, id) >= of.To
			if s.What != "backlog" || !same || s.From > of.From || s.To < of.To {
				continue
			}
			if name := r.ofServer(s.Path); !slices.Contains(servers, name) {
				servers = append(servers, name)
			}
		}
	}
	if len(servers) == 0 {
		return "a recording of that time would tell, or the master's backlog while it goes back so far."
	}
	it, from := "its INFO the backlog", "there"
	if len(servers) > 1 {
		it, from = "their INFO the backlogs", "them"
	}
	return "by " + it + " of " + strings.Join(servers, " and of ") + " still held it; redsleuth collect takes it from " + from + "."
}

// partAt is where two histories part, if they are those of the two sides.
func (r *run) partAt(a, b string) int64 {
	p, m, s := r.Verdict.Parting, r.with(Master), r.with(Replica)
	if p == nil || p.Offset == nil || m == nil || s == nil || m.State == nil || s.State == nil {
		return record.Unknown
	}
	if a == m.State.ID && b == s.State.ID || a == s.State.ID && b == m.State.ID {
		return *p.Offset
	}
	return record.Unknown
}

// ofServer is whose an artefact with INFO is, in words.
func (r *run) ofServer(path string) string {
	for _, a := range r.Artefacts {
		if a.Path == path && a.Kind == KindInfo {
			if side := r.sideOf(a); side == Master || side == Replica {
				return "the " + string(side)
			}
		}
	}
	return "a server"
}
