// Package cluster tells how the keys of several dumps lie in the 16384 slots of a
// cluster: what each dump holds, which of them a slot belongs to, and which keys
// lie elsewhere.
//
// Dumps don't say which slots a shard serves, nor that it is one. It shows in the
// keys: each slot's are in one dump, and the slots of a dump make few ranges. So a
// slot belongs to the dump that holds its keys, and what departs from that is told:
//
//   - A slot with keys in several dumps belongs to the one that has the slots on
//     both sides of it, or else to the one with most of its keys. The keys in the
//     others are in the wrong shard: left over from a migration, or still on their
//     way.
//   - A single slot amid three or more slots of another dump on either side is in
//     the wrong shard too, where the slots make ranges otherwise.
//
// Where more than a quarter of the slots have keys in several dumps, or any have and
// the slots of the dumps make no ranges, the dumps don't divide the slots: they are
// replicas of one another, or shards by another rule than Redis Cluster's. Then
// nothing is said of slots.
//
// Memory: 400 KiB for the slots of the dump at hand, and 24 bytes for each slot of
// each dump, up to four dumps a slot on average.
package cluster
