package columns

import "encoding/binary"

// The types of the compact protocol (thrift-compact-protocol.md).
const (
	thriftTrue   = 1
	thriftI32    = 5
	thriftI64    = 6
	thriftBinary = 8
	thriftList   = 9
	thriftStruct = 12
)

// A thrift appends structs in the compact protocol: a field is the step from the
// number of the one before, its type, and its value.
type thrift struct {
	b    []byte
	last []int // numbers of the fields before, of the structs that are open
}

func (t *thrift) field(n, kind int) {
	last := &t.last[len(t.last)-1]
	t.b = append(t.b, byte((n-*last)<<4|kind)) // no step here is larger than 15
	*last = n
}

func (t *thrift) begin() { t.last = append(t.last, 0) }

func (t *thrift) end() {
	t.b = append(t.b, 0)
	t.last = t.last[:len(t.last)-1]
}

// child begins a struct that is a field.
func (t *thrift) child(n int) {
	t.field(n, thriftStruct)
	t.begin()
}

// empty is a field that is a struct without fields.
func (t *thrift) empty(n int) {
	t.child(n)
	t.end()
}

func (t *thrift) i32(n int, v int64) { t.int(n, thriftI32, v) }
func (t *thrift) i64(n int, v int64) { t.int(n, thriftI64, v) }

func (t *thrift) int(n, kind int, v int64) {
	t.field(n, kind)
	t.b = binary.AppendVarint(t.b, v) // zigzag, as Go's is
}

func (t *thrift) true(n int) { t.field(n, thriftTrue) }

func (t *thrift) text(n int, s string) {
	t.field(n, thriftBinary)
	t.item(s)
}

// item is a string within a list.
func (t *thrift) item(s string) {
	t.b = binary.AppendUvarint(t.b, uint64(len(s)))
	t.b = append(t.b, s...)
}

// list begins a list; its items follow, without numbers.
func (t *thrift) list(n, kind, size int) {
	t.field(n, thriftList)
	if size < 15 {
		t.b = append(t.b, byte(size<<4|kind))
		return
	}
	t.b = binary.AppendUvarint(append(t.b, byte(0xf0|kind)), uint64(size))
}
