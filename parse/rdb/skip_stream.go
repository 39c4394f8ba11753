package rdb

// skipStream steps over nodes, state, groups and producers; doc of the layout
// at value_stream.go. The count of its entries is the one that it states.
func (d *Decoder) skipStream(t Type) (int64, error) {
	_, err := d.each(func() error {
		if err := d.skipString(); err != nil {
			return err
		}
		return d.skipString()
	})
	if err != nil {
		return 0, within(err, "nodes")
	}
	length, err := d.length()
	if err != nil {
		return 0, within(err, "length")
	}
	state := 2 // last id
	if t >= TypeStream2 {
		state += 5 // first and largest deleted id, entries added
	}
	if err := d.skipLengths(state); err != nil {
		return 0, within(err, "state")
	}
	if _, err := d.each(func() error { return d.skipGroup(t) }); err != nil {
		return 0, within(err, "groups")
	}
	if t >= TypeStream4 {
		if err := d.skipProducers(); err != nil {
			return 0, within(err, "producers")
		}
	}
	return int64(min(length, 1<<62)), nil
}

func (d *Decoder) skipLengths(n int) error {
	for range n {
		if _, err := d.length(); err != nil {
			return err
		}
	}
	return nil
}

func (d *Decoder) skipGroup(t Type) error {
	if err := d.skipString(); err != nil {
		return within(err, "name")
	}
	state := 2 // last id
	if t >= TypeStream2 {
		state++ // entries read
	}
	if err := d.skipLengths(state); err != nil {
		return within(err, "state")
	}
	if _, err := d.each(d.skipPending); err != nil {
		return within(err, "pending entries")
	}
	_, err := d.each(func() error { return d.skipConsumer(t) })
	if err != nil {
		return within(err, "consumers")
	}
	if t >= TypeStream5 {
		err = d.skipRawIDs()
	}
	return within(err, "released entries")
}

// skipPending: raw id, raw time, deliveries.
func (d *Decoder) skipPending() error {
	if err := d.skip(rawIDSize + rawTimeSize); err != nil {
		return err
	}
	_, err := d.length()
	return err
}

func (d *Decoder) skipConsumer(t Type) error {
	times := uint64(rawTimeSize)
	if t >= TypeStream3 {
		times += rawTimeSize
	}
	if err := d.skipThen(times); err != nil {
		return err
	}
	return d.skipRawIDs()
}

// skipRawIDs steps over a count and as many ids of 16 bytes.
func (d *Decoder) skipRawIDs() error {
	_, err := d.each(func() error { return d.skip(rawIDSize) })
	return err
}

func (d *Decoder) skipProducers() error {
	if err := d.skipLengths(2); err != nil { // duration and most entries
		return err
	}
	_, err := d.each(func() error {
		if err := d.skipString(); err != nil {
			return err
		}
		_, err := d.each(func() error {
			if err := d.skipString(); err != nil {
				return err
			}
			return d.skipLengths(2)
		})
		return err
	})
	if err != nil {
		return err
	}
	return d.skipLengths(2) // ids added, duplicates
}
