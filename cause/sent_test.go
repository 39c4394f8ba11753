package cause

import (
	"strings"
	"testing"

	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/repl"
	"github.com/redsleuth/redsleuth/server"
	"github.com/redsleuth/redsleuth/value"
)

// subject is a difference of a key of some type that both sides hold.
func subject(o rdb.Object, kind diff.Kind, changes ...diff.Change) *diff.Subject {
	return &diff.Subject{
		Difference: &diff.Difference{
			Key: []byte("k"), Kind: kind, Changes: changes, ChangesTotal: int64(len(changes)),
			Master: &diff.Held{Object: o}, Replica: &diff.Held{Object: o},
		},
		MasterValue: &value.Value{Object: o}, ReplicaValue: &value.Value{Object: o},
	}
}

// sentBy is an attribution in which a master of some version sent commands.
func sentBy(version string, lines ...string) *attribution {
	v, err := server.Parse(version)
	if err != nil {
		panic(err)
	}
	var all []*event
	for _, line := range lines {
		var args [][]byte
		for w := range strings.FieldsSeq(line) {
			args = append(args, []byte(w))
		}
		scope := command.ScopeOf(args)
		all = append(all, &event{args: args, scope: scope, keys: keysOf(args, scope, nil)})
	}
	return &attribution{
		Explainer: &Explainer{report: &diff.Report{Master: &diff.Side{Origin: repl.Origin{Version: v}}, Replica: &diff.Side{Origin: repl.Origin{Version: v}}}},
		sent:      newIndex(all),
	}
}

// What masters change and don't send, or send as something else.
func TestNotSent(t *testing.T) {
	altered := diff.Change{Op: diff.Alter, Member: []byte("m")}
	added := diff.Change{Op: diff.Add, Member: []byte("m")}
	consumer := diff.Change{Op: diff.Add, Part: "consumer"}
	entry := diff.Change{Op: diff.Add, ID: &rdb.StreamID{Ms: 1}}
	same := []byte("1")
	expiry := diff.Change{Op: diff.Alter, Field: []byte("f"), Master: &diff.Datum{Bytes: same}, Replica: &diff.Datum{Bytes: same}}
	other := diff.Change{Op: diff.Alter, Field: []byte("f"), Master: &diff.Datum{Bytes: same}, Replica: &diff.Datum{Bytes: []byte("2")}}
	lost := subject(rdb.ObjectString, diff.TTLDiffers)
	lost.Master.HasExpire = true
	kept := subject(rdb.ObjectString, diff.TTLDiffers)
	kept.Replica.HasExpire = true
	for _, c := range []struct {
		name, version, sent string
		subject             *diff.Subject
		want                string // what the reason begins with; "" for none
	}{
		{"VADD of an element that is there", "8.4.0", "VADD k VALUES 1 1 m", subject(rdb.ObjectVectorSet, diff.ValueDiffers, altered), "VADD"},
		{"of a new one is sent", "8.4.0", "VADD k VALUES 1 1 m", subject(rdb.ObjectVectorSet, diff.ValueDiffers, added), ""},
		{"the key has another type", "8.4.0", "VADD k VALUES 1 1 m", subject(rdb.ObjectHash, diff.ValueDiffers, altered), ""},
		{"VREM is sent", "8.4.0", "VREM k m", subject(rdb.ObjectVectorSet, diff.ValueDiffers, altered), ""},

		{"a consumer made by reading", "6.2.6", "XADD k 1-1 f v", subject(rdb.ObjectStream, diff.ValueDiffers, consumer), "a consumer"},
		{"an entry is sent", "6.2.6", "XADD k 1-1 f v", subject(rdb.ObjectStream, diff.ValueDiffers, consumer, entry), ""},

		{"INCRBYFLOAT as SET", "5.0.9", "SET k 1.5", lost, "INCRBYFLOAT"},
		{"with KEEPTTL from 6.0 on", "6.0.0", "SET k 1.5", lost, ""},
		{"the replica keeps the expiry", "5.0.9", "SET k 1.5", kept, ""},
		{"no SET was sent", "5.0.9", "APPEND k 1", lost, ""},

		{"HINCRBYFLOAT as HSET", "7.4.0", "HSET k f 1", subject(rdb.ObjectHash, diff.ValueDiffers, expiry), "HINCRBYFLOAT"},
		{"the values differ too", "7.4.0", "HSET k f 1", subject(rdb.ObjectHash, diff.ValueDiffers, expiry, other), ""},
		{"fields have no expiry before 7.4", "7.2.0", "HSET k f 1", subject(rdb.ObjectHash, diff.ValueDiffers, expiry), ""},
		{"of another key", "7.4.0", "HSET k2 f 1", subject(rdb.ObjectHash, diff.ValueDiffers, expiry), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, why := sentBy(c.version, c.sent).notSent(c.subject)
			if (e != nil) != (c.want != "") || !strings.HasPrefix(why, c.want) {
				t.Errorf("%v, %q", e, why)
			}
		})
	}
}
