package inspect

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/repl"
	"github.com/redsleuth/redsleuth/server"

	"github.com/google/go-cmp/cmp"

	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/artefact"
	"github.com/redsleuth/redsleuth/parse/crc64"
	"github.com/redsleuth/redsleuth/parse/record"
)

// inspectBytes inspects what a file with these bytes would be.
func inspectBytes(t *testing.T, b []byte, o Options) *Report {
	t.Helper()
	path := filepath.Join(t.TempDir(), "input")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return inspectFile(t, path, o)
}

func inspectFile(t *testing.T, path string, o Options) *Report {
	t.Helper()
	in, err := input.Open(path, input.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	o.Kind = in.Kind
	if o.Salvage {
		o.Again = in.CursorAt
	}
	inspector := New(o)
	if _, err := artefact.Walk(t.Context(), in, artefact.Options{}, inspector); err != nil {
		t.Fatal(err)
	}
	return inspector.Report()
}

// file makes a dump of these lines of hex, which may have comments behind #,
// and puts the end and its checksum behind them.
func file(t *testing.T, lines string) []byte {
	t.Helper()
	b := []byte("REDIS0009")
	for line := range strings.Lines(lines) {
		line, _, _ = strings.Cut(line, "#")
		part, err := hex.DecodeString(strings.Join(strings.Fields(line), ""))
		if err != nil {
			t.Fatal(err)
		}
		b = append(b, part...)
	}
	b = append(b, 0xff)
	return binary.LittleEndian.AppendUint64(b, crc64.Update(0, b))
}

func codes(r *Report) (out []string) {
	for _, f := range r.Findings {
		out = append(out, fmt.Sprintf("%s %s", f.Severity, f.Code))
	}
	return out
}

const threeKeys = `
	fa 09 7265 6469 732d 7665 72  05 34 2e30 2e33      # redis-ver 4.0.3
	fa 05 63 74696d65             c2 00e40b54          # ctime 1410065408
	fa 07 7265 706c 2d69 64       28 30313233343536373839 30313233343536373839
	                                 30313233343536373839 30313233343536373839 # repl-id
	fa 0b 7265706c2d6f6666736574  c1 e803              # repl-offset 1000
	fa 0e 7265706c2d73747265616d2d6462 c0 03           # repl-stream-db 3
	fe 03                                              # database 3
	fb 03 02                                           # 3 keys, 2 with expiry
	00 01 61 01 78                                     # a = x
	fc 0000000000000000 00 01 62 01 79                 # b = y, expired in 1970
	fc 0000ffffffff0000 01 01 63 02 01 31 01 32        # list c = 1 2, far away
`

func TestRDB(t *testing.T) {
	r := inspectBytes(t, file(t, threeKeys), Options{Top: 2})
	got := r.RDB
	if r.Damaged || got.End != record.Clean || got.Checksum.Status != "valid" {
		t.Errorf("damaged %v, end %s, checksum %s", r.Damaged, got.End, got.Checksum.Status)
	}
	if got.ServerVersion != "4.0.3" || !got.CreatedAt.Equal(time.Unix(1410065408, 0)) {
		t.Errorf("version %q, created at %v", got.ServerVersion, got.CreatedAt)
	}
	want := []*Database{{DB: 3, Keys: 3, Expires: 2, Expired: 1, Read: 3}}
	if d := cmp.Diff(want, got.Databases); d != "" {
		t.Error(d)
	}
	replication := &Replication{State: repl.State{ID: strings.Repeat("0123456789", 4), Offset: 1000, StreamDB: 3}, Restored: server.Restart{Position: server.Yes, Database: server.Yes, Scripts: server.No}}
	if d := cmp.Diff(replication, got.Replication); d != "" {
		t.Error(d)
	}
	if len(got.Biggest) != 2 || string(got.Biggest[0].Name) != "c" || got.Biggest[0].Elements != 2 || string(got.Biggest[1].Name) != "b" {
		t.Errorf("biggest %+v", got.Biggest)
	}
	if d := cmp.Diff([]string{"info script-at-risk"}, codes(r)); d != "" {
		t.Error(d)
	}
	if got.TTL.Counts[0] != 1 || got.TTL.Total != 2 {
		t.Errorf("time to live %+v", got.TTL)
	}
}

// Without a time nothing is known to be expired.
func TestExpiredUnknown(t *testing.T) {
	b := file(t, "fc 0000000000000000 00 01 62 01 79")
	if r := inspectBytes(t, b, Options{}); r.RDB.Judged || r.RDB.TTL.Total != 0 || r.RDB.Expires != 1 {
		t.Errorf("judged %v, %+v", r.RDB.Judged, r.RDB.TTL)
	}
	r := inspectBytes(t, b, Options{Now: time.Unix(1, 0)})
	if !r.RDB.Judged || r.RDB.Databases[0].Expired != 1 {
		t.Errorf("judged %v, %+v", r.RDB.Judged, r.RDB.Databases[0])
	}
}

func TestFindings(t *testing.T) {
	whole := file(t, threeKeys)
	flipped := bytes.Clone(whole)
	flipped[len(flipped)-12] ^= 1
	disabled := append(bytes.Clone(whole[:len(whole)-8]), make([]byte, 8)...)
	for name, c := range map[string]struct {
		bytes   []byte
		codes   []string
		end     record.End
		damaged bool
	}{
		"cut within a key":     {whole[:len(whole)-12], []string{"error truncated", "info script-at-risk"}, record.Truncated, true},
		"cut before the end":   {whole[:len(whole)-9], []string{"error truncated", "info script-at-risk"}, record.Truncated, true},
		"cut in the checksum":  {whole[:len(whole)-3], []string{"error truncated", "info script-at-risk"}, record.Truncated, true},
		"a bit flipped":        {flipped, []string{"error checksum-invalid", "info script-at-risk"}, record.Damaged, true},
		"checksum disabled":    {disabled, []string{"info checksum-disabled", "info script-at-risk"}, record.Clean, false},
		"bytes behind the end": {append(bytes.Clone(whole), "xyz"...), []string{"info script-at-risk", "error trailing-data"}, record.Clean, true},
		"no such type":         {file(t, "00 01 61 01 78 70 01 62"), []string{"error format-newer"}, record.Unsupported, true},
		"twice in a database":  {file(t, "00 01 61 01 78 00 01 61 01 79"), []string{"error duplicate-key"}, record.Clean, false},
		"once in each of two":  {file(t, "00 01 61 01 78 fe 01 00 01 61 01 79"), nil, record.Clean, false},
		"script twice":         {file(t, "fa 03 6c7561 01 78 fa 03 6c7561 01 78"), []string{"info script-duplicate"}, record.Clean, false},
		"script twice in 4.0.4": {file(t, "fa 09 72656469732d766572 05 34 2e30 2e34 fa 03 6c7561 01 78 fa 03 6c7561 01 78"),
			[]string{"error script-duplicate"}, record.Clean, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := inspectBytes(t, c.bytes, Options{Top: 1})
			if d := cmp.Diff(c.codes, codes(r)); d != "" {
				t.Error(d)
			}
			if r.RDB.End != c.end || r.Damaged != c.damaged {
				t.Errorf("end %s, damaged %v", r.RDB.End, r.Damaged)
			}
		})
	}
}

// The place of a finding is that of what is wrong.
func TestDuplicateKeyPlace(t *testing.T) {
	data := file(t, "00 01 61 01 78 00 01 61 01 79")
	again := func(at int64) (*parse.Cursor, error) { return parse.NewBytesCursor(data[at:], at), nil }
	f := inspectBytes(t, data, Options{Again: again}).Findings[0]
	if *f.Byte != 9+5 || *f.DB != 0 || len(f.Keys) != 1 || string(f.Keys[0]) != "a" {
		t.Errorf("%+v", f)
	}
	// Out of a pipe the key can't be read again, and only its hash is known.
	f = inspectBytes(t, data, Options{}).Findings[0]
	if *f.Byte != 9+5 || f.Keys != nil || !strings.Contains(f.Message, "most likely") {
		t.Errorf("%+v", f)
	}
}

func TestSalvage(t *testing.T) {
	var lines strings.Builder
	for i := range 30 {
		fmt.Fprintf(&lines, "00 04 6b65 %02x%02x 03 76616c\n", '0'+i/10, '0'+i%10)
	}
	b := file(t, lines.String())
	b[9+10*10] = 0x70 // the type byte of the eleventh key
	r := inspectBytes(t, b, Options{})
	if r.RDB.Keys != 10 {
		t.Fatalf("%d keys before the damage, want 10", r.RDB.Keys)
	}
	r = inspectBytes(t, b, Options{Salvage: true})
	if r.RDB.Keys != 29 || !r.Damaged || r.RDB.End != record.Damaged {
		t.Errorf("%d keys with salvage, damaged %v, end %s", r.RDB.Keys, r.Damaged, r.RDB.End)
	}
	if f := r.Findings[0]; f.Code != finding.Damaged || *f.Byte != 109 || f.Bytes != 10 {
		t.Errorf("%+v", f)
	}
}

// Reports of real dumps count what is in them.
func TestRealDumps(t *testing.T) {
	files, err := filepath.Glob("../testdata/dumps/types-*.rdb")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, path := range files {
		r := inspectFile(t, path, Options{Top: 3, Separators: ":"})
		if r.Damaged || r.RDB.End != record.Clean || finding.HasProblems(r.Findings) {
			t.Errorf("%s: %v", path, codes(r))
		}
		var byType, byDB int64
		for _, x := range r.RDB.Types {
			byType += x.Total.Keys
		}
		for _, d := range r.RDB.Databases {
			byDB += d.Keys
		}
		if byType != r.RDB.Keys || byDB != r.RDB.Keys || r.RDB.Sizes.Total != r.RDB.Keys {
			t.Errorf("%s: %d keys, %d by type, %d by database, %d by size", path, r.RDB.Keys, byType, byDB, r.RDB.Sizes.Total)
		}
	}
}

func TestLink(t *testing.T) {
	r := inspectFile(t, "../testdata/incidents/evalsha-4.0.2/link-1.psync", Options{Top: 3})
	l := r.Links[0]
	if len(r.Links) != 1 || l.Resync != record.Full || l.Commands != 201 || l.Payload == nil || l.Payload.ServerVersion != "4.0.2" {
		t.Fatalf("%+v", l.Link)
	}
	var byName, byDB int64
	for _, n := range l.ByCommand {
		byName += n.Commands
	}
	for _, d := range l.Databases {
		byDB += d.Commands
	}
	if byName != l.Commands || byDB > l.Commands || byDB < l.Commands-1 {
		t.Errorf("%d commands by name, %d by database, %d in all", byName, byDB, l.Commands)
	}
	if len(l.Biggest) != 3 || l.Biggest[0].Bytes < l.Biggest[2].Bytes {
		t.Errorf("%+v", l.Biggest)
	}
	if len(l.Scripts) == 0 || r.Damaged || finding.HasProblems(r.Findings) {
		t.Errorf("%d scripts, %v", len(l.Scripts), codes(r))
	}
}

// A recording may end anywhere; an AOF may not.
func TestCutStreams(t *testing.T) {
	set := "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\nb\r\n"
	r := inspectBytes(t, []byte(set+set[:9]), Options{})
	if d := cmp.Diff([]string{"info truncated"}, codes(r)); d != "" || r.Damaged || r.Links[0].End != record.Truncated {
		t.Errorf("%s%v %v", d, r.Damaged, r.Links[0].End)
	}
	r = inspectBytes(t, []byte("#TS:1\r\n"+set+set[:9]), Options{})
	if d := cmp.Diff([]string{"error truncated"}, codes(r)); d != "" || !r.Damaged || r.Kind != input.KindAOF {
		t.Errorf("%s%v %v", d, r.Damaged, r.Kind)
	}
	r = inspectBytes(t, append(file(t, threeKeys), set...), Options{})
	if r.Kind != input.KindAOF || len(r.Links) != 1 || r.Links[0].Commands != 1 || r.RDB.Keys != 3 {
		t.Errorf("a dump with commands behind it is %s with %d links", r.Kind, len(r.Links))
	}
}

func TestInterrupted(t *testing.T) {
	var lines strings.Builder
	for i := range askEvery + 1 {
		fmt.Fprintf(&lines, "00 04 %08x 01 78\n", i)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	path := filepath.Join(t.TempDir(), "dump.rdb")
	if err := os.WriteFile(path, file(t, lines.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	in, err := input.Open(path, input.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	i := New(Options{Kind: in.Kind, Interrupted: ctx.Err})
	if _, err := artefact.Walk(t.Context(), in, artefact.Options{}, i); err != context.Canceled {
		t.Errorf("%v, want %v", err, context.Canceled)
	}
}
