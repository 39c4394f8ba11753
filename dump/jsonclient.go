package dump

import (
	"strconv"

	"github.com/redsleuth/redsleuth/internal/appendjson"
	"github.com/redsleuth/redsleuth/parse/record"
)

// client writes a command of an ordinary client: what a command of a link has,
// but for the offsets, and who sent it to whom, with what reply.
func (p *jsonPrinter) client(c *record.ClientCommand) error {
	p.begin("command")
	p.who(c)
	if c.To != "" {
		p.text("to", p.d.address(c.To))
	}
	p.int("byte", c.Byte)
	p.int("bytes", c.Bytes)
	if c.Packet > 0 {
		p.int("packet", c.Packet)
	}
	p.known("db", int64(c.DB))
	p.clock("time", c.Time)
	if c.Transaction > 0 {
		p.int("transaction", int64(c.Transaction))
	}
	if c.Scripted {
		p.bool("scripted", true)
	}
	p.args(c.Args)
	if c.Cut {
		p.bool("cut", true)
	}
	if c.Reply != "" {
		p.text("reply", string(c.Reply))
	}
	if c.ReplyError != "" {
		p.bytes("reply_error", []byte(c.ReplyError))
	}
	if c.Latency != record.Unknown {
		p.int("latency_us", c.Latency.Microseconds())
	}
	return p.end()
}

// who writes the client.
func (p *jsonPrinter) who(c *record.ClientCommand) {
	p.name("client")
	p.raw(`{"addr":`)
	if c.Addr == "" {
		p.raw("null")
	} else {
		p.out.buf = appendjson.Text(p.out.buf, p.d.address(c.Addr))
	}
	if c.Name != "" {
		p.bytes("name", []byte(c.Name))
	}
	if c.User != "" {
		p.bytes("user", []byte(c.User))
	}
	if c.ID != 0 {
		p.name("id")
		p.out.buf = strconv.AppendInt(p.out.buf, c.ID, 10)
	}
	p.raw("}")
}
