package inspect

import (
	"fmt"
	"testing"

	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/server"
)

// TestValues: a set that holds a member twice makes the dump a damaged one, and
// --quick doesn't look.
func TestValues(t *testing.T) {
	const dump = "REDIS0011\xfe\x00\xfb\x03\x00\x02\x01s\x02\x01a\x01a\x00\x01k\x01v" +
		"\xff\x00\x00\x00\x00\x00\x00\x00\x00"
	r := inspectBytes(t, []byte(dump), Options{})
	if v := r.RDB.Values; v.Broken != 1 || v.Status() != "broken" || !r.Damaged || r.RDB.End != "clean" {
		t.Errorf("%+v, damaged %v, %s", v, r.Damaged, r.RDB.End)
	}
	var found []finding.Finding
	for _, f := range r.Findings {
		if f.Code == finding.MemberDuplicate {
			found = append(found, f)
		}
	}
	if len(found) != 1 || *found[0].Byte != 14 || found[0].Bytes != 8 || *found[0].DB != 0 ||
		string(found[0].Keys[0]) != "s" {
		t.Errorf("%+v", found)
	}
	if missing, told := MissingKeys(r.RDB); missing != 1 || !told {
		t.Errorf("%d keys missing, %v: 3 are announced, 2 there", missing, told)
	}
	r = inspectBytes(t, []byte(dump), Options{Quick: true})
	if v := r.RDB.Values; v.Status() != "unread" || v.Broken != 0 || r.Damaged || r.RDB.Keys != 2 {
		t.Errorf("quick: %+v, damaged %v, %d keys", v, r.Damaged, r.RDB.Keys)
	}
}

// A link, an AOF and a capture bring an RDB as a file does: its values are
// checked, and what follows is read.
func TestValuesWithin(t *testing.T) {
	const (
		twice = "\x02\x01s\x02\x01a\x01a\x00\x01k\x01v"
		sound = "\x02\x01s\x02\x01a\x01b\x00\x01k\x01v"
		end   = "\xff\x00\x00\x00\x00\x00\x00\x00\x00"
		ping  = "*1\r\n$4\r\nPING\r\n"
	)
	dump := func(records string) string { return "REDIS0011\xfe\x00" + records + end }
	link := func(records string) string {
		d := dump(records)
		return fmt.Sprintf("+FULLRESYNC 0123456789abcdef0123456789abcdef01234567 100\r\n$%d\r\n%s%s", len(d), d, ping)
	}
	for _, c := range []struct {
		name  string
		input func(records string) string
		// damaged: the artefact ends with a broken value, and is no recording
		damaged bool
	}{
		{"dump", dump, true},
		{"link", link, false},
		{"AOF", func(records string) string { return dump(records) + ping }, true},
	} {
		for name, records := range map[string]string{"twice": twice, "sound": sound} {
			t.Run(c.name+"/"+name, func(t *testing.T) {
				r := inspectBytes(t, []byte(c.input(records)), Options{})
				held := r.RDB
				if c.name == "link" {
					held = r.Links[0].Payload
				}
				broken := int64(0)
				if name == "twice" {
					broken = 1
				}
				if held.Values.Broken != broken || held.Keys != 2 || r.Damaged != (c.damaged && broken > 0) {
					t.Errorf("%+v, %d keys, damaged %v", held.Values, held.Keys, r.Damaged)
				}
				if c.name != "dump" && (len(r.Links) != 1 || r.Links[0].Commands != 1) {
					t.Errorf("the command behind it: %+v", r.Links)
				}
			})
		}
	}
}

// TestValuesSalvaged: values behind what can't be read are checked too, and
// counted as brought back.
func TestValuesSalvaged(t *testing.T) {
	var file []byte
	file = append(file, "REDIS0011\xfe\x00\x00\x01a\x01v"...)
	file = append(file, 0xd0, 0xd1, 0xd2) // neither types nor opcodes
	for i := range 40 {
		file = append(file, fmt.Sprintf("\x02\x03s%02d\x02\x01a\x01b", i)...)
	}
	file = append(file, "\x02\x01s\x02\x01a\x01a\xff\x00\x00\x00\x00\x00\x00\x00\x00"...)
	r := inspectBytes(t, file, Options{Salvage: true, Again: func(at int64) (*parse.Cursor, error) {
		return parse.NewBytesCursor(file[at:], at), nil
	}})
	if lost := r.RDB.Lost; lost.Ranges != 1 || lost.Saved != 41 || lost.Bytes != 3 {
		t.Errorf("%+v", lost)
	}
	if r.RDB.Values.Broken != 1 || r.RDB.Loads[0].Answer != server.No {
		t.Errorf("%+v, %+v", r.RDB.Values, r.RDB.Loads)
	}
}
