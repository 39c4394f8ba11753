package parse

import (
	"bytes"
	"errors"
	stdcrc "hash/crc64"
	"io"
	"math/rand/v2"
	"testing"
	"testing/iotest"

	"github.com/redsleuth/redsleuth/parse/crc64"
)

func randomBytes(n int) []byte {
	random := rand.New(rand.NewPCG(7, uint64(n)))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(random.Uint32())
	}
	return b
}

// However the input is cut into blocks, and whatever is taken at a time, the
// bytes, the places and the sum are those of the input.
func TestCursorIsTheInput(t *testing.T) {
	data := randomBytes(3 * BlockSize)
	for _, size := range []int{1, 2, 7, 64, 4096, BlockSize} {
		want := data[:min(len(data), 600*size)]
		for seed := range uint64(4) {
			random := rand.New(rand.NewPCG(seed, uint64(size)))
			c := NewCursorSize(iotest.HalfReader(bytes.NewReader(want)), 100, size)
			if seed&1 == 1 {
				c = NewCursorOnDemand(iotest.HalfReader(bytes.NewReader(want)), 100, size)
			}
			c.StartSum()
			var got, seen []byte
			c.Watch(func(piece []byte) { seen = append(seen, piece...) })
			for len(got) < len(want) {
				n := min(1+random.IntN(3*size), len(want)-len(got))
				switch random.IntN(4) {
				case 0:
					if err := c.Skip(int64(n)); err != nil {
						t.Fatal(err)
					}
					got = append(got, want[len(got):len(got)+n]...)
				case 1:
					w, err := c.Fill(n)
					if err != nil || len(w) < n {
						t.Fatalf("a window of %d bytes, want %d: %v", len(w), n, err)
					}
					if !bytes.Equal(w, want[len(got):len(got)+len(w)]) {
						t.Fatal("the window is not what comes next")
					}
				default:
					b, err := c.Take(n)
					if err != nil {
						t.Fatal(err)
					}
					got = append(got, b...)
				}
				if c.Offset() != int64(100+len(got)) {
					t.Fatalf("offset %d after %d bytes", c.Offset(), len(got))
				}
			}
			if _, err := c.Take(1); err != io.EOF {
				t.Fatalf("at the end: %v", err)
			}
			if !bytes.Equal(got, want) {
				t.Fatalf("blocks of %d: the bytes differ", size)
			}
			if seen = append(seen, c.Unwatch()...); !bytes.Equal(seen, want) {
				t.Fatalf("blocks of %d: the bytes watched differ", size)
			}
			if sum := ^stdcrc.Update(^uint64(0), stdcrc.MakeTable(crc64.Poly), want); c.Sum() != sum {
				t.Fatalf("blocks of %d: the sum differs", size)
			}
			c.Close()
		}
	}
}

func TestPinKeepsSlices(t *testing.T) {
	data := randomBytes(64 << 10)
	c := NewCursorSize(bytes.NewReader(data), 0, 64)
	defer c.Close()
	c.StartSum()
	for at := 0; at+3000 < len(data); {
		c.Pin()
		var kept [][]byte
		from := at
		for n := range 30 {
			b, err := c.Take(n * 3)
			if err != nil {
				t.Fatal(err)
			}
			kept = append(kept, b)
			at += n * 3
		}
		if !bytes.Equal(bytes.Join(kept, nil), data[from:at]) {
			t.Fatalf("pinned slices changed before byte %d", at)
		}
		c.Unpin()
	}
}

func TestLengthThatIsOnlyClaimedCostsNothing(t *testing.T) {
	c := NewCursor(bytes.NewReader([]byte("abc")), 0)
	defer c.Close()
	allocated := testing.AllocsPerRun(1, func() {
		if w, err := c.Fill(1 << 40); err != io.EOF || string(w) != "abc" {
			t.Errorf("got %q, %v", w, err)
		}
	})
	if allocated > 4 {
		t.Errorf("%v allocations", allocated)
	}
	if b, err := c.Take(3); err != nil || string(b) != "abc" {
		t.Errorf("what was there: %q, %v", b, err)
	}
}

func TestReadErrorComesUndressed(t *testing.T) {
	broken := errors.New("disk on fire")
	c := NewCursor(io.MultiReader(bytes.NewReader([]byte("abc")), iotest.ErrReader(broken)), 0)
	defer c.Close()
	if _, err := c.Take(4); err != broken {
		t.Errorf("got %v", err)
	}
	if b, err := c.Take(3); err != nil || string(b) != "abc" {
		t.Errorf("what was there: %q, %v", b, err)
	}
}

func TestLimit(t *testing.T) {
	data := randomBytes(5000)
	for _, size := range []int{1, 7, 64, 10_000} {
		c := NewCursorSize(bytes.NewReader(data), 0, size)
		if _, err := c.Take(10); err != nil {
			t.Fatal(err)
		}
		c.Limit(1000)
		if w, err := c.Fill(1001); err != io.EOF || !bytes.Equal(w, data[10:1010]) {
			t.Errorf("blocks of %d: a window of %d bytes, %v", size, len(w), err)
		}
		if err := c.Skip(999); err != nil {
			t.Error(err)
		}
		if err := c.Skip(5); err != io.EOF || c.Offset() != 1010 {
			t.Errorf("blocks of %d: at byte %d, %v", size, c.Offset(), err)
		}
		c.Unlimit()
		if b, err := c.Take(3990); err != nil || !bytes.Equal(b, data[1010:]) {
			t.Errorf("blocks of %d: after the limit: %v", size, err)
		}
		c.Close()
	}
}

func TestSumOfBytesInMemory(t *testing.T) {
	data := randomBytes(10_000)
	c := NewBytesCursor(data, 0)
	for _, span := range [][2]int{{0, 5000}, {5000, 5000}, {5000, 10_000}} {
		c.StartSum()
		c.Advance(span[1] - span[0])
		if want := crc64.Update(0, data[span[0]:span[1]]); c.Sum() != want {
			t.Errorf("the sum of bytes %v differs", span)
		}
	}
}
