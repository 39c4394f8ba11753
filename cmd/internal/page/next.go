package page

import (
	"cmp"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/redsleuth/redsleuth/divergence"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/report"
	"github.com/redsleuth/redsleuth/server"
)

// next is what to do now, in the order in which it is to be done: save what is there,
// look, take away what led there, save what a full sync would take away, make the two
// equal once, and see that they are.
func (b *builder) next() {
	c := b.r.Verdict.Consistent
	equal := c != nil && *c && len(b.r.Verdict.Crashes) == 0
	if equal && b.split() {
		b.startEnded()
		b.decide()
		b.collect("Take the evidence off the servers as they are now, and make this report again:")
		b.reunite()
		return
	}
	if equal {
		b.startEnded()
		switch e := &b.r.Ending; {
		case b.linkDown() && e.Promoted.IsZero():
			b.overNoLink()
		case !e.Writable:
			b.step("Nothing: as far as these files go, the two sides are equal.")
		}
		if b.r.Ending.Writable {
			b.readOnly()
		}
		b.collect("Should they ever differ, take the evidence off the servers while they do:")
		return
	}
	b.startEnded()
	if b.split() {
		b.decide()
	}
	b.collect("Take the evidence off the servers as they are now, " +
		"before anything below changes them, and make this report again:")
	if b.r.Diff != nil && b.r.Verdict.Sided && b.r.Verdict.Keys > 0 {
		whole := ""
		if b.r.Verdict.Keys > 20 { // of which a terminal is shown no more
			whole = " --limit 0"
		}
		b.step("See every key, element by element:", "redsleuth diff "+b.diffArgs()+whole)
	}
	if b.split() {
		b.saveRefused()
		b.carryOver()
		b.advise()
		b.rewriteDiscarded()
		b.reunite()
		return
	}
	resync := b.advise()
	b.rewriteDiscarded()
	if resync && b.r.Verdict.Sided {
		b.saveOwn()
		b.resync()
	}
}

// collect is the command that collects more, and the one that reads it. Of two masters
// nothing is worth to be waited for.
func (b *builder) collect(why string) {
	follow := " --follow 10m"
	if b.split() {
		follow = ""
	}
	b.step(why, "redsleuth collect "+b.urls()+" --rdb"+follow+" -o evidence",
		"redsleuth report evidence -o later.html")
}

// overNoLink is what to do about a lag where the link was down as the files end.
func (b *builder) overNoLink() {
	e := &b.r.Ending
	what := "See that the link is up again (master_link_status:up): " +
		"over it alone the replica gets what it " +
		"lacks, which is master_repl_offset of the master less its own"
	if e.LinkError != "" {
		what += ". The last that its log says is " + b.f.Text([]byte(e.LinkError)) + ": see whether its master runs, and " +
			"takes connections where the replica looks for it"
	}
	var commands []string
	if host, port := b.upstream(); host != "" {
		commands = append(commands, fmt.Sprintf("redis-cli -h %s -p %s PING", host, port))
		if proxy := b.proxied(); proxy != "" {
			what += ". " + sentence(proxy)
		}
	}
	b.step(what+". (lag)", append(commands, b.onServers("redis-cli -h REPLICA INFO replication"))...)
}

// linkDown: the link was down where the files end.
func (b *builder) linkDown() bool {
	return b.r.Ending.LinkDown()
}

// upstream is the address that the replica has for its master; "" where nothing tells,
// it is not to be told, or no shell would take it for one word.
func (b *builder) upstream() (host, port string) {
	host, port, err := net.SplitHostPort(b.r.Ending.Upstream)
	if err != nil || b.redacts() || !report.IsAddress(b.r.Ending.Upstream) {
		return "", ""
	}
	return host, port
}

// proxied says where the replica looks for its master, if that is not where the
// captures show it; "" where it is, or that is not known.
func (b *builder) proxied() string {
	host, port := b.upstream()
	at, of := net.JoinHostPort(host, port), b.host(report.Master)
	if host == "" || of == "" || at == of {
		return ""
	}
	has := "has"
	if b.split() {
		has = "had"
	}
	return fmt.Sprintf("the replica %s %s for its master, which the captures show at %s: as "+
		"through a proxy, so see that it leads there", has, at, of)
}

func (b *builder) step(what string, commands ...string) {
	b.Next = append(b.Next, Step{what, commands})
}

// advise tells what the catalogues say of each reason, and whether a full sync is part
// of that. Such a one makes good what a replica lacks too.
func (b *builder) advise() (resync bool) {
	type advised struct{ about, text string }
	var all []advised
	explain := func(code string) {
		if e, ok := finding.Explain(code); ok {
			all = append(all, advised{code, e.Act})
		}
	}
	for _, f := range b.r.Verdict.Crashes {
		explain(string(f.Code))
	}
	lags, refused, written := false, false, b.r.Ending.Writable && !b.split()
	if b.r.Diff != nil {
		for _, c := range b.reasons() {
			resync = resync || mendsByResync(c.Cause)
			switch row, ok := divergence.ByName(c.Way); {
			case b.split() && c.Cause == finding.CauseDifferentHistory: // has steps of its own
			case ok:
				all = append(all, advised{c.Way, row.Act})
			case c.Cause == finding.CauseLag:
				lags = true
			case c.Cause == finding.CauseNotPropagated && c.Way == "":
				all = append(all, advised{string(c.Cause), unsent})
			case c.Cause == finding.CauseLocalWrite && !b.split():
				written = true
			case c.Way == string(finding.CommandRefused):
				refused = true
			default:
				explain(cmp.Or(c.Way, string(c.Cause)))
			}
		}
	}
	if refused {
		b.afterRefusals()
	}
	if written {
		b.readOnly()
	}
	said := map[string]bool{}
	for _, x := range all {
		what, commands, full := b.advice(x.text)
		resync = resync || full
		if what != "" && !said[what] {
			said[what] = true
			b.step(what+" ("+x.about+")", commands...)
		}
	}
	if lags && !resync {
		b.lagging()
	}
	return resync
}

// unsent is what to do about writes that did not travel, beside the full sync.
const unsent = "Find what changes the master and is not sent: a script that turns replication " +
	"off (redis.set_repl), a DEBUG command, a module. The keys below name the client where that " +
	"is known. Nothing of the replica keeps it from happening again."

// lagging is what to do about a lag that is all.
func (b *builder) lagging() {
	if b.linkDown() {
		b.overNoLink()
		return
	}
	if e, ok := finding.Explain(string(finding.CauseLag)); ok {
		what, commands, _ := b.advice(e.Act)
		b.step(what+" (lag)", commands...)
	}
}

// mendsByResync reports whether keys that differ for this are right again after a full
// sync, and not before.
func mendsByResync(c finding.Cause) bool {
	return c != finding.CauseExpired && c != finding.CauseLag && c != finding.CauseUnexplained
}

// advice takes the text of a catalogue apart: what it says, and the commands in it, on
// the servers and files of the incident. Those of a full sync, which comes once, and
// those that collect more, which comes last, are left out; full says that the first
// were there.
func (b *builder) advice(text string) (what string, commands []string, full bool) {
	var said []string
	for line := range strings.Lines(text) {
		switch trimmed := strings.TrimSpace(line); {
		case trimmed == "":
		case !strings.HasPrefix(line, "    "):
			said = append(said, trimmed)
		case strings.Contains(trimmed, "REPLICAOF"):
			full = true
		case !strings.HasPrefix(trimmed, "redsleuth collect") &&
			!strings.HasPrefix(trimmed, "redsleuth report"):
			commands = append(commands, b.onServers(trimmed))
		}
	}
	what = strings.Join(said, " ")
	if full { // and has a step of its own
		var kept []string
		for sentence := range strings.SplitSeq(what, ". ") {
			if !strings.HasPrefix(sentence, "A full resync") {
				kept = append(kept, strings.TrimSuffix(sentence, "."))
			}
		}
		what = strings.Join(kept, ". ") + "."
	}
	return what, commands, full
}

// onServers fills in what a command of a catalogue calls MASTER and REPLICA.
func (b *builder) onServers(command string) string {
	v, err := server.Parse(b.r.Verdict.ReplicaVersion)
	if err == nil && v.SaysSlave() && strings.HasPrefix(command, "redis-cli") {
		command = strings.NewReplacer("REPLICAOF", "SLAVEOF", "replica-", "slave-", "replicas-", "slaves-").Replace(command)
	}
	for _, role := range []report.Role{report.Master, report.Replica} {
		name := strings.ToUpper(string(role))
		host, port, err := net.SplitHostPort(b.host(role))
		if err != nil {
			continue
		}
		command = strings.NewReplacer("-h "+name+" -p PORT", "-h "+host+" -p "+port,
			"-h "+name, "-h "+host+" -p "+port, name+" 6379", host+" "+port, name+":6379", net.JoinHostPort(host, port)).Replace(command)
	}
	for _, a := range b.r.Artefacts {
		side := a.Role == report.Master || a.Role == report.Replica
		if side && a.Inspect != nil && a.Inspect.RDB != nil {
			command = strings.Replace(command, " "+string(a.Role)+".rdb ", " "+b.file(a)+" ", 1)
		}
	}
	return command
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
	if b.r.Folder != "" && !b.told() {
		return b.folder()
	}
	var master, replica string
	var rest []string
	for _, a := range b.r.Artefacts {
		path := b.file(a)
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

// told reports whether a role was told by a flag.
func (b *builder) told() bool {
	is := func(a *report.Artefact) bool { return a.RoleFrom == report.FromTold }
	return slices.ContainsFunc(b.r.Artefacts, is)
}

// folder is the one that the report is of, for a shell.
func (b *builder) folder() string { return shellWord(b.path(b.r.Folder)) }

// file is where an artefact is, for a shell.
func (b *builder) file(a *report.Artefact) string {
	if b.r.Folder == "" || b.redacts() {
		return shellWord(b.path(a.Path))
	}
	return shellWord(b.path(filepath.Join(b.r.Folder, a.Path)))
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
