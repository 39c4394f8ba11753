package rdb

import "github.com/redsleuth/redsleuth/parse"

// readQuicklist: a count, and as many ziplists.
func (d *Decoder) readQuicklist() (int64, error) {
	total := int64(0)
	_, err := d.each(func() error {
		n, err := d.readBlob(TypeListQuicklist)
		total += n
		return err
	})
	return total, err
}

// readQuicklist2: a count, and as many nodes; before each is whether it
// is one plain element or a listpack.
func (d *Decoder) readQuicklist2() (int64, error) {
	total := int64(0)
	_, err := d.each(func() error {
		n, err := d.readNode()
		total += n
		return err
	})
	return total, err
}

func (d *Decoder) readNode() (int64, error) {
	container, err := d.length()
	if err != nil {
		return 0, err
	}
	switch container {
	case nodePlain:
		return 1, d.readPlain()
	case nodePacked:
		return d.readBlob(TypeListQuicklist2)
	}
	return 0, d.fail(parse.Damaged("a node is neither plain (1) nor packed (2) but %d", container))
}

// readPlain reads a node that is one element.
func (d *Decoder) readPlain() (err error) {
	e := &d.value.element
	e.Kind = ElementBytes
	if e.Member, err = d.str(&d.slots[1]); err != nil {
		return err
	}
	d.sawBlob(Blob{Bytes: len(e.Member), Plain: true})
	return d.emit()
}
