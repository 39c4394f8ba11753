package document

import (
	"github.com/redsleuth/redsleuth/cluster"
	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/diff"
)

// A SideShard is one of several dumps.
type SideShard struct {
	SideHead
	Shard
}

// A Shard is what a dump holds of a cluster. Bytes is what its keys' records take,
// Slots in how many slots they are, and Ranges are the slots that belong to the dump as
// far as keys tell, null where the dumps don't divide them.
type Shard struct {
	Bytes      int64    `json:"bytes"`
	Slots      int      `json:"slots"`
	Ranges     [][2]int `json:"ranges"`
	WrongShard int64    `json:"wrong_shard_keys"`
	// Heaviest is the slot whose keys take most bytes.
	Heaviest *Slot `json:"heaviest_slot,omitempty"`
}

// A Slot is what the keys of a slot take.
type Slot struct {
	Slot  int   `json:"slot"`
	Keys  int64 `json:"keys"`
	Bytes int64 `json:"bytes"`
}

// A ShardPair is a shard on both sides; null where nothing shows a counterpart.
type ShardPair struct {
	Master  *string `json:"master"`
	Replica *string `json:"replica"`
	// Verdict and what follows are as those of the two sides.
	Verdict       string  `json:"verdict"`
	LagBytes      *int64  `json:"lag_bytes"`
	PartedAt      *int64  `json:"parted_at,omitempty"`
	PartialResync *Resync `json:"partial_resync,omitempty"`
}

func newSideShard(s *diff.Shard, f *render.BytesFormatter) SideShard {
	return SideShard{newSideHead(s.Side, f), newShard(&s.Shard)}
}

// inspectedShard is nil where that was not asked.
func inspectedShard(s *cluster.Shard) *Shard {
	if s == nil {
		return nil
	}
	return new(newShard(s))
}

func newShard(s *cluster.Shard) Shard {
	d := Shard{Bytes: s.Bytes, Slots: s.Slots, WrongShard: s.Strays, Ranges: slotRanges(s.Ranges)}
	if h := s.Heaviest; h.Keys > 0 {
		d.Heaviest = &Slot{h.Slot, h.Keys, h.Bytes}
	}
	return d
}

// slotRanges are pairs of the first and the last slot; nil stays nil.
func slotRanges(all []cluster.Range) (out [][2]int) {
	for _, r := range all {
		out = append(out, [2]int{r.First, r.Last})
	}
	return out
}

func newShardPair(p *diff.ShardPair) ShardPair {
	d := ShardPair{Verdict: string(diff.UnknownVerdict)}
	if p.Master != nil {
		d.Master = &p.Master.Path
	}
	if p.Replica != nil {
		d.Replica = &p.Replica.Path
	}
	if p.Master != nil && p.Replica != nil {
		d.Verdict, d.LagBytes, d.PartedAt = string(p.Verdict), p.LagBytes, p.PartedAt
		d.PartialResync = &Resync{p.Resync.Possible, p.Resync.Why}
	}
	return d
}
