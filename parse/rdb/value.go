package rdb

// Value visits the value of the key that Next returned, element by element,
// and sets the record's Elements and Bytes. An error of the visitor, other
// than SkipRest, ends the reading and is returned.
func (d *Decoder) Value(visit func(*Element) error) error { return nil }
