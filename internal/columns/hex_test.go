package columns

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// TestHexFrame: a decoder of zstd makes of the frame what it stands for, in half of
// the bytes.
func TestHexFrame(t *testing.T) {
	in, err := zstd.NewReader(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	k := newChunk(Column{Kind: Hex})
	var digests []byte
	for n := 1; n <= pageBytes/2/hexBytes; n++ {
		digests = binary.BigEndian.AppendUint64(digests, scatter(2*n))
		digests = binary.BigEndian.AppendUint64(digests, scatter(2*n+1))
		if n > hexFew+5 && n%97 > 0 && 2*len(digests) < pageBytes {
			continue
		}
		for _, head := range []string{"", "what is in front"} {
			frame := k.appendHexFrame([]byte("before"), out, []byte(head), digests)[len("before"):]
			got, err := in.DecodeAll(frame, nil)
			if want := hex.AppendEncode([]byte(head), digests); err != nil || !bytes.Equal(got, want) {
				t.Fatalf("%d digests: %.100q, %v", n, got, err)
			}
			if n >= hexFew && len(frame) > len(head)+len(digests)+100 {
				t.Errorf("%d digests: a frame of %d bytes", n, len(frame))
			}
		}
	}
}
