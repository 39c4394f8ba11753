package rdb

// A Blob is a part of a value that servers keep as one piece of memory: a
// listpack, ziplist, intset or zipmap, or one plain node of a list.
type Blob struct {
	// Bytes is its length, decompressed.
	Bytes int
	// Plain: a node of a list that is one element, and nothing packed.
	Plain bool
	// ID is the key of a stream's node.
	ID StreamID
}

// Blobs has visit called, from then on, for each blob of the values that Value
// reads, before its elements. It is for what values cost in memory, which
// elements alone don't tell.
func (d *Decoder) Blobs(visit func(Blob)) { d.value.blobs = visit }

// sawBlob tells the visitor of Blobs.
func (d *Decoder) sawBlob(b Blob) {
	if d.value.blobs != nil {
		d.value.blobs(b)
	}
}
