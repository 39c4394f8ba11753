package crc64

import (
	stdcrc "hash/crc64"
	"math/rand/v2"
	"testing"
)

func TestCheckValue(t *testing.T) {
	if got := Update(0, []byte("123456789")); got != 0xe9c6d914c4b8d9ca {
		t.Errorf("sum of the check string is %#x", got)
	}
	if got := shared().slice[0][1]; got != 0x7ad870c830358979 {
		t.Errorf("table[1] is %#x", got)
	}
}

// The standard library complements at both ends, so the two agree only
// through a complement on each side. What processors without the instruction for
// folding do is held against it too.
func TestAgreesWithStandardLibrary(t *testing.T) {
	std := stdcrc.MakeTable(Poly)
	random := rand.New(rand.NewPCG(1, 2))
	p := make([]byte, 5*4*lane+13)
	for i := range p {
		p[i] = byte(random.Uint32())
	}
	agrees := func(t *testing.T, from, to int) {
		t.Helper()
		part, start := p[from:to], random.Uint64()
		want := ^stdcrc.Update(^start, std, part)
		if got := Update(start, part); got != want {
			t.Fatalf("sum of %d bytes is %#x, want %#x", len(part), got, want)
		}
		if got := shared().lookUp(start, part); got != want {
			t.Fatalf("sum of %d bytes by tables is %#x, want %#x", len(part), got, want)
		}
	}
	t.Run("anywhere", func(t *testing.T) {
		for range 200 {
			from := random.IntN(len(p))
			agrees(t, from, from+random.IntN(len(p)-from))
		}
	})
	t.Run("every length about whole blocks", func(t *testing.T) {
		for n := range foldFrom + 3*blockSize {
			agrees(t, n%17, n%17+n)
		}
	})
}

func BenchmarkUpdate(b *testing.B) {
	p := make([]byte, 256<<10)
	b.SetBytes(int64(len(p)))
	for b.Loop() {
		Update(0, p)
	}
}

// BenchmarkStandardLibrary is the floor that the speed of inspect is held to.
func BenchmarkStandardLibrary(b *testing.B) {
	table, p := stdcrc.MakeTable(Poly), make([]byte, 256<<10)
	b.SetBytes(int64(len(p)))
	for b.Loop() {
		stdcrc.Update(0, table, p)
	}
}
