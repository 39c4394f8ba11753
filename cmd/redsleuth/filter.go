package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/filter"
	"github.com/redsleuth/redsleuth/parse/rdb"
)

// filterOptions are the flags that choose keys and commands.
type filterOptions struct {
	dbs      []int
	types    []string
	match    []string
	exclude  []string
	noTTL    bool
	commands []string
	clients  []string
	expired  bool
	minSize  sizeFlag
	minMem   sizeFlag
	slots    []string
	from, to string
}

func (o *filterOptions) addFlags(flags *pflag.FlagSet) {
	o.addKeyFlags(flags)
	flags.StringSliceVar(&o.commands, "command", nil, "only commands of these names")
	flags.StringArrayVar(&o.clients, "client", nil,
		"only commands of the client with this `address or name`; may be given more than once")
	flags.StringVar(&o.from, "from", "",
		"only commands from this replication `offset` or time on: 2026-11-30T18:09:30Z, 18:09:30 "+
			"of the stream's day, or -10m before its end")
	flags.StringVar(&o.to, "to", "", "only commands up to this replication `offset` or time")
}

// addKeyFlags adds those that act on keys.
func (o *filterOptions) addKeyFlags(flags *pflag.FlagSet) {
	flags.IntSliceVar(&o.dbs, "db", nil, "only these databases")
	flags.StringSliceVar(&o.types, "type", nil,
		"only keys of these types: "+strings.Join(typeNames(), ", "))
	flags.StringArrayVar(&o.match, "match", nil,
		"only keys, or commands with keys, that match the `glob`; may be given more than once")
	flags.StringArrayVar(&o.exclude, "exclude", nil,
		"no keys, nor commands with keys, that match the `glob`; may be given more than once")
	flags.BoolVar(&o.noTTL, "no-ttl", false, "only keys without an expiry")
	flags.BoolVar(&o.expired, "expired", false, "only keys that had expired")
	flags.Var(&o.minSize, "min-size", "only keys and commands of at least this many serialized bytes")
	flags.Var(&o.minMem, "min-memory", "only keys that cost at least this much memory in a server")
	flags.StringSliceVar(&o.slots, "slot", nil,
		"only keys, or commands with keys, of these `slots` of a cluster, such as 5 or 0-5460")
}

func typeNames() []string {
	var names []string
	for _, o := range rdb.Objects() {
		names = append(names, o.String())
	}
	return names
}

// filter makes a filter.Filter of the flags.
func (o *filterOptions) filter() (f filter.Filter, err error) {
	var types []string
	for _, t := range o.types {
		if types = append(types, strings.ToLower(t)); !slices.Contains(typeNames(), types[len(types)-1]) {
			return f, fmt.Errorf("--type %s: the types are %s", t, strings.Join(typeNames(), ", "))
		}
	}
	f = filter.Filter{DBs: o.dbs, Types: types, Commands: o.commands, Clients: o.clients,
		Expired: o.expired, NoTTL: o.noTTL, MinSize: int64(o.minSize)}
	for _, m := range o.match {
		f.Match = append(f.Match, []byte(m))
	}
	for _, x := range o.exclude {
		f.Exclude = append(f.Exclude, []byte(x))
	}
	f.MinMemory = int64(o.minMem)
	for _, s := range o.slots {
		slots, err := slotRange(s)
		if err != nil {
			return f, err
		}
		f.Slots = append(f.Slots, slots)
	}
	if f.From, err = position("--from", o.from); err != nil {
		return f, err
	}
	f.To, err = position("--to", o.to)
	return f, err
}

// slotRange reads "5" or "0-5460".
func slotRange(text string) (s filter.Slots, err error) {
	first, last, ok := strings.Cut(text, "-")
	if !ok {
		last = first
	}
	s.First, err = strconv.Atoi(first)
	if err == nil {
		s.Last, err = strconv.Atoi(last)
	}
	if err != nil || s.First < 0 || s.Last > 16383 || s.First > s.Last {
		return s, fmt.Errorf("--slot %s: slots are 0 to 16383, such as 5 or 0-5460", text)
	}
	return s, nil
}

// position reads what --from or --to says; nil if there is none. Where the stream
// decides which time that is, window has to be asked.
func position(flag, text string) (*filter.Position, error) {
	if text == "" {
		return nil, nil
	}
	m, err := parseMoment(flag, text)
	if err == nil && m.ofStream() {
		err = fmt.Errorf("%s: a time with a date is wanted here", m.text)
	}
	if err != nil {
		return nil, err
	}
	return &filter.Position{Offset: m.offset, Time: m.time}, nil
}

// undated are the flags without --from and --to.
func (o *filterOptions) undated() *filterOptions {
	rest := *o
	rest.from, rest.to = "", ""
	return &rest
}

// lookedAt is how many records a filter was asked about.
func lookedAt(keys, commands int64) string {
	switch {
	case commands == 0:
		return render.Plural(keys, "key", "keys")
	case keys == 0:
		return render.Plural(commands, "command", "commands")
	}
	return render.Plural(keys, "key", "keys") + " and " + render.Plural(commands, "command", "commands")
}
