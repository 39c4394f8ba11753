package cause

import (
	"strings"

	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/server"
)

// whyRefused says why the replica refused commands.
type whyRefused struct{ *attribution }

// why says, for the end of a sentence, why the replica refused commands of a
// name, as its log has it; "" where that tells of none, or of several reasons.
func (a whyRefused) why(name string) string {
	reason := ""
	for c := range a.Replay.Facts.RefusedCommands {
		logged, _, _ := strings.Cut(c.Name, "|")
		if !strings.EqualFold(logged, name) {
			continue
		}
		if reason != "" {
			return ""
		}
		reason = ": " + c.Reason(a.report.Replica.Version)
	}
	return reason
}

// orMay is why, or else what may be.
func (a whyRefused) orMay(name string) string {
	if why := a.why(name); why != "" {
		return ", by its log" + why
	}
	return " (" + a.mayRefuse(name) + "; its log may tell)"
}

// mayRefuse are the reasons for which the replica can have refused commands of a name
// that it ran at other times or that its version has. ACLs are none: the link of a
// master is no user's.
func (a whyRefused) mayRefuse(name string) string {
	args := [][]byte{[]byte(name)}
	switch known := command.Refused(args, a.report.Replica.Version).Answer; {
	case known == server.Yes:
		return "its version does not know them"
	case command.NeedsMemory(args):
		return "renamed there, or for want of memory"
	}
	return "renamed there"
}

// of says that the replica's log shows a command to be refused, and why: itself, or
// all of the transaction that it is in, for another of its commands.
func (a whyRefused) of(e *event) string {
	if why := a.why(e.commandName()); why != "" || e.transaction == 0 {
		return "the replica's log shows that it refused this command, and ran nothing of it" + why
	}
	why := ""
	for _, other := range a.history.events {
		if other.transaction > 0 && other.unit() == e.unit() && why == "" {
			why = a.why(other.commandName())
		}
	}
	return "the replica's log shows that it refused a command of the transaction that this one is in, " +
		"and so ran nothing of it" + why
}
