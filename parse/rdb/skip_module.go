package rdb

import "github.com/redsleuth/redsleuth/parse"

// skipModule steps over a module's value. Only of a vector set is it known
// what counts as a member.
func (d *Decoder) skipModule() (int64, error) {
	if _, err := d.length(); err != nil {
		return 0, within(err, "module id")
	}
	elements, err := d.skipModuleItems()
	if !d.vectorSet() {
		elements = -1
	}
	return elements, err
}

// skipModuleItems steps over items up to the end mark, and returns the second
// one if it is an unsigned number, -1 otherwise: the size of a vector set.
func (d *Decoder) skipModuleItems() (second int64, err error) {
	second = -1
	for i := 0; ; i++ {
		op, err := d.length()
		if err != nil {
			return 0, within(err, "an item's opcode")
		}
		switch op {
		case moduleEOF:
			return second, nil
		case moduleSint, moduleUint:
			var n uint64
			if n, err = d.length(); i == 1 && op == moduleUint {
				second = int64(min(n, 1<<62))
			}
		case moduleFloat:
			err = d.skip(4)
		case moduleDouble:
			err = d.skip(8)
		case moduleString:
			err = d.skipString()
		default:
			err = d.fail(parse.Damaged("%d is no opcode of a module's item", op))
		}
		if err != nil {
			return 0, within(err, "an item of a module")
		}
	}
}
