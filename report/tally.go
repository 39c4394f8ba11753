package report

import (
	"bytes"
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/finding"
)

// A Reason is a cause, and the way in which it came about where its evidence names
// one: a row of the catalogue of divergences, or a finding.
type Reason struct {
	Cause finding.Cause
	Way   string // "" for none
}

// A Counted reason is one with the keys that differ for it.
type Counted struct {
	Reason
	Keys, Proved int64
	Since        time.Time // of the first command that led to it; zero where none tells
	// Doubt is what stands against certainty of the first that is only likely; "" where
	// its evidence says nothing of that.
	Doubt finding.EvidenceCode
	// FirstKey and FirstDB are the key where it is one alone.
	FirstKey []byte
	FirstDB  int
}

// ReasonOf is why a key differs.
func ReasonOf(d *diff.Difference) Reason {
	for i := range d.Evidence {
		switch e := &d.Evidence[i]; {
		case e.Divergence != "":
			return Reason{d.Cause, e.Divergence}
		case e.Code == finding.EvidenceCommandRefused:
			return Reason{d.Cause, string(e.Code)}
		}
	}
	return Reason{d.Cause, ""}
}

// A Client is one that wrote keys that differ, by its address on a side.
type Client struct {
	Side, Addr string
	Name, User string // untrusted; "" where unknown
	Keys       int64
}

// A Group is the differences of one cause, database and prefix of keys.
type Group struct {
	Cause  finding.Cause
	DB     int
	Prefix string // with its colon; untrusted; "" for none
}

// A Tally counts the differences as they come, so that none need be kept for it.
type Tally struct {
	Groups map[Group]int64
	// Named counts keys of which a client that wrote them is known, Shared those of
	// several clients, BothSides those that clients of both sides wrote.
	Named, Shared, BothSides int64
	// OneSided counts those that both sides changed, of which the writers of one side
	// alone are known; Unnamed local writes, and Unwritten others, of no known client.
	OneSided, Unnamed, Unwritten int64
	// Consumers counts keys of which all that differs is known, and is consumers of
	// groups.
	Consumers int64

	reasons map[Reason]*Counted
	clients map[Client]int64 // with Keys 0
	// offset and at are the first place that is evidence of a difference, and its
	// time; written is the first time at which a client wrote what differs.
	offset      *int64
	at, written time.Time
	takeover    Takeover // what it counts of keys
	// outside is the first time of a write that made a difference beside the stream;
	// Undated counts keys of which nothing tells when, nor that it was since the histories
	// part.
	outside time.Time
	Undated int64
}

// Bounds of what is counted apart, and of a prefix in bytes.
const (
	mostGroups  = 1 << 16
	mostWriters = 1 << 14
	mostPrefix  = 120
)

// Count takes a difference.
func (t *Tally) Count(d *diff.Difference) {
	if t.reasons == nil {
		t.reasons, t.clients, t.Groups = map[Reason]*Counted{}, map[Client]int64{}, map[Group]int64{}
	}
	why := ReasonOf(d)
	c := t.reasons[why]
	if c == nil {
		c = &Counted{Reason: why, FirstKey: d.Key, FirstDB: d.DB}
		t.reasons[why] = c
	}
	c.Keys++
	if d.Confidence == finding.Proved {
		c.Proved++
	} else if c.Doubt == "" {
		c.Doubt = doubtOf(d)
	}
	g := Group{Cause: d.Cause, DB: d.DB}
	if i := bytes.IndexByte(d.Key, ':'); i >= 0 && i < mostPrefix {
		g.Prefix = string(d.Key[:i+1])
	}
	if _, known := t.Groups[g]; known || len(t.Groups) < mostGroups {
		t.Groups[g]++
	}
	t.evidence(d, c)
	t.writers(d)
	t.takeover.count(d)
	if ofConsumers(d) {
		t.Consumers++
	}
}

// ofConsumers: all that differs is consumers of groups, that exist on one side alone.
func ofConsumers(d *diff.Difference) bool {
	return len(d.Changes) > 0 && int64(len(d.Changes)) == d.ChangesTotal &&
		!slices.ContainsFunc(d.Changes, func(c diff.Change) bool { return c.Part != "consumer" })
}

// doubtOf is what the evidence of a difference has against certainty; "" for nothing.
func doubtOf(d *diff.Difference) finding.EvidenceCode {
	for i := range d.Evidence {
		if e := d.Evidence[i].Code; e.Doubt() != "" {
			return e
		}
	}
	return ""
}

// tells reports whether a piece of evidence is what led to the difference: what only
// says where a state comes from is not behind anything.
func tells(d *diff.Difference, e *finding.Evidence) bool {
	if e.Code == finding.EvidenceBothWrote {
		return false // it is of what was alike
	}
	return e.Command != nil || d.Cause == finding.CauseDifferentHistory
}

// OffsetOf is where in the stream what led to a difference is; nil where that is not
// in the stream, or not known.
func OffsetOf(d *diff.Difference) *int64 {
	for i := range d.Evidence {
		if e := &d.Evidence[i]; e.Offset != nil && tells(d, e) {
			return e.Offset
		}
	}
	return nil
}

// evidence keeps the first place and time.
func (t *Tally) evidence(d *diff.Difference, c *Counted) {
	if d.Cause == finding.CauseExpired {
		return
	}
	for i := range d.Evidence {
		e := &d.Evidence[i]
		if !tells(d, e) {
			continue
		}
		if e.Offset != nil && (t.offset == nil || *e.Offset < *t.offset) {
			t.offset, t.at = e.Offset, e.Time
		}
		c.Since = earlier(c.Since, e.Time)
	}
	dated := time.Time{}
	for i := range d.Evidence {
		if tells(d, &d.Evidence[i]) {
			dated = earlier(dated, d.Evidence[i].Time)
		}
	}
	for i := range d.WrittenBy {
		at := d.WrittenBy[i].Time
		dated, t.written = earlier(dated, at), earlier(t.written, at)
		if d.Cause == finding.CauseLocalWrite || d.Cause == finding.CauseNotPropagated {
			t.outside, c.Since = earlier(t.outside, at), earlier(c.Since, at)
		}
	}
	if dated.IsZero() && d.Cause != finding.CauseDifferentHistory {
		t.Undated++
	}
}

// earlier is the first of two times; a zero one is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// writers counts who wrote it.
func (t *Tally) writers(d *diff.Difference) {
	by := ClientsOf(d)
	sides := map[string]bool{}
	for _, c := range by {
		sides[c.Side] = true
		if c.Name == "" {
			c.User = ""
		}
		if _, known := t.clients[c]; known || len(t.clients) < mostWriters {
			t.clients[c]++
		}
	}
	switch {
	case len(by) > 0:
		t.Named++
		t.Shared += int64(min(len(by)-1, 1))
		if len(sides) > 1 {
			t.BothSides++
		} else if bothWrote(d) {
			t.OneSided++
		}
	case d.Cause == finding.CauseLocalWrite:
		t.Unnamed++
	case d.Cause != finding.CauseExpired:
		t.Unwritten++
	}
}

// bothWrote reports whether each side changed the key, as its evidence says.
func bothWrote(d *diff.Difference) bool {
	return slices.ContainsFunc(d.Evidence, func(e finding.Evidence) bool { return e.Code == finding.EvidenceBothWrote })
}

// ClientsOf are the clients that wrote a key, each once: one that named itself only
// later, or in part of the files, is the one that it became.
func ClientsOf(d *diff.Difference) (all []Client) {
	for i := range d.WrittenBy {
		w := &d.WrittenBy[i]
		c := Client{Side: w.Side, Addr: w.Addr, Name: w.Name, User: w.User}
		same := slices.IndexFunc(all, func(x Client) bool {
			return x.Side == c.Side && x.Addr == c.Addr && x.Addr != "" &&
				(x.Name == c.Name || x.Name == "" || c.Name == "")
		})
		if same < 0 {
			all = append(all, c)
		} else if all[same].Name == "" {
			all[same] = c
		}
	}
	return all
}

// Clients are those that wrote keys that differ, who made most first. A client
// without a name is the one of its address that has one, where that is one alone.
func (t *Tally) Clients() []Client {
	type address struct{ side, addr string }
	named := map[address][]Client{}
	for c := range t.clients {
		if a := (address{c.Side, c.Addr}); c.Name != "" && c.Addr != "" {
			named[a] = append(named[a], c)
		}
	}
	sums := map[Client]int64{}
	for c, n := range t.clients {
		if of := named[address{c.Side, c.Addr}]; c.Name == "" && len(of) == 1 {
			c = of[0]
		}
		sums[c] += n
	}
	var all []Client
	for c, n := range sums {
		c.Keys = n
		all = append(all, c)
	}
	slices.SortFunc(all, func(x, y Client) int {
		return cmp.Or(cmp.Compare(y.Keys, x.Keys), strings.Compare(x.Side, y.Side),
			strings.Compare(x.Addr, y.Addr), strings.Compare(x.Name, y.Name))
	})
	return all
}

// Reasons are why keys differ, most keys first; what differs by expiry alone is no
// fault, and left out.
func (t *Tally) Reasons() []Counted {
	var all []Counted
	for c := range maps.Values(t.reasons) {
		if c.Cause != finding.CauseExpired {
			all = append(all, *c)
		}
	}
	slices.SortFunc(all, func(x, y Counted) int {
		return cmp.Or(cmp.Compare(y.Keys, x.Keys), strings.Compare(string(x.Cause), string(y.Cause)),
			strings.Compare(x.Way, y.Way))
	})
	return all
}
