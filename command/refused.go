package command

import (
	"strings"

	"github.com/redsleuth/redsleuth/server"
)

// A Refusal is whether a server answers a command with an error for the
// version it has, and why.
type Refusal struct {
	// Answer is Yes where it does. Unknown where nothing is known of the name,
	// or of the version.
	Answer server.Answer
	// Known: the table has the name. It has not those of vendors and renamed
	// commands; of modules it has names, but not which server has the module,
	// and so counts them as unknown.
	Known bool
	// What is not known to the server: "LMOVEM", "SET IFEQ". Set unless the
	// answer is No.
	What string
	// Since is the first version of the server's family that knows it; none
	// where no release of the family does.
	Since server.Version
}

// Refused tells whether a server of version v refuses args: the command, or
// one of its options, is newer than v or of the other family.
func Refused(args [][]byte, v server.Version) Refusal {
	c := Lookup(args)
	r := c.refusal(args, v)
	if r.Answer != server.No || c.args == nil {
		return r
	}
	p := parser{args: args}
	for _, a := range p.parse(c).all() {
		if a.lackedBy(v) {
			return Refusal{server.Yes, true, strings.ToUpper(c.Name) + " " + a.word(), a.since.In(v)}
		}
	}
	return r
}

// refusal is Refused by the name alone.
func (c *Command) refusal(args [][]byte, v server.Version) Refusal {
	if c == nil || c.undated {
		return Refusal{What: name(args)}
	}
	switch c.since.Of(v, read) {
	case server.Yes:
		return Refusal{Answer: server.No, Known: true}
	case server.No:
		return Refusal{server.Yes, true, strings.ToUpper(c.Name), c.since.In(v)}
	}
	return Refusal{Known: true, What: strings.ToUpper(c.Name)}
}

// lackedBy reports whether a server of v does not know the option.
func (a *arg) lackedBy(v server.Version) bool {
	return a.since != (server.Since{}) && a.since.Of(v, read) == server.No
}

// word is the option's token, or its name if it has none.
func (a *arg) word() string { return a.token + a.name }

// name is that of an unknown command, as far as it can be told.
func name(args [][]byte) string {
	if len(args) == 0 {
		return ""
	}
	return strings.ToUpper(string(args[0][:min(len(args[0]), longestName)]))
}

// A Filter finds the commands of one name that Refused has to look at, at next
// to no cost: those that hold a word which reads like an option that is newer.
type Filter struct {
	words   []string
	lengths uint64 // a bit for each length of a word
	always  bool   // an option is told by its place
}

// FilterOf is the verdict on a name, of a container with its subcommand, and if
// some options are newer than v, the filter for its commands; nil if none are.
func FilterOf(args [][]byte, v server.Version) (Refusal, *Filter) {
	c := Lookup(args)
	r := c.refusal(args, v)
	if r.Answer != server.No {
		return r, nil
	}
	f := &Filter{}
	f.add(c.args, v)
	if !f.always && f.words == nil {
		return r, nil
	}
	return r, f
}

func (f *Filter) add(list []arg, v server.Version) {
	for i := range list {
		a := &list[i]
		switch {
		case !a.lackedBy(v):
		case a.token == "":
			f.always = true
		default:
			f.words = append(f.words, a.token)
			f.lengths |= 1 << (len(a.token) & 63)
		}
		f.add(a.args, v)
	}
}

// Passes reports whether Refused has to look at a command.
func (f *Filter) Passes(args [][]byte) bool {
	if f.always {
		return true
	}
	for _, word := range args[min(1, len(args)):] {
		if n := len(word); n > longestName || f.lengths>>n&1 == 0 {
			continue
		}
		for _, w := range f.words {
			if equalFold(word, w) {
				return true
			}
		}
	}
	return false
}
