package diff

import (
	"context"
	"errors"

	"github.com/redsleuth/redsleuth/cluster"
	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/internal/hashjoin"
	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/value"
)

// Survey tells how the dumps of a cluster's shards divide the keys that pass the
// filter: what each holds, and as findings what lies in the wrong shard or in two, and
// how uneven they are. Values are stepped over. Of the options it takes MaxMemory,
// Filter and Tell.
func Survey(ctx context.Context, in []*input.Input, o Options) (*Side, []finding.Finding, error) {
	if len(in) > maxDumps {
		return nil, nil, errTooMany(len(in))
	}
	if err := o.spool(in...); err != nil {
		return nil, nil, err
	}
	s, err := o.survey(ctx, in, nil)
	if err == nil && s.found.Shared > 0 {
		found := s.found
		if err = s.close(); err == nil {
			s, err = o.survey(ctx, in, found)
		}
	}
	if err != nil {
		return nil, nil, err
	}
	told, err := s.shardRemarks(ctx)
	return s.Side, told, errors.Join(err, s.close())
}

// survey steps over all keys: first to find how the dumps divide the slots, which is
// the layout that it gets the second time, to find the keys in two dumps. Those are of
// slots that several dumps have keys of, so that the others are left alone.
func (o *Options) survey(ctx context.Context, in []*input.Input, layout *cluster.Layout) (
	*side, error) {
	budget := int64(float64(o.MaxMemory) * tableShare)
	s := newSide(in, budget, o.Filter.Named, false)
	s.layout = layout
	for _, d := range s.dumps {
		d.take = d.name
	}
	err := s.read(ctx)
	if err == nil && layout != nil {
		j := &hashjoin.Join{
			Left: s.table, Right: hashjoin.NewTable(budget),
			Memory: int64(float64(o.MaxMemory) * valuesShare),
			Pair:   func(*hashjoin.Entry, *hashjoin.Entry) error { return nil },
			Twice:  func(_ int, first, second *hashjoin.Entry) bool { return s.again(first, second) },
		}
		err = j.Run(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// name takes in what a key is called alone, where it may be in another dump too.
func (s *dump) name(rec *rdb.Record, d *rdb.Decoder) error {
	if err := d.Skip(); err != nil {
		return err
	}
	if l := s.of.layout; l == nil || !l.InSeveral(command.Slot(rec.Key)) {
		return nil
	}
	return s.enter(rec, value.Digest{})
}
