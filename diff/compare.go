package diff

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/redsleuth/redsleuth/cluster"
	"github.com/redsleuth/redsleuth/filter"
	"github.com/redsleuth/redsleuth/internal/hashjoin"
	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/repl"
	"github.com/redsleuth/redsleuth/server"
	"github.com/redsleuth/redsleuth/value"
	"github.com/redsleuth/redsleuth/value/memory"

	"github.com/redsleuth/redsleuth/finding"
)

// Options of Compare.
type Options struct {
	// MaxMemory is about how much memory the entries and values at hand may
	// take, in bytes; the rest goes to disk.
	MaxMemory int64
	// Now is when "expired" is asked; zero means the later of the two dumps'
	// times.
	Now time.Time
	// TTLSkew is how far apart two expiries may be and count as equal.
	TTLSkew time.Duration
	// Limit bounds the differences in the report, and the changes of each; 0
	// is no limit.
	Limit int
	// Keep, if set, takes the place of Limit for how many differences are in the report:
	// of who is told each (Each).
	Keep int
	// Bare: changes are counted and not kept, for who lists many differences and
	// shows none of them element by element.
	Bare bool
	// Each, if set, is told of every difference, in no order, before Limit drops any. It
	// may not keep it.
	Each func(*Difference)
	// Filter says which keys are compared: those that pass it on either side.
	Filter filter.Filter
	// Servers are what INFO and logs say.
	Servers []repl.Server
	// Tell is called with sentences for the user during the work.
	Tell func(format string, args ...any)
}

// A Subject is a difference to be explained, with the values of both sides.
type Subject struct {
	*Difference
	masterAt, replicaAt spot
	// MasterValue and ReplicaValue are nil where the side doesn't hold the
	// key.
	MasterValue, ReplicaValue *value.Value
	// MayBeDelay: the key lives longer on the replica of a master that sends
	// relative expiries on, which a replica counts from when it runs them.
	MayBeDelay bool
	// FieldsExpired: fields past their time are all that tells the sides apart, which
	// is the cause, unless the stream shows that one side never had them.
	FieldsExpired bool
}

// plausibleDelay is how late a replica runs a command at most where
// nothing is known of its link, in milliseconds: past repl-timeout (60 s) of
// silence, both ends give a link up.
const plausibleDelay = 60_000

// PlausibleDelay reports whether delay alone may have made the difference, for
// all that the dumps tell.
func (s *Subject) PlausibleDelay() bool {
	return s.MayBeDelay && distance(s.MasterValue.ExpireAt, s.ReplicaValue.ExpireAt) <= plausibleDelay
}

// Delayed says that a replica ran a relative expiry later than its master,
// which is no difference in the data.
func (s *Subject) Delayed() {
	s.Explain(finding.CauseExpired, finding.Likely, finding.Evidence{Code: finding.EvidenceRelativeExpiry,
		Message: server.RelativeExpiries.Affects() +
			" send relative expiries on; a replica that was behind counts them from when it ran them"})
}

// The shares of MaxMemory. What is left is for reading.
const (
	tableShare  = 5.0 / 16 // each side's entries
	valuesShare = 1.0 / 4
	pairsShare  = 1.0 / 16
)

// A Comparison is one of two keyspaces, as far as it has come. Close frees what
// it holds on disk.
type Comparison struct {
	Options
	inputs          [2][]*input.Input // of master and replica
	master, replica *side
	pairs           *hashjoin.Pairs
	suspects        suspects
	report          *Report
	layouts         [2]*cluster.Layout // of sides of several dumps, once known
	measures        [2][]*memory.Model // by dump; nil where the filter asks for no memory
	clocks          clocks
	begun, ended    bool // going over the differences
}

// Compare reads both sides and reports how they differ. A side is one dump, or
// those of all shards of a cluster. Differences whose cause the dumps don't tell are
// unexplained.
func Compare(ctx context.Context, master, replica []*input.Input, o Options) (
	report *Report, err error) {
	c, err := Open(ctx, master, replica, o)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	return c.Finish(ctx)
}

// Open reads both sides and finds the keys that may differ. Inputs that can't
// be read twice are copied first.
func Open(ctx context.Context, master, replica []*input.Input, o Options) (*Comparison, error) {
	if n := max(len(master), len(replica)); n > maxDumps {
		return nil, errTooMany(n)
	}
	if err := o.spool(slices.Concat(master, replica)...); err != nil {
		return nil, err
	}
	c := &Comparison{Options: o, inputs: [2][]*input.Input{master, replica}}
	var err error
	if c.measures, err = c.models(ctx); err != nil {
		return nil, err
	}
	if err := c.findCandidates(ctx); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	c.report.Suspects = c.pairs.Len()
	return c, nil
}

func errTooMany(dumps int) error {
	return fmt.Errorf("a side of %d dumps: there can be %d", dumps, maxDumps)
}

// spool makes inputs readable more than once.
func (o *Options) spool(inputs ...*input.Input) error {
	if o.Tell == nil {
		o.Tell = func(string, ...any) {}
	}
	for _, in := range inputs {
		if in.Rereadable() || in.Folder() {
			continue
		}
		o.Tell("%s is compressed or a pipe, and diff reads it twice: a temporary file holds it meanwhile", in.Path)
		if err := in.Spool(); err != nil {
			return err
		}
	}
	return nil
}

// Report is what is known so far: from Open on the sides and the replication
// verdict, which whoever knows the streams may refine; with Finish all of it.
func (c *Comparison) Report() *Report { return c.report }

// Unexplained goes over the differences whose cause the two dumps don't tell, a
// batch at a time, in no order. What is set on a Subject until the next batch
// counts (Difference.Explain); then it is forgotten, so that memory stays
// bounded however many keys differ. It can be gone over once.
func (c *Comparison) Unexplained(ctx context.Context) iter.Seq2[[]*Subject, error] {
	return func(yield func([]*Subject, error) bool) {
		c.begun = true
		err := c.eachBatch(func(batch []hashjoin.Pair) error { return c.differ(ctx, batch, yield) })
		switch {
		case err == nil:
			c.ended = true
		case !errors.Is(err, errStopped):
			yield(nil, err)
		}
	}
}

// errStopped: who goes over the differences has had enough.
var errStopped = errors.New("stopped")

// Finish goes over the differences where nobody did, compares the libraries
// and scripts, and returns the report.
func (c *Comparison) Finish(ctx context.Context) (*Report, error) {
	if c.begun && !c.ended {
		return nil, errors.New("a report of differences that were not gone over to the end")
	}
	if !c.begun {
		for _, err := range c.Unexplained(ctx) {
			if err != nil {
				return nil, err
			}
		}
	}
	c.compareLibraries()
	c.compareScripts()
	c.trim()
	return c.report, c.remarks(ctx)
}

// Close frees the temporary files.
func (c *Comparison) Close() error {
	if c.pairs == nil {
		return nil
	}
	return errors.Join(c.master.close(), c.replica.close(), c.pairs.Close())
}

// batchPairs is how many pairs are read again at a time, where memory allows:
// who explains them goes over the streams once for each batch. pairMemory is about what
// one takes meanwhile beside its values, with all that its explanation needs.
const (
	batchPairs = 1 << 15
	pairMemory = 12 << 10
)

// eachBatch calls do with all pairs, in batches that it may reorder.
func (c *Comparison) eachBatch(do func([]hashjoin.Pair) error) error {
	most := max(1, min(batchPairs, int(c.MaxMemory/pairMemory)))
	var batch []hashjoin.Pair
	err := c.pairs.Each(func(block []hashjoin.Pair) error {
		batch = append(batch, block...)
		if len(batch) < most {
			return nil
		}
		err := do(batch)
		batch = batch[:0]
		return err
	})
	if err != nil || len(batch) == 0 {
		return err
	}
	return do(batch)
}

// differ reads pairs again, as many at a time as memory allows, and turns them
// into differences. It may reorder pending.
func (c *Comparison) differ(ctx context.Context, pending []hashjoin.Pair,
	yield func([]*Subject, error) bool) error {
	budget := int64(float64(c.MaxMemory) * valuesShare / 2)
	for len(pending) > 0 {
		subjects, rest, err := c.fetchSubjects(ctx, pending, budget)
		if err != nil {
			return err
		}
		pending = rest
		var open []*Subject
		for _, s := range subjects {
			equal, err := c.classify(ctx, s)
			if err != nil {
				return err
			}
			if !equal && (s.Cause == "" || s.FieldsExpired) {
				open = append(open, s)
			}
		}
		if len(open) > 0 && !yield(open, nil) {
			return errStopped
		}
		for _, s := range open {
			s.fallBack()
		}
		for _, s := range subjects {
			if s.Kind != "" {
				c.count(s.Difference)
			}
		}
		if most := c.kept(); most != 0 && len(c.report.Differences) > 2*most {
			c.trim()
		}
	}
	return nil
}

// fallBack gives the difference a cause where nobody found one.
func (s *Subject) fallBack() {
	switch {
	case s.Cause != "":
	case s.PlausibleDelay():
		s.Delayed()
	default:
		s.Unexplained(finding.EvidenceNoStream,
			"no replication stream was given: with --stream, what happened to the key can be told")
	}
}

// count adds a difference to the report.
func (c *Comparison) count(d *Difference) {
	s := &c.report.Summary
	s.Different++
	s.ByKind[d.Kind]++
	s.ByCause[d.Cause]++
	if d.Cause == finding.CauseExpired {
		s.ExpiredOnly++
	}
	if c.Each != nil {
		c.Each(d)
	}
	if c.Bare {
		d.Changes = nil
	}
	c.report.Differences = append(c.report.Differences, d)
}

// kept is how many differences are kept at the end; 0 for all.
func (c *Comparison) kept() int { return cmp.Or(c.Keep, c.Limit) }

// trim sorts the differences by database and key, and keeps the first; none are dropped
// where no limit is set.
func (c *Comparison) trim() {
	all := c.report.Differences
	slices.SortFunc(all, func(a, b *Difference) int {
		return cmp.Or(cmp.Compare(a.DB, b.DB), bytes.Compare(a.Key, b.Key))
	})
	if most := c.kept(); most != 0 && len(all) > most {
		clear(all[most:])
		c.report.Differences = all[:most]
	}
}

// remarks adds findings on the sides themselves.
func (c *Comparison) remarks(ctx context.Context) error {
	for _, s := range []*side{c.master, c.replica} {
		found, err := s.remarks(ctx)
		if err != nil {
			return err
		}
		c.report.Findings = append(c.report.Findings, found...)
	}
	if n := c.report.Summary.Unread; n > 0 {
		c.report.Findings = append(c.report.Findings, finding.Finding{
			Code: finding.KeysUnread, Severity: finding.Warning, Count: n,
			Message: fmt.Sprintf("%d keys that one side alone holds are not counted as differences: "+
				"the other's dump can't be read to its end", n),
		})
	}
	return nil
}
