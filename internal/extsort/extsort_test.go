package extsort

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
)

// Whatever fits into memory at a time, entries come back in the order of their keys, and
// those of equal keys in that in which they were added.
func TestSorter(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	type pair struct{ key, value []byte }
	var all []pair
	for i := range 3000 {
		key := fmt.Appendf(nil, "%d", random.IntN(500))
		value := bytes.Repeat([]byte{byte(i)}, random.IntN(40))
		all = append(all, pair{key, append(fmt.Appendf(nil, "%s %d ", key, i), value...)})
	}
	all = append(all, pair{nil, []byte("no key")}, pair{[]byte("no value"), nil},
		pair{[]byte("large"), make([]byte, 100_000)})
	want := slices.Clone(all)
	slices.SortStableFunc(want, func(a, b pair) int { return cmp.Compare(string(a.key), string(b.key)) })
	for _, memory := range []int{1, 500, 20_000, 64 << 20} {
		t.Run(fmt.Sprint(memory), func(t *testing.T) {
			s := New(memory)
			var key, value []byte // borrowed by Add
			for _, p := range all {
				key, value = append(key[:0], p.key...), append(value[:0], p.value...)
				if err := s.Add(key, value); err != nil {
					t.Fatal(err)
				}
			}
			if spilled := len(s.runs) > 0; spilled != (memory < 1<<20) {
				t.Errorf("that it wrote to a file is %v", spilled)
			}
			if held := cap(s.buf); memory == 20_000 && held > 8*100_000 {
				t.Errorf("%d bytes are held", held)
			}
			n := 0
			err := s.Each(func(value []byte) error {
				if n >= len(want) || !bytes.Equal(value, want[n].value) {
					return fmt.Errorf("entry %d is %.60q", n, value)
				}
				n++
				return nil
			})
			if err != nil || n != len(want) {
				t.Errorf("%d entries, want %d: %v", n, len(want), err)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// Nothing in is nothing out, and no file.
func TestEmpty(t *testing.T) {
	s := New(1)
	if err := s.Each(func([]byte) error { return errors.New("an entry") }); err != nil || s.file != nil {
		t.Error(err)
	}
	if err := errors.Join(s.Close(), (*Sorter)(nil).Close()); err != nil {
		t.Error(err)
	}
}

// The error of who is given the entries ends it, as does one of the file.
func TestErrors(t *testing.T) {
	fill := func() *Sorter {
		s := New(1)
		for range 3 {
			if err := s.Add([]byte("k"), []byte("v")); err != nil {
				t.Fatal(err)
			}
		}
		return s
	}
	own, n := errors.New("own"), 0
	s := fill()
	if err := s.Each(func([]byte) error { n++; return own }); !errors.Is(err, own) || n != 1 {
		t.Errorf("%v after %d", err, n)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	s = fill()
	if err := s.file.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Each(func([]byte) error { return nil }); !errors.Is(err, os.ErrClosed) {
		t.Error(err)
	}
}

// A run that ends within an entry is an error, and no end.
func TestTornRun(t *testing.T) {
	s := New(1)
	for range 2 {
		if err := s.Add([]byte("key"), []byte("value")); err != nil {
			t.Fatal(err)
		}
	}
	defer s.Close()
	if err := errors.Join(s.write(), s.out.Flush()); err != nil {
		t.Fatal(err)
	}
	if err := s.file.Truncate(s.at - 1); err != nil {
		t.Fatal(err)
	}
	n := 0
	if err := s.Each(func([]byte) error { n++; return nil }); err == nil {
		t.Errorf("%d entries, and no error", n)
	}
}
