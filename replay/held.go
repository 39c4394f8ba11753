package replay

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/replay/replica"
	"github.com/redsleuth/redsleuth/replay/session"
)

// Held is the outcome of what is no command: what a dump of either side holds. Sent is
// that of a command behind the offset of the replica's dump, of which nothing shows that
// it ran. LikelyRefused and LikelyApplied are what the values of a key make of commands
// that were Doubtful.
const (
	Held          Outcome = "held"
	Sent          Outcome = "sent"
	LikelyRefused Outcome = "refused-likely"
	LikelyApplied Outcome = "applied-likely"
)

// The sides of a State.
const (
	MasterSide  = "master"
	ReplicaSide = "replica"
)

// NoType is the type of a key that a dump does not hold, as TYPE replies of it.
const NoType = "none"

// A Side is a dump of the master or of the replica, whose values go into the history of
// the keys asked for.
type Side struct {
	Name string // MasterSide or ReplicaSide
	In   *input.Input
}

// A sideDump is what one of them holds of these keys.
type sideDump struct {
	Side
	*replica.Dump
	kept *touches
	// behind is when the first command came that is not in it; zero where none did, or
	// nothing tells its time.
	behind time.Time
}

// readSides reads the dumps of both sides for what they hold of the keys asked for. One
// that is no RDB is left out.
func readSides(o *Options) (all []*sideDump, err error) {
	if o.Key == nil {
		return nil, nil
	}
	for _, side := range o.Sides {
		if side.In.Kind != input.KindRDB {
			continue
		}
		keys := dumpKeys{}
		d, err := readBase(side.In, replica.NewAnalyser(), keys, o.Key)
		if err != nil {
			return nil, err
		}
		all = append(all, &sideDump{Side: side, Dump: d, kept: keys[d]})
	}
	return all, nil
}

// pass takes note of a command of a link that a dump does not hold.
func (d *sideDump) pass(id string, c *record.Command) {
	if d.behind.IsZero() && known(d.Offset) && c.Offset >= d.Offset && !session.Differ(id, d.ID) {
		d.behind = c.Time
	}
}

// place is where in the history of the keys a dump belongs: before the first command
// that it does not hold, at the end where there is none, or nothing tells.
func (d *sideDump) place(r *Report) int {
	for i := range r.Touches {
		t := &r.Touches[i]
		if t.Client != nil && !d.behind.IsZero() && !t.Time.Before(d.behind) || d.lacks(r, t) {
			return i
		}
	}
	return len(r.Touches)
}

// lacks reports whether something came on a link behind the state of a dump.
func (d *sideDump) lacks(r *Report, t *Touch) bool {
	if t.Link == 0 || t.Client != nil || t.Outcome == Held || !known(t.Offset) || !known(d.Offset) ||
		session.Differ(r.Links[t.Link-1].ReplicationID, d.ID) {
		return false
	}
	if t.Outcome == Started || t.Outcome == Loaded {
		return t.Offset > d.Offset
	}
	return t.Offset >= d.Offset
}

// addSides puts what the dumps hold into the history, the replica's before the master's
// at one place.
func (r *runner) addSides(report *Report) {
	named := keysNamed(report.Touches)
	for _, d := range r.sides {
		for i := range d.kept.list {
			t := &d.kept.list[i]
			named.add(t.DB, t.Key)
		}
	}
	for _, name := range []string{ReplicaSide, MasterSide} {
		for _, d := range r.sides {
			if d.Name != name {
				continue
			}
			if name == ReplicaSide {
				report.sentOnly(d)
			}
			report.Touches = slices.Insert(report.Touches, d.place(report), d.held(named)...)
			report.TouchesLeftOut += d.kept.leftOut
		}
	}
}

// held are the values of the keys in a dump, and which of them it lacks.
func (d *sideDump) held(named *keyNames) (rows []Touch) {
	at := 0
	for _, n := range named.list {
		row := Touch{Path: d.Path, Offset: d.Offset, Byte: record.Unknown, DB: n.db, ReplicaDB: n.db, Key: n.key,
			Type: NoType, Outcome: Held, Side: d.Name, Time: d.Created, History: d.ID}
		is := func(t Touch) bool { return t.DB == n.db && bytes.Equal(t.Key, n.key) }
		// They are in the order of the dump most often.
		i := slices.IndexFunc(d.kept.list[at:], is)
		if i < 0 {
			i, at = slices.IndexFunc(d.kept.list, is), 0
		}
		switch {
		case i >= 0:
			at += i
			t := &d.kept.list[at]
			row.Byte, row.Type, row.Args, row.ArgsLeft = t.Byte, t.Type, t.Args, t.ArgsLeft
		case d.Err != nil || d.kept.leftOut > 0:
			continue // it may hold it
		}
		rows = append(rows, row)
	}
	return rows
}

// sentOnly says of the commands behind the state of the replica's dump that nothing
// shows that it ran them, unless it acknowledged them or asked for what follows.
func (r *Report) sentOnly(d *sideDump) {
	for i := range r.Touches {
		t := &r.Touches[i]
		if t.Outcome != Applied && t.Outcome != Doubtful || !d.lacks(r, t) {
			continue
		}
		l := r.Links[t.Link-1]
		if acked := l.Acks != nil && l.Acks.Last > t.Offset; !acked && !(known(l.RanTo) && l.RanTo > t.Offset) {
			t.Outcome = Sent
		}
	}
}

// Settle says of commands of a key that may have been refused which were, by what the
// two sides hold of it. certain is whether that leaves no other account open.
func (r *Report) Settle(db int, key []byte, refused []finding.Place, certain bool) {
	is := func(t *Touch) bool {
		return slices.ContainsFunc(refused, func(p finding.Place) bool {
			return p.Offset != nil && *p.Offset == t.Offset && p.Link == r.Links[t.Link-1].Number && p.Path == t.Path
		})
	}
	for i := range r.Touches {
		t := &r.Touches[i]
		if t.Outcome != Doubtful || t.DB != db || !bytes.Equal(t.Key, key) {
			continue
		}
		switch {
		case is(t) && certain:
			t.Outcome = Refused
		case is(t):
			t.Outcome = LikelyRefused
		case certain:
			t.Outcome = Applied
		default:
			t.Outcome = LikelyApplied
		}
	}
}

// keyNames are keys with their databases, each once, in the order in which they came.
type keyNames struct {
	list []keyName
	seen map[string]map[int]bool
}

type keyName struct {
	db  int
	key []byte
}

func (k *keyNames) add(db int, key []byte) {
	if db == record.Unknown || k.seen[string(key)][db] {
		return
	}
	if k.seen[string(key)] == nil {
		k.seen[string(key)] = map[int]bool{}
	}
	k.seen[string(key)][db] = true
	k.list = append(k.list, keyName{db, key})
}

// keysNamed are those that a history names.
func keysNamed(all []Touch) *keyNames {
	k := &keyNames{seen: map[string]map[int]bool{}}
	for i := range all {
		if all[i].Key != nil {
			k.add(all[i].DB, all[i].Key)
		}
	}
	return k
}

// valueOf keeps the first elements of a value, as arguments are kept.
type valueOf struct {
	touch *Touch
	room  int
	taken int64
}

// visit takes in an element.
func (v *valueOf) visit(e *rdb.Element) error {
	var parts [][]byte
	switch e.Kind {
	case rdb.ElementBytes:
		parts = [][]byte{e.Member}
	case rdb.ElementField:
		parts = [][]byte{e.Member, e.Value}
	case rdb.ElementScore:
		parts = [][]byte{e.Member, scoreText(e.Score)}
	case rdb.ElementEntry:
		parts = append([][]byte{[]byte(e.ID.String())}, e.Fields...)
	default:
		return nil
	}
	for _, p := range parts {
		v.room -= len(p)
	}
	if v.room < 0 {
		return rdb.SkipRest
	}
	v.taken++
	for _, p := range parts {
		v.touch.Args = append(v.touch.Args, clone(p))
	}
	return nil
}

// scoreText is a score as servers say it: "inf" and not "+Inf".
func scoreText(f float64) []byte {
	text := strconv.FormatFloat(f, 'g', -1, 64)
	return []byte(strings.ToLower(strings.TrimPrefix(text, "+")))
}

// value keeps the value of a key as far as there is room for it.
func (t *Touch) value(r *rdb.Record, d *rdb.Decoder) error {
	v := valueOf{touch: t, room: argBytes}
	if err := d.Value(v.visit); err != nil {
		return err
	}
	if v.taken > 0 || v.room < 0 { // else what it holds is of none of these kinds
		t.ArgsLeft = int(max(0, r.Elements-v.taken))
	}
	return nil
}
