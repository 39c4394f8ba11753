package report

import (
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/inspect"
	"github.com/redsleuth/redsleuth/parse/info"
	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/repl"
)

const idA, idB = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

var saved = time.Unix(1_700_000_000, 0)

// dumpOf is a dump at an offset of a history, with keys in database 0.
func dumpOf(path, id string, offset, keys int64) *Artefact {
	return &Artefact{
		Path: path, File: path, Kind: input.KindRDB, Role: Unknown, State: &repl.State{ID: id, Offset: offset},
		Inspect: &inspect.Report{RDB: &inspect.RDB{
			Keys: keys, Databases: []*inspect.Database{{DB: 0, Keys: keys}}, CreatedAt: saved,
			Aux: []inspect.Aux{{Name: []byte("used-mem"), Value: []byte("1000000")}},
		}},
	}
}

// later is a dump that was saved some time after the others.
func later(d *Artefact) *Artefact {
	d.Inspect.RDB.CreatedAt = saved.Add(time.Minute)
	return d
}

func infoOf(path, role, id, secondary string, offset, keys int64) *Artefact {
	save, memory := saved.Unix(), int64(1_000_000)
	return &Artefact{Path: path, Kind: KindInfo, Role: Unknown, Info: &info.Info{
		Role: role, ReplicationID: id, SecondaryID: secondary, MasterOffset: &offset, LastSave: &save,
		UsedMemory: &memory, Keyspace: map[int]info.Database{0: {Keys: keys}},
	}}
}

func linkOf(path, id string, asked *record.Request) *Artefact {
	l := &inspect.Link{Link: record.Link{Number: 1, ReplicationID: id, Requested: asked}}
	return &Artefact{Path: path, Kind: input.KindPSYNC, Role: Unknown, Inspect: &inspect.Report{Links: []*inspect.Link{l}}}
}

// wentOn is a capture in which a replica asked for an offset half a minute after saved,
// and was sent what follows.
func wentOn(id string, asked int64) *Artefact {
	a := linkOf("capture", id, &record.Request{ID: id, Offset: asked})
	l := a.Inspect.Links[0]
	l.Began, l.EndOffset = saved.Add(30*time.Second), asked+5000
	return a
}

// Each rule, with the evidence that would lead elsewhere beside it.
func TestRoles(t *testing.T) {
	for name, test := range map[string]struct {
		artefacts []*Artefact
		told      Options
		want      map[string]string // role and where it comes from, by path
	}{
		"INFO tells, by keys": {
			[]*Artefact{dumpOf("x", idA, 500, 7), dumpOf("y", idA, 500, 9),
				infoOf("i", repl.Master, idA, "", 500, 9), infoOf("j", repl.Replica, idA, "", 500, 7)},
			Options{}, map[string]string{"x": "replica info", "y": "master info"},
		},
		"INFO that fits both tells nothing": {
			[]*Artefact{dumpOf("x", idA, 500, 9), dumpOf("y", idA, 500, 9),
				infoOf("i", repl.Master, idA, "", 500, 9), infoOf("j", repl.Replica, idA, "", 500, 9)},
			Options{}, map[string]string{"x": "unknown ", "y": "unknown "},
		},
		"INFO goes before names": {
			[]*Artefact{dumpOf("master.rdb", idA, 500, 7), dumpOf("replica.rdb", idA, 500, 9),
				infoOf("i", repl.Master, idA, "", 500, 9), infoOf("j", repl.Replica, idA, "", 500, 7)},
			Options{}, map[string]string{"master.rdb": "replica info", "replica.rdb": "master info"},
		},
		"what is told goes before all": {
			[]*Artefact{dumpOf("x", idA, 500, 7), dumpOf("y", idA, 500, 9),
				infoOf("i", repl.Master, idA, "", 500, 9), infoOf("j", repl.Replica, idA, "", 500, 7)},
			Options{Masters: []string{"x"}, Replicas: []string{"y"}},
			map[string]string{"x": "master told", "y": "replica told"},
		},
		"a request for what follows a dump": {
			[]*Artefact{dumpOf("x", idA, 100, 5), dumpOf("y", idA, 9000, 9), dumpOf("z", idA, 500, 7),
				linkOf("l", idA, &record.Request{ID: idA, Offset: 101})},
			Options{}, map[string]string{"x": "replica-before request", "y": "master offsets", "z": "replica offsets"},
		},
		"a request for something else": {
			[]*Artefact{dumpOf("x", idA, 100, 5), dumpOf("y", idA, 9000, 9), dumpOf("z", idA, 500, 7),
				linkOf("l", idA, &record.Request{ID: idA, Offset: 100})},
			Options{}, map[string]string{"x": "unknown ", "y": "unknown ", "z": "unknown "},
		},
		"far ahead": {
			[]*Artefact{dumpOf("x", idA, 100, 5), dumpOf("y", idA, 9000, 9)},
			Options{}, map[string]string{"x": "replica offsets", "y": "master offsets"},
		},
		"a PING ahead": {
			[]*Artefact{dumpOf("x", idA, 100, 5), dumpOf("y", idA, 114, 5)},
			Options{}, map[string]string{"x": "unknown ", "y": "unknown "},
		},
		"a link carried the one history": {
			[]*Artefact{dumpOf("x", idA, 100, 5), dumpOf("y", idB, 9000, 9), linkOf("l", idA, nil),
				infoOf("i", repl.Master, idB, idA, 9000, 9)},
			Options{}, map[string]string{"x": "master links", "y": "replica links"},
		},
		"a link carried the one history, and an earlier dump is there": {
			[]*Artefact{dumpOf("x", idA, 100, 5), dumpOf("z", idA, 8000, 9), dumpOf("y", idB, 9000, 9),
				linkOf("l", idA, &record.Request{ID: idA, Offset: 101}),
				infoOf("i", repl.Master, idB, idA, 9000, 9)},
			Options{}, map[string]string{"x": "replica-before request", "z": "master links", "y": "replica links"},
		},
		"two dumps of histories that no link carried": {
			[]*Artefact{dumpOf("x", idA, 100, 5), dumpOf("z", idB, 8000, 9),
				dumpOf("y", "c"+idB[1:], 9000, 9), linkOf("l", idA, nil)},
			Options{}, map[string]string{"x": "unknown ", "z": "unknown ", "y": "unknown "},
		},
		"links carried both": {
			[]*Artefact{dumpOf("x", idA, 100, 5), dumpOf("y", idB, 9000, 9), linkOf("l", idA, nil), linkOf("m", idB, nil),
				infoOf("i", repl.Master, idB, idA, 9000, 9), infoOf("j", repl.Master, idA, "", 100, 5)},
			Options{}, map[string]string{"x": "replica ids", "y": "master ids"},
		},
		"a version that saves the offset it restarted with": {
			[]*Artefact{dumpOf("x", idA, 100, 5), later(dumpOf("y", idA, 100, 7)), dumpOf("z", idA, 9000, 9),
				linkOf("l", idA, &record.Request{ID: idA, Offset: 101})},
			Options{}, map[string]string{"x": "replica-before request", "y": "replica offsets", "z": "master offsets"},
		},
		"two of one second at the offset asked for": {
			[]*Artefact{dumpOf("x", idA, 100, 5), dumpOf("y", idA, 100, 7), dumpOf("z", idA, 9000, 9),
				linkOf("l", idA, &record.Request{ID: idA, Offset: 101})},
			Options{}, map[string]string{"x": "unknown ", "y": "unknown ", "z": "unknown "},
		},
		"an earlier dump, and the master's alone": {
			[]*Artefact{dumpOf("x", idA, 100, 5), later(dumpOf("y", idA, 9000, 9)), wentOn(idA, 101)},
			Options{}, map[string]string{"x": "replica-before request", "y": "unknown "},
		},
		"an earlier dump, and one of another history": {
			[]*Artefact{dumpOf("x", idA, 100, 5), later(dumpOf("y", idB, 9000, 9)), wentOn(idA, 101)},
			Options{}, map[string]string{"x": "replica-before request", "y": "unknown "},
		},
		"the last state of a replica that came back later": {
			[]*Artefact{dumpOf("x", idA, 100, 5), dumpOf("y", idA, 9000, 9), wentOn(idA, 101)},
			Options{}, map[string]string{"x": "replica offsets", "y": "master offsets"},
		},
		"names": {
			[]*Artefact{dumpOf("a/old-replica.rdb", idA, 90, 5), dumpOf("a/replica.rdb", idA, 100, 5),
				dumpOf("primary_6379.rdb", idA, 100, 5)},
			Options{}, map[string]string{"a/old-replica.rdb": "replica-before name", "a/replica.rdb": "replica name",
				"primary_6379.rdb": "master name"},
		},
		"names that say both": {
			[]*Artefact{dumpOf("master-replica.rdb", idA, 100, 5), dumpOf("dump.rdb", idA, 100, 5)},
			Options{}, map[string]string{"master-replica.rdb": "unknown ", "dump.rdb": "unknown "},
		},
		"the other one": {
			[]*Artefact{dumpOf("master.rdb", idA, 100, 5), dumpOf("dump.rdb", idA, 100, 5)},
			Options{}, map[string]string{"master.rdb": "master name", "dump.rdb": "replica name"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := &run{Options: test.told}
			r.Artefacts = test.artefacts
			r.roles()
			for _, a := range r.Artefacts {
				if want, asked := test.want[a.Path]; asked && string(a.Role)+" "+a.RoleFrom != want {
					t.Errorf("%s: %s %s, not %s", a.Path, a.Role, a.RoleFrom, want)
				}
			}
		})
	}
}
