package resp

import "github.com/redsleuth/redsleuth/parse"

// ResyncOver is Resync behind bytes that can't be what they should be, and says
// what they are: cause, or the stretch of zeros (parse.ErrZeros, with its own
// place and length) that holds the byte which can't be there.
func (r *Reader) ResyncOver(cause error) (skipped int64, what, err error) {
	zeros, skipped, err := r.resyncWatched()
	if placed, ok := parse.AsDamage(cause); ok && zeros.Holds(placed.ByteOffset) {
		return skipped, zeroed(zeros, skipped), err
	}
	return skipped, cause, err
}

// ResyncAt is Resync where nothing is known of the bytes. zeros is nil unless
// they begin with a stretch of zeros.
func (r *Reader) ResyncAt() (skipped int64, zeros, err error) {
	at := r.c.Offset()
	run, skipped, err := r.resyncWatched()
	if run.From == at && run.Long() {
		zeros = zeroed(run, skipped)
	}
	return skipped, zeros, err
}

func (r *Reader) resyncWatched() (zeros *parse.ZeroRun, skipped int64, err error) {
	zeros = &parse.ZeroRun{At: r.c.Offset()}
	r.c.Watch(zeros.See)
	skipped, err = r.Resync()
	zeros.See(r.c.Unwatch())
	return zeros, skipped, err
}

// zeroed is the error for zeros because of which so many bytes are passed over.
func zeroed(z *parse.ZeroRun, skipped int64) error {
	return z.Placed(parse.Zeros("%d zero bytes, from byte %d to %d, where commands belong: blocks that were "+
		"never written or got lost; %d bytes can't be read with them", z.To-z.From, z.From, z.To-1, skipped))
}
