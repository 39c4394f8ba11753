package text

import (
	"fmt"
	"strings"

	"github.com/redsleuth/redsleuth/cluster"
	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/diff"
)

// slotRangesShown is how many ranges of slots a row names.
const slotRangesShown = 4

// shards writes the table of the dumps of a side that is several.
func (w *writer) shards(title string, shards []*diff.Shard) {
	if shards == nil {
		return
	}
	rows := shardRows{}
	for _, s := range shards {
		rows.add(&s.Shard, s.Side.Keys, quotedPath(s.Path))
	}
	w.section(title, shardColumns(), rows.cells())
}

// inspectedShards writes the table of the dumps of a cluster.
func (w *writer) inspectedShards(all []Inspected) {
	rows := shardRows{}
	for _, one := range all {
		if r := one.Report.RDB; r != nil && r.Shard != nil {
			rows.add(r.Shard, r.Shard.Keys, path(one.Input.Path))
		}
	}
	if len(rows.shards) > 0 {
		w.section("Shards", shardColumns(), rows.cells())
	}
}

func shardColumns() []render.Column {
	return []render.Column{render.Right("keys"), render.Right("share"), render.Right("bytes"),
		render.Right("slots"), render.Cutting("which"), render.Left("dump")}
}

// shardRows are rows of which each holds a part of the keys of all.
type shardRows struct {
	shards []*cluster.Shard
	keys   []int64
	names  []string
	sum    int64
}

func (r *shardRows) add(s *cluster.Shard, keys int64, name string) {
	r.shards, r.keys, r.names = append(r.shards, s), append(r.keys, keys), append(r.names, name)
	r.sum += keys
}

func (r *shardRows) cells() (rows [][]string) {
	for i, s := range r.shards {
		share := ""
		if r.sum > 0 {
			share = fmt.Sprintf("%.1f%%", 100*float64(r.keys[i])/float64(r.sum))
		}
		rows = append(rows, []string{render.Count(r.keys[i]), share, render.Size(s.Bytes),
			render.Count(s.Slots), rangesText(s.Ranges), r.names[i]})
	}
	return rows
}

// rangesText names ranges of slots, of many the first.
func rangesText(all []cluster.Range) string {
	var parts []string
	for i, r := range all {
		if i == slotRangesShown {
			parts = append(parts, fmt.Sprintf("… %d ranges", len(all)))
			break
		}
		if r.First == r.Last {
			parts = append(parts, fmt.Sprint(r.First))
		} else {
			parts = append(parts, fmt.Sprintf("%d-%d", r.First, r.Last))
		}
	}
	return strings.Join(parts, " ")
}

// pairs writes a row for each shard of both sides.
func (w *diffText) pairs() {
	var rows [][]string
	for i := range w.report.Replication.Pairs {
		p := &w.report.Replication.Pairs[i]
		name := func(s *diff.Side) string {
			if s == nil {
				return w.Style.Dim("(none)")
			}
			return quotedPath(s.Path)
		}
		rows = append(rows, []string{name(p.Master), name(p.Replica), pairText(p)})
	}
	w.section("Shards and their counterparts", []render.Column{render.Left("master"),
		render.Left("replica"), render.Left("the replica")}, rows)
}

func pairText(p *diff.ShardPair) string {
	if p.Master == nil || p.Replica == nil {
		return ""
	}
	bytes := func(n int64) string { return render.Plural(n, "byte", "bytes") }
	switch p.Verdict {
	case diff.SameOffset:
		return "is at the same offset"
	case diff.ReplicaBehind:
		return "is " + bytes(*p.LagBytes) + " behind"
	case diff.ReplicaAhead:
		return "is " + bytes(-*p.LagBytes) + " ahead"
	case diff.DifferentHistory:
		return "is of another history" + parting(&p.Replication)
	}
	return "is of a history that is not known"
}
