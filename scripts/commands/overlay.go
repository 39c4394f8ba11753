package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/redsleuth/redsleuth/server"
)

// A correction changes or makes a row. What it leaves empty stays as it is.
type correction struct {
	// Commands are the names, separated by commas.
	Commands string
	Kind     string // Control, Read, Write or Script
	Class    string // one of package command's
	Scope    string // likewise
	// Keys replaces the key specifications, each
	//
	//	ACCESS@FIRST[..LAST][/STEP]   a range; LAST from the end if negative
	//	ACCESS@FIRST?                 one key, unless it is empty
	//	ACCESS#PLACE[/STEP]           their number is at PLACE, they follow it
	//	ACCESS>WORD@FROM[..LAST]      after WORD, which is looked for from FROM on;
	//	                              with /half, the first half of them
	//	ACCESS>>WORD[|WORD]@FROM      after the last such word, or one of two
	//
	// with ACCESS one of reads, changes, sets, computes and removes; "-" is none.
	Keys string
	// Unless and Only name options: with one of Unless, or without one of
	// Only, what a key holds before matters, and the access is changes.
	Unless, Only string
	// Since is the first version of Redis, and of Valkey if that has it.
	Since string
	// Options are first versions that stand nowhere else.
	Options map[string]string
	// Undated: its versions are not known, as it belongs to a module or to some
	// builds alone.
	Undated bool
	// Dropped: no release has it, though unstable builds had.
	Dropped bool
	Why     string
	Source  string
}

func readOverlay() ([]correction, error) {
	var all []correction
	err := readEmbedded("overlay.json", &all)
	return all, err
}

// correct applies the corrections, and derives the rest.
func (t *table) correct(all []correction) error {
	for i := range all {
		c := &all[i]
		if c.Why == "" || c.Source == "" {
			return fmt.Errorf("overlay: %s: without reason or source", c.Commands)
		}
		for name := range strings.SplitSeq(c.Commands, ",") {
			if err := t.correctOne(strings.ToLower(strings.TrimSpace(name)), c); err != nil {
				return fmt.Errorf("overlay: %s: %w", name, err)
			}
		}
	}
	for _, r := range t.rows {
		r.finish()
	}
	return nil
}

func (t *table) correctOne(name string, c *correction) error {
	r := t.rows[name]
	if r == nil {
		if !c.Undated && !c.Dropped {
			return fmt.Errorf("no source has it")
		}
		r = &row{}
		t.rows[name] = r
	}
	set := func(into *string, to string) {
		if to != "" {
			*into = to
		}
	}
	set(&r.kind, c.Kind)
	set(&r.class, c.Class)
	set(&r.scope, c.Scope)
	r.undated = r.undated || c.Undated
	if err := r.redate(c); err != nil {
		return err
	}
	r.unless = append(r.unless, strings.Fields(c.Unless)...)
	r.only = append(r.only, strings.Fields(c.Only)...)
	return r.respecify(c.Keys)
}

// respecify replaces the key specifications, if there are new ones.
func (r *row) respecify(keys string) error {
	if keys != "" {
		r.specs = nil
	}
	for text := range strings.FieldsSeq(strings.TrimPrefix(keys, "-")) {
		s, err := parseSpec(text)
		if err != nil {
			return err
		}
		r.specs = append(r.specs, s)
	}
	return nil
}

// redate corrects since when there are the command and its options.
func (r *row) redate(c *correction) error {
	if c.Since != "" {
		r.since = inEach(r.since, number(c.Since))
	}
	for token, first := range c.Options {
		if !redateOption(r.args, token, r.since, number(first)) {
			return fmt.Errorf("no option %s", token)
		}
	}
	if c.Dropped || c.Undated {
		r.since = server.Since{}
	}
	return nil
}

// redateOption says since when there is an option.
func redateOption(list []*arg, token string, of server.Since, n server.Number) (found bool) {
	for _, a := range list {
		if a.token == token {
			found, a.since = true, inEach(of, n)
		}
		found = redateOption(a.args, token, of, n) || found
	}
	return found
}

// inEach is n for each family that of has.
func inEach(of server.Since, n server.Number) (s server.Since) {
	if of.Redis != 0 {
		s.Redis = n
	}
	if of.Valkey != 0 {
		s.Valkey = n
	}
	return s
}

// parseSpec reads a key specification as correction.Keys has it.
func parseSpec(text string) (spec, error) {
	s := spec{step: 1}
	bad := fmt.Errorf("%q is no key specification", text)
	i := strings.IndexAny(text, "@#>")
	if i < 0 {
		return s, bad
	}
	s.access = text[:i]
	rest := text[i+1:]
	switch text[i] {
	case '#':
		s.count = true
	case '>':
		rest, s.last = strings.CutPrefix(rest, ">")
		var found bool
		if s.word, rest, found = strings.Cut(rest, "@"); !found {
			return s, bad
		}
	}
	rest, s.orNone = strings.CutSuffix(rest, "?")
	rest, s.half = strings.CutSuffix(rest, "/half")
	rest, step, stepped := strings.Cut(rest, "/")
	first, last, ranged := strings.Cut(rest, "..")
	for _, n := range []struct {
		text string
		here bool
		into *int
	}{{first, true, &s.first}, {step, stepped, &s.step}, {last, ranged, &s.end}} {
		if !n.here {
			continue
		}
		var err error
		if *n.into, err = strconv.Atoi(n.text); err != nil {
			return s, bad
		}
	}
	return s, nil
}
