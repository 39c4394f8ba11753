package dump

import (
	"github.com/redsleuth/redsleuth/parse/record"
)

// clientClock is how the time of a client's command is shown: without the day,
// so that the command has room.
const clientClock = "15:04:05.000"

// client writes a command of an ordinary client: when, who, the reply where it
// is not the ordinary one, and the command.
func (p *textPrinter) client(c *record.ClientCommand) error {
	p.heading(placeByte, clientWords)
	start := len(p.out.buf)
	p.line(c.Byte, "client")
	p.db(c.DB)
	if !c.Time.IsZero() {
		p.raw(" ")
		p.out.buf = c.Time.AppendFormat(p.out.buf, clientClock)
	}
	p.raw(" ")
	p.who(c)
	switch c.Reply {
	case record.ReplyError:
		p.raw(" !")
		p.shown([]byte(c.ReplyError))
	case record.ReplyNone:
		p.raw(" (no reply)")
	}
	p.args(start, c.Args)
	return p.endLine(start)
}

// who writes the client by its address and what it calls itself.
func (p *textPrinter) who(c *record.ClientCommand) {
	if c.Addr == "" {
		p.raw("?")
	} else {
		p.plain(c.Addr)
	}
	if c.Name != "" {
		p.raw("/")
		p.plain(c.Name)
	}
	if c.User != "" {
		p.raw(" as ")
		p.plain(c.User)
	}
	if c.Scripted {
		p.raw(" in a script")
	}
}

// plain writes a word as it is, where nothing in it could do harm.
func (p *textPrinter) plain(word string) {
	for _, r := range word {
		if r <= ' ' || r > '~' {
			p.shown([]byte(word))
			return
		}
	}
	if p.d.options.ShowWhole {
		p.shown([]byte(word))
		return
	}
	p.raw(word)
}
