package inspect

import (
	"testing"

	"github.com/redsleuth/redsleuth/finding"
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
