package dump

import (
	"bytes"
	"strconv"

	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/parse/record"
)

// frame says what a command does to those around it.
type frame uint8

const (
	frameNone frame = iota
	frameSelect
	frameMulti
	frameEnd // EXEC, DISCARD
)

func frameOf(args [][]byte) frame {
	switch {
	case len(args) == 2 && command.Is(args, "SELECT"):
		return frameSelect
	case command.Is(args, "MULTI"):
		return frameMulti
	case command.Is(args, "EXEC", "DISCARD"):
		return frameEnd
	}
	return frameNone
}

// command writes a command of a stream in its database. Of one that is
// filtered, SELECT, MULTI and EXEC are written where what passes needs them.
func (p *respPrinter) command(c *record.Command) error {
	if p.tx != 0 && c.Transaction != p.tx {
		p.discard()
	}
	f := frameOf(c.Args)
	if p.d.options.Filter.Any() {
		if f != frameNone {
			return p.passOver(c)
		}
		p.ownDatabase(c)
		if c.Transaction != p.tx {
			p.strings("MULTI")
			p.send()
			p.tx = c.Transaction
		}
	} else if f != frameSelect {
		p.ownDatabase(c)
	}
	p.strings()
	p.send(c.Args...)
	switch f {
	case frameSelect:
		p.db = noDB
		if n, err := strconv.ParseUint(string(c.Args[1]), 10, 31); err == nil {
			p.db = int(n)
		}
	case frameMulti:
		p.tx = c.Transaction
	case frameEnd:
		p.tx = 0
	}
	return p.out.flush()
}

// ownDatabase selects the one in which the command ran. Where nothing tells
// it, that is said once, if it matters.
func (p *respPrinter) ownDatabase(c *record.Command) {
	if c.DB != record.Unknown {
		p.selectDB(c.DB)
		return
	}
	if !p.adrift && len(command.Keys(c.Args)) > 0 {
		p.adrift = true
		p.d.leftOut("SELECT in front of commands whose database nothing tells; "+
			"where the stream does not begin, --base may", nil)
	}
}

// passOver ends the transaction that is begun with its EXEC, though that does
// not pass.
func (p *respPrinter) passOver(c *record.Command) error {
	if p.tx != 0 && c.Transaction == p.tx && frameOf(c.Args) == frameEnd {
		p.strings(string(bytes.ToUpper(c.Args[0])))
		p.send()
		p.tx = 0
	}
	return p.out.flush()
}

// discard ends a transaction whose EXEC is not there: no server ran it.
func (p *respPrinter) discard() {
	p.strings("DISCARD")
	p.send()
	p.tx, p.db = 0, noDB // a SELECT in it was not run either
}

func (p *respPrinter) linkEnd(*record.Link) error {
	if p.tx != 0 {
		p.discard()
	}
	return p.out.flush()
}
