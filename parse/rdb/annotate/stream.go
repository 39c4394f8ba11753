package annotate

import (
	"encoding/binary"
	"fmt"

	"github.com/redsleuth/redsleuth/parse/rdb"
)

const rawIDSize = 16

// stream follows the layout of a stream in package rdb.
func (w *walker) stream(t rdb.Type) error {
	err := w.each("nodes", func() error {
		return w.in(w.str("node id"), func() error { return w.blob("listpack", w.listpack) })
	})
	if err != nil {
		return err
	}
	if err := w.numbers("length", "last id, ms", "last id, seq"); err != nil {
		return err
	}
	if t >= rdb.TypeStream2 {
		err := w.numbers("first id, ms", "first id, seq", "largest deleted id, ms",
			"largest deleted id, seq", "entries added")
		if err != nil {
			return err
		}
	}
	if err := w.each("groups", func() error { return w.group(t) }); err != nil || t < rdb.TypeStream4 {
		return err
	}
	return w.producers()
}

func (w *walker) group(t rdb.Type) error {
	if err := w.in(w.str("name"),
		func() error { return w.numbers("last id, ms", "last id, seq") }); err != nil {
		return err
	}
	if t >= rdb.TypeStream2 {
		if err := w.numbers("entries read"); err != nil {
			return err
		}
	}
	err := w.each("pending", func() error {
		return w.in(w.id(), func() error {
			return w.in(w.time("delivered", 8), func() error { return w.numbers("deliveries") })
		})
	})
	if err != nil {
		return err
	}
	if err := w.each("consumers", func() error { return w.consumer(t) }); err != nil ||
		t < rdb.TypeStream5 {
		return err
	}
	return w.each("released", w.id)
}

func (w *walker) consumer(t rdb.Type) error {
	if err := w.in(w.str("name"), func() error { return w.time("seen", 8) }); err != nil {
		return err
	}
	if t >= rdb.TypeStream3 {
		if err := w.raw(8, nil, "time active"); err != nil {
			return err
		}
	}
	return w.each("pending", w.id)
}

func (w *walker) id() error {
	b, err := w.peek(rawIDSize)
	if err != nil {
		return err
	}
	label := fmt.Sprintf("id %d-%d", binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:]))
	return w.raw(rawIDSize, nil, "%s", label)
}

func (w *walker) producers() error {
	if err := w.numbers("seconds for which ids are kept", "ids kept at most"); err != nil {
		return err
	}
	err := w.each("producers", func() error {
		return w.in(w.str("name"), func() error {
			return w.each("ids", func() error {
				return w.in(w.str("id"), func() error { return w.numbers("entry, ms", "entry, seq") })
			})
		})
	})
	if err != nil {
		return err
	}
	return w.numbers("ids added", "duplicates")
}
