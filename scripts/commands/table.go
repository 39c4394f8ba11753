package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/redsleuth/redsleuth/server"
)

// A table is what all sources say together.
type table struct {
	rows map[string]*row
	read server.Since // the newest version of each family
	from []string     // what was read, in words
}

// row is a command as it will stand in the table.
type row struct {
	kind, class, scope string
	since              server.Since
	undated            bool
	specs              []spec
	args               []*arg
	unless, only       []string
	flags              []string
}

// spec says where keys are, in the words of package command.
type spec struct {
	access string
	first  int
	word   string
	last   bool // of several such words the last counts
	end    int
	step   int
	half   bool
	count  bool
	orNone bool
}

func newTable() *table { return &table{rows: map[string]*row{}} }

// add takes over what a source says.
func (t *table) add(s *source) error {
	// The newest comes last.
	t.read = t.read.With(s.version)
	what := "the source of "
	if s.adds {
		what = "what is newer, up to "
	}
	t.from = append(t.from, what+s.family+" "+strings.TrimPrefix(s.version.String(), "valkey "))
	for name, d := range s.commands {
		if strings.HasPrefix(name, "sentinel") || slices.Contains(d.Flags, "ONLY_SENTINEL") {
			continue
		}
		if err := t.addCommand(name, d, s); err != nil {
			return fmt.Errorf("%s of %s: %w", name, s.version, err)
		}
	}
	return nil
}

func (t *table) addCommand(name string, d *described, s *source) error {
	specs, err := d.specs()
	if err != nil {
		return err
	}
	r := t.rows[name]
	if r == nil {
		r = &row{specs: specs}
		t.rows[name] = r
	}
	var first server.Number
	if d.Since != "" {
		first = number(d.Since)
		r.since = join(r.since, in(s.family, first))
	}
	r.args = merge(r.args, convert(d.Arguments, s.family, first))
	r.flags = append(r.flags, d.Flags...)
	return nil
}

// specs converts the key specifications.
func (d *described) specs() ([]spec, error) {
	if d.Group == "vector_set" && len(d.KeySpecs) == 0 {
		access := "reads"
		if slices.Contains(d.Flags, "WRITE") {
			access = "changes"
		}
		return []spec{{access: access, first: 1, step: 1}}, nil
	}
	var all []spec
	for i := range d.KeySpecs {
		k := &d.KeySpecs[i]
		if slices.Contains(k.Flags, "NOT_KEY") || k.Begin.Index == nil && k.Begin.Keyword == nil {
			continue // what can't be told from the arguments
		}
		s, err := k.spec(len(d.KeySpecs) > 1)
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

func (k *keySpec) spec(others bool) (spec, error) {
	s := spec{access: k.access(others)}
	if k.Begin.Index != nil {
		s.first = k.Begin.Index.Pos
	} else {
		s.first, s.word = k.Begin.Keyword.StartFrom, k.Begin.Keyword.Keyword
	}
	switch r, n := k.Find.Range, k.Find.KeyNum; {
	case r != nil:
		s.end, s.step, s.half = r.LastKey, r.Step, r.Limit == 2
		if r.Limit > 2 {
			return s, fmt.Errorf("limit %d", r.Limit)
		}
	case n != nil && n.KeyNumIdx == 0 && n.FirstKey == 1:
		s.count, s.step = true, n.Step
	default:
		return s, fmt.Errorf("keys that can't be found: %+v", k.Find)
	}
	return s, nil
}

// access says what becomes of a key. One that is overwritten by a command
// with other keys is computed from them.
func (k *keySpec) access(others bool) string {
	has := func(flag string) bool { return slices.Contains(k.Flags, flag) }
	switch {
	case has("RO"):
		return "reads"
	case has("RM"):
		return "removes"
	case has("OW") && others:
		return "computes"
	case has("OW"):
		return "sets"
	}
	return "changes"
}

// finish derives from the flags what no correction said.
func (r *row) finish() {
	has := func(flag string) bool { return slices.Contains(r.flags, flag) }
	if r.kind == "" {
		switch {
		case has("WRITE"):
			r.kind = "Write"
		case has("READONLY"):
			r.kind = "Read"
		default:
			r.kind = "Control"
		}
	}
	// Only what a master sends can meet a server that is too old for it.
	sent := r.kind == "Write" || r.kind == "Script" || r.class != ""
	if !sent || !slices.ContainsFunc(r.args, func(a *arg) bool { return len(a.tokens()) > 0 || a.dated(r.since) }) {
		r.args = nil
	}
}

// join is a with what b has of a family.
func join(a, b server.Since) server.Since {
	if b.Redis != 0 {
		a.Redis = b.Redis
	}
	if b.Valkey != 0 {
		a.Valkey = b.Valkey
	}
	return a
}
