package verify

import (
	"encoding/binary"
	"io"
	"runtime"
	"testing"

	"github.com/redsleuth/redsleuth/parse/rdb"
)

// A longSet is a dump with one set, made as it is read. Each member is 8 bytes;
// the last is the first again. It watches the heap meanwhile.
type longSet struct {
	members, made int
	left          []byte
	peak          uint64
}

func (s *longSet) Read(p []byte) (int, error) {
	const block = 1 << 13
	switch {
	case len(s.left) > 0:
	case s.made == 0:
		s.left = binary.BigEndian.AppendUint32([]byte("REDIS0011\xfe\x00\x02\x01s\x80"), uint32(s.members))
		fallthrough
	case s.made < s.members:
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		s.peak = max(s.peak, m.HeapAlloc)
		for range min(block, s.members-s.made) {
			n := s.made
			if s.made++; s.made == s.members {
				n = 0
			}
			s.left = binary.LittleEndian.AppendUint64(append(s.left, 8), uint64(n)*0x9e3779b97f4a7c15)
		}
		if s.made == s.members {
			s.left = append(s.left, "\xff\x00\x00\x00\x00\x00\x00\x00\x00"...)
		}
	default:
		return 0, io.EOF
	}
	n := copy(p, s.left)
	s.left = s.left[n:]
	return n, nil
}

// TestMemory: what is held of a set doesn't grow with it, and the one member of
// millions that is there twice is found. Hashes of all would take 48 MB.
func TestMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("a set of three million members")
	}
	in := &longSet{members: 3_000_000}
	d := rdb.NewReader(in)
	defer d.Close()
	var found []Fault
	s := New(Options{Workers: 2, Found: func(f Fault) error {
		found = append(found, f)
		return nil
	}})
	defer s.Close()
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	for rec, err := range d.Records() {
		if err == nil && rec.Kind == rdb.KindKey {
			err = s.Value(d, rec)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Finish(); err != nil {
		t.Fatal(err)
	}
	if len(found) != 1 || found[0].Kind != Repeated || found[0].Elements != int64(in.members) {
		t.Errorf("%+v", found)
	}
	if held := int64(in.peak) - int64(before.HeapAlloc); held > 24<<20 {
		t.Errorf("%d bytes held", held)
	}
}
