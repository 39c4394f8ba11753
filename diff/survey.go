package diff

import (
	"context"
	"errors"

	"github.com/redsleuth/redsleuth/cluster"
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
	if err == nil && len(s.twice) > 0 && s.found.Divided {
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

// survey reads the names of all keys, and finds those in two dumps. layout is what was
// found before, if anything was.
func (o *Options) survey(ctx context.Context, in []*input.Input, layout *cluster.Layout) (
	*side, error) {
	budget := int64(float64(o.MaxMemory) * tableShare)
	s := newSide(in, budget, o.Filter.Named, false)
	s.layout = layout
	for _, d := range s.dumps {
		d.take = d.name
	}
	err := s.read(ctx)
	if err == nil {
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

// name takes in what a key is called alone.
func (s *dump) name(rec *rdb.Record, d *rdb.Decoder) error {
	if err := d.Skip(); err != nil {
		return err
	}
	return s.enter(rec, value.Digest{})
}
