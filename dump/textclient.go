package dump

import (
	"strings"

	"github.com/redsleuth/redsleuth/parse/record"
)

// client writes a command of an ordinary client: when, who, the reply where it
// is not the ordinary one, and the command, below these where it is cut beside them.
func (p *textPrinter) client(c *record.ClientCommand) error {
	if p.server == "" {
		p.server = c.To
	}
	p.commandHeading(placeByte, clientWords, c.Time)
	start := len(p.out.buf)
	p.line(c.Byte, "client")
	p.db(c.DB)
	p.clock(c.Time)
	p.raw(" ")
	p.who(c)
	switch c.Reply {
	case record.ReplyError:
		p.raw(" !")
		p.shown([]byte(c.ReplyError))
	case record.ReplyNone:
		p.raw(" (no reply)")
	}
	before := len(p.out.buf)
	if p.args(start, c.Args) {
		return p.endLine(start)
	}
	p.out.buf, p.keep = p.out.buf[:before], 0
	if err := p.endLine(start); err != nil {
		return err
	}
	start = len(p.out.buf)
	p.raw(indent[:len(indent)-1])
	p.args(start, c.Args)
	return p.endLine(start)
}

// who writes the client by its address and what it calls itself.
func (p *textPrinter) who(c *record.ClientCommand) {
	if c.Addr == "" {
		p.raw("unknown")
	} else {
		p.plain(p.d.address(c.Addr))
	}
	if c.Name != "" {
		p.raw("/")
		p.plain(c.Name)
	}
	if c.User != "" {
		p.raw(" as ")
		p.plain(c.User)
	}
	if c.To != p.server {
		p.raw(" to ")
		p.plain(p.portOf(c.To))
	}
	if c.Scripted {
		p.raw(" in a script")
	}
}

// portOf is an address without its host, where the first server has the same; what
// is redacted stays whole, so that equal addresses are.
func (p *textPrinter) portOf(addr string) string {
	port := strings.LastIndexByte(addr, ':')
	if port >= 0 && !p.d.options.ShowWhole && strings.HasPrefix(p.server, addr[:port+1]) {
		return addr[port:]
	}
	return addr
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
