// Package verify opens every value of an RDB and checks it as deeply as
// redis-check-rdb does, on other cores than the one that reads the file.
//
//	s := verify.New(verify.Options{Found: func(f verify.Fault) error { … }})
//	defer s.Close()
//	for rec, err := range d.Records() {
//		if rec.Kind == rdb.KindKey { err = s.Value(d, rec) }
//	}
//	err := s.Finish()
//
// A Stage takes the place of Decoder.Skip: the decoder steps over a value by
// its length fields, its bytes are copied, and read by another decoder in a
// goroutine of its own. What is wrong within a value so never ends the reading
// of the file. Faults are told in file order.
//
// # What is checked
//
// All that reading a value checks (package rdb): lengths, counts and encodings
// of listpacks, ziplists, intsets, zipmaps and streams; compressed strings that
// give what they say; scores that are numbers; pending entries that are in
// their group and have one owner; opcodes of modules. Beyond that:
//
//	set, hash, sorted set   no member or field twice
//	sorted set              no score that is NaN
//	hash, type 25           fields by ascending expiry, those without one last;
//	                        none expires before the time that the value names
//	stream                  ids ascend and are not past the last id; as many
//	                        entries as it says; no group, consumer of a group,
//	                        producer, or id of a producer twice
//	vector set              no element, node, or link of a node twice; each link is
//	                        answered by one back
//	any                     the value ends where its length fields say
//
// Beyond what redis-check-rdb looks at, a value is broken here whose packed score
// is text that is no number (servers read garbage of it), whose entry is past the
// stream's last id (XADD may then give an id twice), whose vectors' nodes hold
// other parameters than they say, or whose zipmap says 255 for an unknown count.
//
// Source: redis modules/vector-sets/hnsw.c (hnsw_deserialize_index), src/rdb.c
// (rdbLoadObject with deep_integrity_validation),
// src/listpack.c, src/ziplist.c, src/t_stream.c.
//
// # Memory
//
// Values of up to 256 KiB are checked in batches of about as many bytes, longer
// ones while they are read. Whether a member is there twice is told by hashes
// of 128 bits with a seed of their own for each run: up to 32768 of a value
// in memory, more in a temporary file, sorted. What one core holds is so bounded
// by the largest single element, as with Decoder.Value.
package verify
