package page

import (
	"fmt"
	"slices"
	"strings"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/report"
)

// An Act is a row of who did what to the servers.
type Act struct{ Time, Server, What, Who, From string }

// Bounds of the acts that are shown: in all, and in the answer.
const (
	mostActs = 40
	fewActs  = 6
)

// acts says who did what to the servers: first in a sentence what changed them, then
// all in a table.
func (b *builder) acts() {
	var told []string
	for i := range b.r.Acts {
		a := &b.r.Acts[i]
		row := b.act(a)
		if len(b.Acts) < mostActs {
			b.Acts = append(b.Acts, row)
		}
		if changes(a) {
			told = append(told, joined(timeFirst(row.Time), row.Server+":", row.What+",", row.Who))
		}
	}
	for i := range b.r.Unasked {
		u := &b.r.Unasked[i]
		row := Act{Server: serverText(u.Role), What: u.What, Who: "by whom is not known: " + u.Why, From: b.path(u.Path)}
		if !u.Time.IsZero() {
			row.Time = render.Time(u.Time)
		}
		if len(b.Acts) < mostActs {
			b.Acts = append(b.Acts, row)
		}
		told = append(told, joined(timeFirst(row.Time), row.Server+":", row.What+",", row.Who))
	}
	slices.SortStableFunc(told, func(x, y string) int { // those begin with their times
		return strings.Compare(dated(x), dated(y))
	})
	b.ActsUnshown = len(b.r.Acts) + len(b.r.Unasked) - len(b.Acts)
	slices.SortStableFunc(b.Acts, func(x, y Act) int {
		if x.Time == "" || y.Time == "" {
			return len(y.Time) - len(x.Time)
		}
		return strings.Compare(x.Time, y.Time)
	})
	if len(told) == 0 {
		return
	}
	if more := len(told) - fewActs; more > 0 { // how it began, and how it ended
		told = slices.Concat(told[:fewActs/2], []string{fmt.Sprintf("then %s more, see below", render.Count(more))},
			told[len(told)-fewActs/2:])
	}
	b.answer("Who did what to the servers?", "%s.", strings.Join(told, ".\n"))
}

// dated puts what begins with no time last.
func dated(text string) string {
	if text != "" && text[0] >= '0' && text[0] <= '9' {
		at, _, _ := strings.Cut(text, ",")
		return at
	}
	return "~"
}

func timeFirst(at string) string {
	if at == "" {
		return ""
	}
	return at + ","
}

func serverText(role report.Role) string {
	switch role {
	case report.Master, report.Replica:
		return "the " + string(role)
	}
	return "one of the servers"
}

func (b *builder) act(a *report.Act) Act {
	row := Act{Server: serverText(a.Role), Who: "by a client that nothing names"}
	if a.Role == report.Unknown && a.Server != "" {
		row.Server = b.path(a.Server)
	}
	if !a.Time.IsZero() {
		row.Time = render.Time(a.Time)
	}
	if a.Addr != "" || a.Name != "" {
		row.Who = "by " + b.named(a.Addr, a.Name, a.User)
	}
	if a.Scripted {
		row.Who += ", in a script"
	}
	row.What = b.words(a)
	if a.Times > 1 {
		row.What += fmt.Sprintf(" (%s times)", render.Count(a.Times))
	}
	if a.Refused {
		row.What += ", which was refused"
	}
	var from []string
	for _, p := range a.Paths[:min(len(a.Paths), mostPlaces)] {
		from = append(from, b.path(p))
	}
	row.From = strings.Join(slices.Compact(from), ", ")
	return row
}

// words are those of a command; what it was given is the artefacts'.
func (b *builder) words(a *report.Act) string {
	if len(a.Args) == 0 {
		return ""
	}
	words := []string{b.f.CommandText(strings.ToUpper(cutText(string(a.Args[0]), longestCell)))}
	rest := a.Args[1:]
	if c := command.Lookup(a.Args); c != nil && strings.Contains(c.Name, " ") {
		words, rest = []string{strings.ToUpper(c.Name)}, a.Args[2:]
	}
	for i, arg := range rest {
		text := cutText(string(arg[:min(len(arg), 4*longestCell)]), longestCell)
		switch {
		case a.Is("CONFIG", "SET") && i%2 == 0 && slices.Contains(settings, strings.ToLower(text)),
			len(rest) == 2 && (a.Is("REPLICAOF", "NO", "ONE") || a.Is("SLAVEOF", "NO", "ONE")):
			words = append(words, text)
		default:
			words = append(words, b.f.NameText(text))
		}
	}
	return strings.Join(words, " ")
}

// settings are those whose names are told under any redaction.
var settings = []string{"maxmemory", "maxmemory-policy", "replica-read-only", "slave-read-only",
	"replica-ignore-maxmemory", "slave-ignore-maxmemory", "appendonly", "save", "repl-backlog-size",
	"client-output-buffer-limit", "min-replicas-to-write", "min-slaves-to-write"}

// named is a client, as an operator knows it.
func (b *builder) named(addr, name, user string) string {
	who := b.path(addr)
	if name != "" {
		who += " " + b.cut([]byte(name))
	}
	if user != "" {
		who += " user " + b.cut([]byte(user))
	}
	return strings.TrimSpace(who)
}

// changes reports whether an act changes what a server is, or holds: those that only
// save, or clear its statistics, are in the table alone.
func changes(a *report.Act) bool {
	if a.Refused {
		return false
	}
	for _, words := range [][]string{
		{"SAVE"}, {"BGSAVE"}, {"BGREWRITEAOF"}, {"CONFIG", "RESETSTAT"}, {"SLOWLOG"}, {"COMMANDLOG"}, {"LATENCY"},
		{"MEMORY"}, {"CONFIG", "REWRITE"},
	} {
		if a.Is(words...) {
			return false
		}
	}
	return true
}
