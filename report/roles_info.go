package report

import (
	"math"
	"slices"

	"github.com/redsleuth/redsleuth/parse/info"
)

// clearly is by how much an account has to be better than the next.
const clearly = 3

// byInfo ties INFO output to dumps. Two servers in step say much the same, so
// what decides has to be clear.
func (r *run) byInfo(dumps []*Artefact) {
	var masters, replicas []*Artefact
	for _, a := range r.Artefacts {
		switch {
		case a.Kind != KindInfo, ofKnown(a.Info, dumps):
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

// ofKnown: the history that INFO output names is that of dumps whose role is known
// alone, and so it tells nothing of the others.
func ofKnown(i *info.Info, dumps []*Artefact) bool {
	known, open := false, false
	for _, d := range dumps {
		if d.State != nil && d.State.ID == i.ReplicationID && i.ReplicationID != "" {
			known = known || d.Role != Unknown
			open = open || d.Role == Unknown
		}
	}
	return known && !open
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
