package report

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"github.com/redsleuth/redsleuth/parse/info"
	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/repl"
)

// FromTold is where a role comes from that a flag tells.
const FromTold = "told"

// Where else a role comes from.
const (
	fromCollect = "collect"
	fromInfo    = "info"
	fromRequest = "request"
	fromLinks   = "links"
	fromIDs     = "ids"
	fromOffsets = "offsets"
	fromName    = "name"
	fromContent = "content"
)

// roles works out what each artefact is.
func (r *run) roles() {
	for _, a := range r.Artefacts {
		switch a.Kind {
		case input.KindPSYNC, input.KindPCAP, input.KindCommands:
			a.set(Link, fromContent)
		case KindInfo:
			a.set(roleOfInfo(a.Info), fromContent)
		case KindLog:
			a.set(r.roleOfLog(a), fromContent)
		}
	}
	r.told()
	r.byCollection()
	for _, a := range r.Artefacts {
		if a.Kind.Clients() {
			a.set(Link, fromContent)
		}
	}
	dumps := r.dumps()
	r.byLinks(dumps)
	r.byInfo(dumps)
	r.byRequest(dumps)
	r.byLinks(dumps) // fewer may be left
	r.byIDs(dumps)
	r.byOffsets(dumps)
	r.byName(dumps)
	r.onlyOne(dumps)
}

func (a *Artefact) set(role Role, from string) {
	if role != Unknown && a.Role == Unknown {
		a.Role, a.RoleFrom = role, from
	}
}

func roleOfInfo(i *info.Info) Role {
	switch i.Role {
	case repl.Master:
		return Master
	case repl.Replica:
		return Replica
	}
	return Unknown
}

// roleOfLog: a server that asked for a sync is a replica; one that granted
// some and never asked is a master.
func (r *run) roleOfLog(a *Artefact) Role {
	if a.Log.Replica {
		return Replica
	}
	for _, e := range a.Log.Events {
		if grants(e) {
			return Master
		}
	}
	return Unknown
}

// dumps are the artefacts that hold a state.
func (r *run) dumps() []*Artefact {
	var all []*Artefact
	for _, a := range r.Artefacts {
		if a.Kind == input.KindRDB && a.Inspect != nil && a.Inspect.RDB != nil {
			all = append(all, a)
		}
	}
	return all
}

// told sets the roles that flags name.
func (r *run) told() {
	for _, t := range []struct {
		paths []string
		role  Role
	}{{r.Masters, Master}, {r.Replicas, Replica}, {r.Befores, ReplicaBefore}} {
		for _, path := range t.paths {
			for _, a := range r.Artefacts {
				if sameFile(a.File, path) {
					a.Role, a.RoleFrom = t.role, FromTold
				}
			}
		}
	}
}

// misnamed says which of the files that were told to have a role is not there: taken
// for nothing, it would leave the role to be guessed.
func (r *run) misnamed(role Role, paths []string) error {
	for _, path := range paths {
		is := func(a *Artefact) bool { return sameFile(a.File, path) }
		if !slices.ContainsFunc(r.Artefacts, is) {
			return fmt.Errorf("%s is told as %s, and is none of the files here", path, role)
		}
	}
	return nil
}

func sameFile(a, b string) bool {
	x, err := filepath.Abs(a)
	y, err2 := filepath.Abs(b)
	return err == nil && err2 == nil && x == y
}

// taken reports whether a dump has the role already.
func (r *run) taken(role Role) bool {
	return slices.ContainsFunc(r.dumps(), func(a *Artefact) bool { return a.Role == role })
}

// clearly is by how much an account has to be better than the next.
const clearly = 3

// byInfo ties INFO output to dumps. Two servers in step say much the same, so
// what decides has to be clear.
func (r *run) byInfo(dumps []*Artefact) {
	var masters, replicas []*Artefact
	for _, a := range r.Artefacts {
		switch {
		case a.Kind != KindInfo:
		case a.Role == Master:
			masters = append(masters, a)
		case a.Role == Replica:
			replicas = append(replicas, a)
		}
	}
	free := slices.DeleteFunc(slices.Clone(dumps), func(a *Artefact) bool { return a.Role != Unknown })
	m, n := only(masters), only(replicas)
	if r.taken(Master) {
		m = nil
	}
	if r.taken(Replica) {
		n = nil
	}
	best, next := math.Inf(-1), math.Inf(-1)
	var master, replica *Artefact
	for _, x := range orNone(free, m) {
		for _, y := range orNone(free, n) {
			if x == y {
				continue
			}
			score := tie(m, x) + tie(n, y)
			if score > best {
				best, next, master, replica = score, best, x, y
			} else {
				next = max(next, score)
			}
		}
	}
	if best-next < clearly || math.IsInf(best, -1) {
		return
	}
	if master != nil {
		master.set(Master, fromInfo)
	}
	if replica != nil {
		replica.set(Replica, fromInfo)
	}
}

// only is the one of a list; nil for none or several.
func only(list []*Artefact) *Artefact {
	if len(list) == 1 {
		return list[0]
	}
	return nil
}

// orNone is the dumps that INFO output may belong to; nil alone without any.
func orNone(dumps []*Artefact, i *Artefact) []*Artefact {
	if i == nil {
		return []*Artefact{nil}
	}
	return dumps
}

// What an account is worth, in points.
const (
	sameKeys    = 4 // of all databases
	otherKeys   = -6
	sameSave    = 4 // the time of the last save
	otherSave   = -6
	otherID     = -20
	otherServer = -20
	memoryWorth = 8 // the same to the byte
)

// tie is how well INFO output fits a dump.
func tie(i, d *Artefact) float64 {
	if i == nil || d == nil {
		return 0
	}
	rdb, score := d.Inspect.RDB, 0.0
	if !i.Info.Version.IsZero() && !rdb.Server.IsZero() && i.Info.Version != rdb.Server {
		score += otherServer
	}
	if s := d.State; s != nil && s.Placed() && i.Info.ReplicationID != "" {
		if s.ID != i.Info.ReplicationID && s.ID != i.Info.SecondaryID {
			score += otherID
		}
		if o := i.Info.MasterOffset; o != nil {
			score -= math.Log2(1 + math.Abs(float64(*o-s.Offset)))
		}
	}
	score += keysScore(i.Info, d)
	if t := i.Info.LastSave; t != nil && !rdb.CreatedAt.IsZero() {
		if apart := *t - rdb.CreatedAt.Unix(); apart >= 0 && apart <= 2 {
			score += sameSave
		} else {
			score += otherSave
		}
	}
	return score + memoryScore(i.Info, d)
}

func keysScore(i *info.Info, d *Artefact) float64 {
	if i.Keyspace == nil {
		return 0
	}
	there := map[int]int64{}
	for _, db := range d.Inspect.RDB.Databases {
		there[db.DB] = db.Keys
	}
	for n, db := range i.Keyspace {
		if there[n] != db.Keys {
			return otherKeys
		}
		delete(there, n)
	}
	for _, keys := range there {
		if keys > 0 {
			return otherKeys
		}
	}
	return sameKeys
}

// memoryScore holds used_memory against the dump's used-mem: of one server they
// differ by what the save itself and a client take.
func memoryScore(i *info.Info, d *Artefact) float64 {
	for _, aux := range d.Inspect.RDB.Aux {
		if string(aux.Name) != "used-mem" || i.UsedMemory == nil {
			continue
		}
		n := 0.0
		for _, c := range aux.Value {
			n = n*10 + float64(c-'0')
		}
		if apart := math.Abs(n-float64(*i.UsedMemory)) / max(n, 1); apart < 1 {
			return memoryWorth * (1 - math.Sqrt(apart))
		}
	}
	return 0
}

// byRequest finds the dumps that processes of the replica started from.
func (r *run) byRequest(dumps []*Artefact) {
	asked := map[repl.State]bool{}
	for _, a := range r.Artefacts {
		if a.Inspect == nil {
			continue
		}
		for _, l := range a.Inspect.Links {
			if q := l.Requested; q != nil && q.Offset > 0 {
				asked[repl.State{ID: q.ID, Offset: q.Offset - 1}] = true
			}
		}
	}
	for _, d := range dumps {
		s := d.State
		if s == nil || !s.Placed() || !asked[repl.State{ID: s.ID, Offset: s.Offset}] {
			continue
		}
		// The last state of a replica can be one that it later asked with, and
		// some versions go on to save the offset that they restarted with.
		if r.taken(Replica) || len(dumps) > 2 && !latest(d, dumps) {
			d.set(ReplicaBefore, fromRequest)
		}
	}
}

// latest: others were saved at the same offset, and none of them later.
func latest(d *Artefact, dumps []*Artefact) bool {
	others := 0
	for _, other := range dumps {
		if other == d || other.State == nil || other.State.ID != d.State.ID || other.State.Offset != d.State.Offset {
			continue
		}
		if others++; other.Inspect.RDB.CreatedAt.After(d.Inspect.RDB.CreatedAt) {
			return false
		}
	}
	return others > 0
}

// byLinks: of two dumps of different histories, the one of the history that a
// link carried is that of the server that sent it.
func (r *run) byLinks(dumps []*Artefact) {
	left := r.left(dumps)
	if len(left) != 2 || left[0].State == nil || left[1].State == nil || left[0].State.ID == left[1].State.ID {
		return
	}
	for n, d := range left {
		if other := left[1-n]; r.sent(d) && !r.sent(other) {
			d.set(Master, fromLinks)
			other.set(Replica, fromLinks)
			return
		}
	}
}

// byIDs: where links carried both histories, or neither, the server that was
// promoted is the master now: the other's id is its secondary one.
func (r *run) byIDs(dumps []*Artefact) {
	left := r.left(dumps)
	if len(left) != 2 || left[0].State == nil || left[1].State == nil {
		return
	}
	for _, i := range r.Artefacts {
		if i.Kind != KindInfo || i.Info.SecondaryID == "" {
			continue
		}
		for n, d := range left {
			if d.State.ID == i.Info.ReplicationID && left[1-n].State.ID == i.Info.SecondaryID {
				d.set(Master, fromIDs)
				left[1-n].set(Replica, fromIDs)
			}
		}
	}
}

// sent reports whether a link carried the history that the dump is of.
func (r *run) sent(d *Artefact) bool {
	for _, a := range r.Artefacts {
		if a.Inspect == nil {
			continue
		}
		for _, l := range a.Inspect.Links {
			if l.ReplicationID != "" && l.ReplicationID == d.State.ID {
				return true
			}
		}
	}
	return false
}

// farAhead is more than a server writes between two saves by a script.
const farAhead = 4 << 10

// byOffsets: of two dumps of one history, one that is far ahead is the
// master's.
func (r *run) byOffsets(dumps []*Artefact) {
	left := r.left(dumps)
	if len(left) != 2 {
		return
	}
	a, b := left[0], left[1]
	if a.State == nil || b.State == nil || !a.State.Placed() || !b.State.Placed() || a.State.ID != b.State.ID {
		return
	}
	if a.State.Offset < b.State.Offset {
		a, b = b, a
	}
	if a.State.Offset-b.State.Offset >= farAhead {
		a.set(Master, fromOffsets)
		b.set(Replica, fromOffsets)
	}
}

// left are the dumps that have no role yet, where neither side has one.
func (r *run) left(dumps []*Artefact) []*Artefact {
	if r.taken(Master) || r.taken(Replica) {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(dumps), func(a *Artefact) bool { return a.Role != Unknown })
}

// byName guesses by words in the names.
func (r *run) byName(dumps []*Artefact) {
	for _, d := range dumps {
		if d.Role != Unknown {
			continue
		}
		role := roleOfName(d.Path)
		if role == ReplicaBefore || role != Unknown && !r.taken(role) {
			d.set(role, fromName)
		}
	}
	for _, a := range r.Artefacts {
		if a.Kind == KindLog || a.Kind == KindInfo || a.Kind == input.KindAOF || a.Kind == input.KindAOFSet {
			a.set(roleOfName(a.Path), fromName)
		}
	}
}

func roleOfName(path string) Role {
	words := strings.FieldsFunc(strings.ToLower(path), func(c rune) bool { return !unicode.IsLetter(c) })
	has := func(any ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return slices.Contains(any, w) })
	}
	master, replica := has("master", "primary", "leader"), has("replica", "slave", "secondary", "standby")
	switch {
	case has("before", "old", "earlier", "start"):
		return ReplicaBefore
	case master && !replica:
		return Master
	case replica && !master:
		return Replica
	}
	return Unknown
}

// onlyOne: where one of two dumps is known, the other is the other side's, if
// nothing says that it is an earlier one.
func (r *run) onlyOne(dumps []*Artefact) {
	var open []*Artefact
	for _, d := range dumps {
		if d.Role == Unknown {
			open = append(open, d)
		}
	}
	if len(open) != 1 || len(dumps) < 2 {
		return
	}
	known := ""
	for _, d := range dumps {
		if d.Role == Master || d.Role == Replica {
			known = d.RoleFrom
		}
	}
	switch {
	case known == "":
	case r.taken(Master) && !r.taken(Replica):
		open[0].set(Replica, known)
	case r.taken(Replica) && !r.taken(Master):
		open[0].set(Master, known)
	}
}

// with is the dump of a role; nil without one.
func (r *run) with(role Role) *Artefact {
	for _, d := range r.dumps() {
		if d.Role == role {
			return d
		}
	}
	return nil
}
