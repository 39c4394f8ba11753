package main

import (
	"slices"
	"strings"

	"github.com/redsleuth/redsleuth/server"
)

// arg is an argument of a command as both families have it.
type arg struct {
	name, token    string
	kind           kind
	optional, many bool
	tokenEach      bool // the token stands before each of many
	counts         bool // its value is how many of the next argument follow
	since          server.Since
	said           bool // since stands with it
	args           []*arg
}

type kind string

const (
	value kind = "value" // one word
	pure  kind = "pure"  // its token alone
	oneOf kind = "oneOf"
	block kind = "block"
)

// kinds are those of the servers' types; all others are values.
var kinds = map[string]kind{"pure-token": pure, "oneof": oneOf, "block": block}

// convert takes a family's arguments over. What says no version is as old as
// what it is part of.
func convert(list []argument, family string, since server.Number) []*arg {
	var all []*arg
	for i := range list {
		a := &list[i]
		n := since
		if a.Since != "" {
			n = max(n, number(a.Since))
		}
		b := &arg{
			name: a.Name, token: strings.ToUpper(a.Token), kind: value, optional: bool(a.Optional),
			many: bool(a.Multiple), said: a.Since != "", tokenEach: bool(a.MultipleToken), args: convert(a.Arguments, family, n),
			counts: a.Type == "integer" && strings.HasPrefix(a.Name, "num") && a.Token == "",
		}
		if k, ok := kinds[a.Type]; ok {
			b.kind = k
		}
		b.since = in(family, n)
		all = append(all, b)
	}
	return all
}

// number packs a version, whatever its family.
func number(version string) server.Number {
	v, err := server.Parse("redis " + version)
	if err != nil {
		panic(err) // a version of the server's own description
	}
	return server.Since{}.With(v).Redis
}

// in is n in one family.
func in(family string, n server.Number) server.Since {
	if family == "valkey" {
		return server.Since{Valkey: n}
	}
	return server.Since{Redis: n}
}

// merge adds the arguments of b that a lacks, each behind the one that it
// follows in b, and joins what both have.
func merge(a, b []*arg) []*arg {
	at := 0
	for _, n := range b {
		i := slices.IndexFunc(a, func(o *arg) bool { return o.same(n) })
		if i < 0 {
			a = slices.Insert(a, at, n)
			at++
			continue
		}
		a[i].join(n)
		at = i + 1
	}
	return a
}

// same reports whether two arguments are one: by token, by name, or by what
// they hold.
func (a *arg) same(b *arg) bool {
	if a.token != "" || b.token != "" {
		return a.token == b.token
	}
	if len(a.args) == 0 || len(b.args) == 0 {
		return len(a.args) == len(b.args) && a.name == b.name
	}
	if a.name == b.name {
		return true
	}
	for _, t := range a.tokens() {
		if slices.Contains(b.tokens(), t) {
			return true
		}
	}
	return false
}

// tokens are those in a, or the one before it.
func (a *arg) tokens() (all []string) {
	if a.token != "" {
		return []string{a.token}
	}
	for _, b := range a.args {
		all = append(all, b.tokens()...)
	}
	return all
}

func (a *arg) join(b *arg) {
	// What is said later of the same family, and expressly, is a correction.
	pick := func(x, y server.Number) server.Number {
		if y != 0 && (x == 0 || b.said) {
			return y
		}
		return x
	}
	a.since.Redis = pick(a.since.Redis, b.since.Redis)
	a.since.Valkey = pick(a.since.Valkey, b.since.Valkey)
	a.args = merge(a.args, b.args)
}

// dated reports whether a is an option with a version of its own.
func (a *arg) dated(of server.Since) bool {
	option := a.token != "" || a.kind == value && a.optional
	return option && a.since != of && a.since != (server.Since{})
}
