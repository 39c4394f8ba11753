package cause

import (
	"strconv"
	"strings"
	"testing"

	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/repl"
	"github.com/redsleuth/redsleuth/replay"
	"github.com/redsleuth/redsleuth/script"
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
	for i, line := range lines {
		var args [][]byte
		for w := range strings.FieldsSeq(line) {
			args = append(args, []byte(strings.ReplaceAll(w, "^", " ")))
		}
		scope := command.ScopeOf(args)
		all = append(all, &event{args: args, scope: scope, keys: keysOf(args, scope, nil), seq: int64(i), outcome: replay.Applied})
	}
	return &attribution{
		Explainer: &Explainer{report: &diff.Report{Master: &diff.Side{Origin: repl.Origin{Version: v}}, Replica: &diff.Side{Origin: repl.Origin{Version: v}}}},
		sent:      newIndex(all), run: newIndex(all), onReplica: timeline{events: all},
		history: &history{bodies: map[string][]byte{}, analyses: map[string]*script.Analysis{}},
	}
}

// What masters change and don't send, or send as something else; and beside each
// what is another's doing.
func TestUnsent(t *testing.T) {
	altered := diff.Change{Op: diff.Alter, Member: []byte("m")}
	added := diff.Change{Op: diff.Add, Member: []byte("m")}
	consumer := diff.Change{Op: diff.Add, Part: "consumer"}
	stray := diff.Change{Op: diff.Remove, Part: "consumer"}
	entry := diff.Change{Op: diff.Add, ID: &rdb.StreamID{Ms: 1}}
	kept := diff.Change{Op: diff.Remove, ID: &rdb.StreamID{Ms: 1}}
	counted := diff.Change{Op: diff.Alter, Part: "entries-read"}
	lost, has := subject(rdb.ObjectString, diff.TTLDiffers), subject(rdb.ObjectString, diff.TTLDiffers)
	lost.Master.HasExpire, has.Replica.HasExpire = true, true
	vectors := func(c ...diff.Change) *diff.Subject { return subject(rdb.ObjectVectorSet, diff.ValueDiffers, c...) }
	stream := func(c ...diff.Change) *diff.Subject { return subject(rdb.ObjectStream, diff.ValueDiffers, c...) }
	expiring := func(master, replica string, value string) *diff.Subject {
		return pair(hash(master), hash(replica), diff.Change{
			Op: diff.Alter, Field: []byte("f"), Master: &diff.Datum{Bytes: []byte("1")}, Replica: &diff.Datum{Bytes: []byte(value)},
		})
	}
	for _, c := range []struct {
		name, version, sent string
		subject             *diff.Subject
		want                string // the rows
	}{
		{"VADD of an element that is there", "8.4.0", "VADD k VALUES 1 1 m", vectors(altered), "vadd-existing"},
		{"of a new one is sent", "8.4.0", "VADD k VALUES 1 1 m", vectors(added), ""},
		{"the key has another type", "8.4.0", "VADD k VALUES 1 1 m", subject(rdb.ObjectHash, diff.ValueDiffers, altered), ""},
		{"VREM is sent", "8.4.0", "VREM k m", vectors(altered), ""},

		{"a consumer made by reading", "6.2.6", "XADD k 1-1 f v", stream(consumer), "xreadgroup-history-consumer"},
		{"in one of several ways", "7.2.6", "XADD k 1-1 f v", stream(consumer), "xreadgroup-history-consumer xreadgroup-idle-consumer xclaim-consumer"},
		{"on the replica alone", "7.2.6", "XADD k 1-1 f v", stream(stray), ""},
		{"an entry is sent", "6.2.6", "XADD k 1-1 f v", stream(consumer, entry), ""},
		{"what groups have read", "7.0.15", "XADD k 1-1 f v", stream(counted), "xreadgroup-entries-read"},
		{"which is sent from 7.4 on", "7.4.0", "XADD k 1-1 f v", stream(counted), ""},
		{"trimmed by the id of a deleted entry", "8.6.0", "XTRIM k MINID = 2-1 ACKED", stream(kept), "xtrim-minid-acked"},
		{"trimmed without ACKED", "8.6.0", "XTRIM k MINID = 2-1", stream(kept), ""},
		{"before it deleted inside nodes", "8.4.0", "XTRIM k MINID = 2-1 ACKED", stream(kept), ""},

		{"INCRBYFLOAT as SET", "5.0.9", "SET k 1.5", lost, "incrbyfloat-expiry"},
		{"with KEEPTTL from 6.0 on", "6.0.0", "SET k 1.5", lost, ""},
		{"the replica keeps the expiry", "5.0.9", "SET k 1.5", has, ""},
		{"no SET was sent", "5.0.9", "APPEND k 1", lost, ""},
		{"a SET with an expiry of its own", "5.0.9", "SET k 1.5 PX 1", lost, ""},

		{"HINCRBYFLOAT as HSET", "7.4.0", "HSET k f 1", expiring("f 1 9000", "f 1", "1"), "hincrbyfloat-field-expiry"},
		{"the values differ too", "7.4.0", "HSET k f 1", expiring("f 1 9000", "f 2", "2"), ""},
		{"fields have no expiry before 7.4", "7.2.0", "HSET k f 1", expiring("f 1 9000", "f 1", "1"), ""},
		{"of another key", "7.4.0", "HSET k2 f 1", expiring("f 1 9000", "f 1", "1"), ""},
		{"of another field", "7.4.0", "HSET k g 1", expiring("f 1 9000", "f 1", "1"), ""},
		{"HSET of two", "7.4.0", "HSET k f 1 g 1", expiring("f 1 9000", "f 1", "1"), ""},
		{"the expiry came after it", "7.4.0", "HSET k f 1;HPEXPIREAT k 9000 FIELDS 1 f", expiring("f 1 9000", "f 1", "1"), ""},

		{"BITFIELD that failed", "7.0.15", "PING", pair(text("\x00"), nil), "bitfield-overflow-fail"},
		{"and lengthened", "valkey 8.0.1", "PING", pair(text("a\x00\x00"), text("a")), "bitfield-overflow-fail"},
		{"it is sent before 7.0", "6.2.16", "PING", pair(text("\x00"), nil), ""},
		{"other bytes", "7.0.15", "PING", pair(text("ab"), text("a")), ""},
		{"zeros on the replica", "7.0.15", "PING", pair(text("a"), text("a\x00")), ""},
		{"a hash without fields", "valkey 9.0.0", "PING", pair(hash(""), nil), "hsetex-past"},
		{"of an older server", "5.0.14", "PING", pair(hash(""), nil), "hincrbyfloat-infinity"},
		{"a hash with fields", "5.0.14", "PING", pair(hash("f 1"), nil), ""},
		{"DEBUG POPULATE", "7.0.15", "PING", named("key:7", pair(text("value:7"), nil)), "debug-writes"},
		{"a key that looks like it", "7.0.15", "PING", named("key:8", pair(text("value:7"), nil)), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var names []string
			for _, f := range (signs{sentBy(c.version, strings.Split(c.sent, ";")...)}).unsent(c.subject) {
				names = append(names, f.row.Name)
			}
			if got := strings.Join(names, " "); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// pair is a difference of two values, either of which may be nil.
func pair(master, replica *value.Value, changes ...diff.Change) *diff.Subject {
	s := &diff.Subject{
		Difference:  &diff.Difference{Key: []byte("k"), Kind: diff.ValueDiffers, Changes: changes, ChangesTotal: int64(len(changes))},
		MasterValue: master, ReplicaValue: replica,
	}
	if master == nil {
		s.Kind = diff.ExtraOnReplica
	}
	if replica == nil {
		s.Kind = diff.MissingOnReplica
	}
	return s
}

func named(key string, s *diff.Subject) *diff.Subject {
	s.Key = []byte(key)
	return s
}

func text(bytes string) *value.Value {
	return &value.Value{Object: rdb.ObjectString, Count: 1, Elements: []rdb.Element{
		{Kind: rdb.ElementBytes, Member: []byte(bytes), ExpireAt: rdb.NoExpiry},
	}}
}

// list is one of these words.
func list(words string) *value.Value {
	v := &value.Value{Object: rdb.ObjectList}
	for w := range strings.FieldsSeq(words) {
		v.Elements = append(v.Elements, rdb.Element{Kind: rdb.ElementBytes, Member: []byte(w), ExpireAt: rdb.NoExpiry})
	}
	v.Count = int64(len(v.Elements))
	return v
}

// hash is one of fields separated by commas: "field value" or "field value time".
func hash(fields string) *value.Value {
	v := &value.Value{Object: rdb.ObjectHash}
	for f := range strings.SplitSeq(fields, ",") {
		w := strings.Fields(f)
		if len(w) < 2 {
			continue
		}
		e := rdb.Element{Kind: rdb.ElementField, Member: []byte(w[0]), Value: []byte(w[1]), ExpireAt: rdb.NoExpiry}
		if len(w) == 3 {
			e.ExpireAt, _ = strconv.ParseInt(w[2], 10, 64)
		}
		v.Elements = append(v.Elements, e)
	}
	v.Count = int64(len(v.Elements))
	return v
}

// zset is one of "member score", separated by commas.
func zset(members string) *value.Value {
	v := &value.Value{Object: rdb.ObjectZSet}
	for m := range strings.SplitSeq(members, ",") {
		if w := strings.Fields(m); len(w) == 2 {
			score, _ := strconv.ParseFloat(w[1], 64)
			v.Elements = append(v.Elements, rdb.Element{Kind: rdb.ElementScore, Member: []byte(w[0]), Score: score, ExpireAt: rdb.NoExpiry})
		}
	}
	v.Count = int64(len(v.Elements))
	return v
}
