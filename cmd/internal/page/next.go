package page

import (
	"fmt"
	"net"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/report"
)

// next is what to do now: about each cause what the catalogue says and the
// commands that do it, then how to look closer, then what to collect.
func (b *builder) next() {
	seen := map[string]bool{}
	act := func(code string) {
		e, ok := finding.Explain(code)
		if ok && !seen[code] && e.Act != "" {
			seen[code] = true
			b.step(code+": "+strings.TrimSpace(e.Act), b.commands(code)...)
		}
	}
	for _, f := range b.r.Verdict.Crashes {
		act(string(f.Code))
	}
	for _, c := range b.Causes {
		if c.Name != string(finding.CauseExpired) {
			act(c.Name)
		}
	}
	if b.resyncs() {
		when := ""
		if b.r.Verdict.Causes[finding.CauseDifferentHistory] > 0 {
			when = "Only when it is decided what of the replica's own writes is to be kept, and that is saved: "
		}
		b.step(when+"Full resync of the replica: stop it without saving, move its dump and its AOF away, start it "+
			"again, and wait until the link is up:",
			b.client(report.Replica, "SHUTDOWN NOSAVE"), b.client(report.Replica, "INFO replication"))
	}
	if b.r.Diff != nil && b.r.Verdict.Sided {
		b.step("See every key, element by element:", "redsleuth diff "+b.diffArgs())
	}
	b.step("Afterwards, and next time while it happens, take the evidence off the servers, and hold the two "+
		"sides against each other again:",
		"redsleuth collect "+b.urls()+" --rdb --follow 10m -o evidence",
		"redsleuth report evidence -o incident.html")
}

func (b *builder) step(what string, commands ...string) {
	b.Next = append(b.Next, Step{what, commands})
}

// commands are those that do what the catalogue advises about a code, on the
// servers of the incident.
func (b *builder) commands(code string) []string {
	switch code {
	case string(finding.CauseScriptMissing), string(finding.ScriptDuplicateOnLoad):
		return []string{b.client(report.Master, "SCRIPT FLUSH")}
	case string(finding.CauseLocalWrite):
		return []string{b.client(report.Replica, "CONFIG GET *-read-only")}
	case string(finding.CauseLag):
		const ask = "INFO replication"
		return []string{b.client(report.Master, ask), b.client(report.Replica, ask)}
	case string(finding.CauseDifferentHistory):
		return []string{b.client(report.Master, "ROLE"), b.client(report.Replica, "ROLE")}
	}
	return nil
}

// resyncs reports whether a full sync is what makes the replica right again.
func (b *builder) resyncs() bool {
	for c := range b.r.Verdict.Causes {
		switch c {
		case finding.CauseExpired, finding.CauseLag, finding.CauseUnexplained:
		default:
			return b.r.Verdict.Sided
		}
	}
	return false
}

// host is the address of the one server of a role; "" where none is known or
// several are, or it is not to be told.
func (b *builder) host(role report.Role) string {
	addr := ""
	for _, h := range b.r.Hosts {
		switch {
		case h.Role != role:
		case addr != "" || b.redacts():
			return ""
		default:
			addr = h.Addr
		}
	}
	return addr
}

// client is a command for redis-cli.
func (b *builder) client(role report.Role, command string) string {
	host, port, err := net.SplitHostPort(b.host(role))
	if err != nil {
		host, port = strings.ToUpper(string(role)), "6379"
	}
	return fmt.Sprintf("redis-cli -h %s -p %s %s", host, port, quoteStar(command))
}

// quoteStar keeps a shell from taking a pattern for files.
func quoteStar(command string) string {
	words := strings.Fields(command)
	for i, w := range words {
		if strings.ContainsRune(w, '*') {
			words[i] = "'" + w + "'"
		}
	}
	return strings.Join(words, " ")
}

// urls are the servers to collect from.
func (b *builder) urls() string {
	var urls []string
	for _, h := range b.r.Hosts {
		if !b.redacts() {
			urls = append(urls, "redis://"+h.Addr)
		}
	}
	if len(urls) == 0 {
		return "redis://MASTER:6379 --follow-topology"
	}
	return strings.Join(urls, " ")
}

// diffArgs are the arguments of the diff that this report made.
func (b *builder) diffArgs() string {
	var master, replica string
	var rest []string
	for _, a := range b.r.Artefacts {
		path := shellWord(b.path(a.Path))
		switch {
		case a.Inspect != nil && (a.Role == report.Link && len(a.Inspect.Links) > 0 || a.Inspect.Clients != nil):
			rest = append(rest, "--stream "+path)
		case a.Role == report.Master && a.Inspect != nil:
			master = path
		case a.Role == report.Replica && a.Inspect != nil:
			replica = path
		case a.Role == report.ReplicaBefore:
			rest = append(rest, "--replica-before "+path)
		case a.Kind == report.KindInfo:
			rest = append(rest, "--info "+path)
		case a.Kind == report.KindLog:
			rest = append(rest, "--log "+path)
		}
	}
	return strings.Join(append([]string{master, replica}, rest...), " ")
}

// shellWord is a name as a shell takes it for one word: names are untrusted, and
// somebody will paste the command.
func shellWord(name string) string {
	odd := func(c rune) bool {
		return c >= utf8.RuneSelf || !unicode.IsLetter(c) && !unicode.IsDigit(c) && !strings.ContainsRune("./_-+=@%", c)
	}
	if name != "" && name[0] != '-' && strings.IndexFunc(name, odd) < 0 {
		return name
	}
	if strings.HasPrefix(name, "-") {
		name = "./" + name
	}
	return "'" + strings.ReplaceAll(name, "'", `'\''`) + "'"
}
