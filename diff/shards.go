package diff

import (
	"context"

	"github.com/redsleuth/redsleuth/cluster"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/repl"
)

// relateSides is relate for sides of which one at least is several dumps: shard by
// shard, and for all where they agree.
func relateSides(master, replica *Side, servers []repl.Server) Replication {
	if master.Shards == nil && replica.Shards == nil {
		return relate(master, replica, servers)
	}
	r := Replication{Verdict: UnknownVerdict, Pairs: pairUp(master.shards(), replica.shards())}
	r.Resync.Why = "each shard has a history of its own"
	for i := range r.Pairs {
		if p := &r.Pairs[i]; p.Master != nil && p.Replica != nil {
			p.Replication = relate(p.Master, p.Replica, servers)
		}
	}
	r.agree()
	return r
}

// agree sets the verdict of all pairs, where they have one.
func (r *Replication) agree() {
	lag, behind, ahead := int64(0), false, false
	for i := range r.Pairs {
		p := &r.Pairs[i]
		if p.LagBytes == nil {
			return
		}
		lag += *p.LagBytes
		behind, ahead = behind || *p.LagBytes > 0, ahead || *p.LagBytes < 0
	}
	switch {
	case behind && ahead:
		return
	case behind:
		r.Verdict = ReplicaBehind
	case ahead:
		r.Verdict = ReplicaAhead
	default:
		r.Verdict = SameOffset
	}
	r.LagBytes = &lag
}

// shards are the dumps of a side, which may be one.
func (s *Side) shards() []*Shard {
	if s.Shards != nil {
		return s.Shards
	}
	return []*Shard{{Side: s}}
}

// pairUp finds the counterpart of each shard: a dump of the same history, or else
// the one that has most of its slots.
func pairUp(masters, replicas []*Shard) []ShardPair {
	of := map[*Shard]*Shard{} // both ways
	match := func(alike func(m, r *Shard) int) {
		for _, m := range masters {
			var best *Shard
			most := 0
			for _, r := range replicas {
				if n := alike(m, r); of[m] == nil && of[r] == nil && n > most {
					best, most = r, n
				}
			}
			if best != nil {
				of[m], of[best] = best, m
			}
		}
	}
	match(func(m, r *Shard) int {
		if sameHistory(m.Side, r.Side) {
			return 1
		}
		return 0
	})
	match(func(m, r *Shard) int { return cluster.Common(m.Ranges, r.Ranges) })
	var pairs []ShardPair
	for _, m := range masters {
		p := ShardPair{Master: m.Side}
		if of[m] != nil {
			p.Replica = of[m].Side
		}
		pairs = append(pairs, p)
	}
	for _, r := range replicas {
		if of[r] == nil {
			pairs = append(pairs, ShardPair{Replica: r.Side})
		}
	}
	return pairs
}

// counterparts are the dumps of the other side that a dump is to be compared with:
// all there are of a side that is one.
func counterparts(d *Side, pairs []ShardPair, other *side) (all []*Side) {
	if pairs == nil {
		return []*Side{other.Side}
	}
	for i := range pairs {
		p := &pairs[i]
		if p.Master == d && p.Replica != nil {
			all = append(all, p.Replica)
		}
		if p.Replica == d && p.Master != nil {
			all = append(all, p.Master)
		}
	}
	return all
}

// shardRemarks are findings on how the dumps of a side divide the keys.
func (s *side) shardRemarks(ctx context.Context) ([]finding.Finding, error) {
	if !s.several() {
		return nil, nil
	}
	var found []finding.Finding
	told := s.found.Findings()
	for i, d := range s.dumps {
		for _, f := range told[i] {
			f.Path = d.Path
			if f.Code == finding.WrongShard {
				var err error
				if f.Keys, err = d.namesOf(ctx, &noted{places: s.found.Shards[i].StrayPlaces}); err != nil {
					return nil, err
				}
			}
			found = append(found, f)
		}
	}
	for _, pair := range s.pairsOf() {
		n := s.twice[pair]
		first, second := s.dumps[pair[0]], s.dumps[pair[1]]
		f := cluster.InTwo(n.count, sameHistory(&first.Side, &second.Side))
		keys, err := second.namesOf(ctx, n)
		if err != nil {
			return nil, err
		}
		f.Path, f.Keys, f.Places = second.Path, keys, []finding.Place{{Path: first.Path}}
		found = append(found, f)
	}
	return found, nil
}

func sameHistory(a, b *Side) bool {
	return a.State != nil && b.State != nil && a.State.ID == b.State.ID
}
