package parse

// A ZeroRun looks for the longest stretch of zeros in bytes that go by in pieces.
// At is the place of the first of them.
type ZeroRun struct {
	At       int64 // the place of the next piece
	From, To int64 // the stretch; empty where there is none
	open     int64 // how many zeros are before At
}

// See takes the next piece. It is what Cursor.Watch wants.
func (z *ZeroRun) See(piece []byte) {
	for _, b := range piece {
		z.At++
		if b != 0 {
			z.open = 0
			continue
		}
		if z.open++; z.open > z.To-z.From {
			z.From, z.To = z.At-z.open, z.At
		}
	}
}

// Long reports whether it is a stretch: one or two zeros are none.
func (z *ZeroRun) Long() bool { return z.To-z.From > 2 }

// Holds reports whether a byte that can't be there is in it, or the number of which
// it is the mark.
func (z *ZeroRun) Holds(place int64) bool {
	const number = 20
	return z.Long() && z.From-number <= place && place < z.To
}

// Placed is an Error for it, at its place and of its length.
func (z *ZeroRun) Placed(cause error) error {
	return &Error{ByteOffset: z.From, DB: -1, Bytes: z.To - z.From, Err: cause}
}
