package value

import (
	"bytes"
	"errors"
	"testing"

	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/resp"
)

// FuzzPayload: what reads as a value is written for any version as one that
// reads equal, and its commands hold all that its builder wrote.
func FuzzPayload(f *testing.F) {
	for _, dump := range fixtures(f) {
		seen := map[rdb.Type]bool{}
		eachKey(f, dump, func(d *rdb.Decoder, rec *rdb.Record) {
			if seen[rec.Type] {
				return
			}
			seen[rec.Type] = true
			if payload, err := RestorePayload(d, rec); err == nil && len(payload) < 1<<12 {
				f.Add(payload[0], payload[1:len(payload)-footerSize], uint16(d.Header().Version))
			}
		})
	}
	f.Fuzz(func(t *testing.T, first byte, stored []byte, from uint16) {
		payload := append(append([]byte{first}, stored...), byte(from), byte(from>>8))
		v, err := FromDump(append(payload, make([]byte, 8)...)) // without a checksum
		if err != nil {
			return
		}
		if again, err := v.RestorePayload(int(from)); err == nil {
			sameAs(t, v, again)
		}
		plain := new(*v)
		plain.Stored = nil
		for _, version := range []int{1, 6, 8, 9, 10, 11, 12, 14, firstValkey} {
			for _, v := range []*Value{v, plain} {
				payload, err := v.RestorePayload(version)
				if err == nil {
					sameAs(t, v, payload)
				} else if !errors.Is(err, ErrNoPayload) {
					t.Fatal(err)
				}
			}
			sameCommands(t, v, version)
		}
	})
}

func sameAs(t *testing.T, v *Value, payload []byte) {
	t.Helper()
	got, err := FromDump(payload)
	if err != nil {
		t.Fatalf("type %d as %x: %v", v.Type, payload, err)
	}
	if digestOf(t, got) != digestOf(t, v) {
		t.Fatalf("type %d as %x is another value", v.Type, payload)
	}
}

// sameCommands joins the commands again and compares with what was written.
func sameCommands(t *testing.T, v *Value, version int) {
	t.Helper()
	key := []byte("key\r\n")
	b := &Builder{Version: version}
	b.Start(key, v.Object)
	var want []byte
	for i := range v.Elements {
		want = b.Add(want, &v.Elements[i])
	}
	want = b.End(want)
	commands, loss := v.Commands(key, version)
	if loss < b.Loss() {
		t.Errorf("loss %d, and the builder says %d", loss, b.Loss())
	}
	if !ByCommands(v.Object) {
		return
	}
	var got []byte
	for _, args := range commands {
		got = resp.AppendArray(got, len(args))
		for _, arg := range args {
			got = resp.AppendBulk(got, arg)
		}
	}
	if !bytes.Equal(got, want) {
		t.Errorf("commands %q of %q", got, want)
	}
}
