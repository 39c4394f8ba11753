package text

import (
	"fmt"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/inspect"
	"github.com/redsleuth/redsleuth/parse/record"
)

// clientsShown is how many of those that wrote most text output names.
const clientsShown = 10

// clients writes who talked to the servers.
func (w *inspectText) clients(c *inspect.Clients) {
	if c == nil {
		return
	}
	w.heading("Clients")
	if c.Connections == record.Unknown {
		w.label("connections", "unknown")
	} else {
		w.label("connections", render.Count(c.Connections))
	}
	text := fmt.Sprintf("%s, %s", render.Plural(c.Commands, "command", "commands"),
		render.Plural(c.Writes, "write", "writes"))
	if c.Errors > 0 {
		text += ", " + w.Style.Warn(render.Plural(c.Errors, "error", "errors"))
	}
	w.label("sent", text)
	if c.Read > c.Commands {
		w.label("filter", fmt.Sprintf("%s of %s passed", render.Count(c.Commands),
			render.Plural(c.Read, "command", "commands")))
	}
	w.label("commands", w.commandNames(c.ByCommand))
	w.keyPatterns(c.Keys)
	var rows [][]string
	for _, t := range c.Top[:min(len(c.Top), w.most(clientsShown))] {
		rows = append(rows, []string{w.address(t.Addr), w.nameText(t.Name), w.nameText(t.User),
			render.Count(t.Commands), render.Count(t.Writes), render.Size(t.Bytes)})
	}
	w.section("Who wrote most", []render.Column{render.Left("address"), render.Cutting("name"),
		render.Cutting("user"), render.Right("commands"), render.Right("writes"),
		render.Right("bytes")}, rows)
	if c.Uncounted > 0 {
		w.label("not counted", "whose commands came from more addresses than are told apart: "+
			render.Plural(c.Uncounted, "command", "commands"))
	}
}

// nameText shows a name; "" is one that is not known.
func (w *inspectText) nameText(name string) string {
	if name == "" {
		return ""
	}
	return w.Bytes.NameText(name)
}
