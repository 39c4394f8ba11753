package command

import (
	"slices"
	"strconv"

	"github.com/redsleuth/redsleuth/server"
)

// shape is how an argument is built.
type shape uint8

const (
	word  shape = iota // one word, after the token if there is one
	pure               // the token alone
	oneOf              // one of args
	block              // args in their order
)

// An arg is an argument of a command, as the servers describe it.
type arg struct {
	token string // in upper case; "" where the place alone tells
	// name of an optional word without token that is younger than its command.
	name  string
	since server.Since // of an option that is younger than its command
	shape shape
	args  []arg

	optional  bool
	many      bool
	tokenEach bool // the token is repeated before each of many
	counts    bool // it says how many of the next argument there are
}

// Has reports whether the options of args include one of these tokens, in upper
// case. Words that are values are no options: in SET k KEEPTTL it is the value.
// The table has the options of what changes keys, scripts or libraries, and of
// nothing else.
func Has(args [][]byte, tokens ...string) bool {
	c := Lookup(args)
	if c == nil || c.args == nil {
		return false
	}
	p := parser{args: args}
	return p.parse(c).has(tokens)
}

// Option is the place of the first option among args that is one of these tokens,
// as of Has; its value follows it.
func Option(args [][]byte, tokens ...string) (at int, ok bool) {
	c := Lookup(args)
	if c == nil || c.args == nil {
		return 0, false
	}
	p := parser{args: args}
	o := p.parse(c)
	for i, a := range o.all() {
		if slices.Contains(tokens, a.token) {
			return o.at[i], true
		}
	}
	return 0, false
}

// options are those that a command's arguments hold, in their order; as many
// as there is room for.
type options struct {
	list [16]*arg
	at   [16]int // places among the arguments
	n    int
}

func (o *options) all() []*arg { return o.list[:o.n] }

func (o *options) has(tokens []string) bool {
	for _, a := range o.all() {
		if slices.Contains(tokens, a.token) {
			return true
		}
	}
	return false
}

// A parser follows a command's syntax through its arguments. It is lenient:
// what does not fit is stepped over, since it may be newer than the table.
type parser struct {
	args  [][]byte
	at    int
	count int // how many of the next argument there are; -1 if that is not told
	found options
}

// parse follows c's syntax.
func (p *parser) parse(c *Command) *options {
	p.at, p.count = 1, -1
	if c.sub {
		p.at = 2
	}
	p.sequence(c.args)
	return &p.found
}

func (p *parser) done() bool { return p.at >= len(p.args) }

// sequence follows arguments in their order; options that stand together may
// come in any.
func (p *parser) sequence(list []arg) {
	for i := 0; i < len(list) && !p.done(); {
		if !list[i].optional {
			p.take(&list[i], list[i+1:])
			i++
			continue
		}
		end := i
		for end < len(list) && list[end].optional {
			end++
		}
		var taken uint64
		for p.option(list[i:], end-i, &taken) {
		}
		i = end
	}
}

// option takes one of the first n arguments of list, which are optional, those
// with a token first; none is taken twice.
func (p *parser) option(list []arg, n int, taken *uint64) bool {
	for _, byToken := range []bool{true, false} {
		for i := range list[:n] {
			a, bit := &list[i], uint64(1)<<i
			switch {
			case p.done(), *taken&bit != 0 && !a.tokenEach:
			case byToken && p.begins(a, true),
				!byToken && a.shape == word && a.token == "" && !p.ahead(list[n:]):
				*taken |= bit
				p.take(a, list)
				return true
			}
		}
	}
	return false
}

// ahead reports whether one of the arguments begins here by its token.
func (p *parser) ahead(next []arg) bool {
	for i := range next {
		if p.begins(&next[i], true) {
			return true
		}
		if !next[i].optional {
			break
		}
	}
	return false
}

// begins reports whether a may begin here; with a token, if byToken.
func (p *parser) begins(a *arg, byToken bool) bool {
	switch {
	case a.token != "":
		return equalFold(p.args[p.at], a.token)
	case a.shape == word:
		return !byToken
	}
	for i := range a.args {
		if p.begins(&a.args[i], byToken) {
			return true
		}
		if a.shape == block && !a.args[i].optional {
			break
		}
	}
	return false
}

// take steps over an argument and notes the options in it.
func (p *parser) take(a *arg, next []arg) {
	if a.token != "" {
		if !p.begins(a, true) {
			p.at = len(p.args) // not what the table knows
			return
		}
		p.note(a)
		p.at++
	}
	count := p.count
	p.count = -1
	if a.many && count < 0 && len(next) == 0 && a.wordsOnly() {
		p.at = len(p.args) // the rest
		return
	}
	p.one(a)
	if a.many && !a.tokenEach {
		for n := 1; !p.done() && (count < 0 || n < count) && !(count < 0 && p.ahead(next)); n++ {
			p.one(a)
		}
	}
}

// wordsOnly reports whether there are no options in a.
func (a *arg) wordsOnly() bool {
	if a.shape == word {
		return !a.tokenEach
	}
	for i := range a.args {
		if a.args[i].shape != word || a.args[i].token != "" {
			return false
		}
	}
	return a.shape == block
}

// one steps over what a holds, once.
func (p *parser) one(a *arg) {
	if p.done() {
		return
	}
	switch a.shape {
	case word:
		if a.name != "" {
			p.note(a)
		}
		if a.counts {
			if n, err := strconv.Atoi(string(p.args[p.at])); err == nil && n > 0 {
				p.count = n
			}
		}
		p.at++
	case oneOf:
		p.choose(a.args)
	case block:
		p.sequence(a.args)
	}
}

// choose takes the alternative that begins here, by its token if one does.
func (p *parser) choose(list []arg) {
	for _, byToken := range []bool{true, false} {
		for i := range list {
			if p.begins(&list[i], byToken) {
				p.take(&list[i], nil)
				return
			}
		}
	}
	p.at++ // newer than the table
}

func (p *parser) note(a *arg) {
	if p.found.n < len(p.found.list) {
		p.found.list[p.found.n], p.found.at[p.found.n] = a, p.at
		p.found.n++
	}
}
