package page

import (
	"fmt"
	"net"
	"strings"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/report"
)

// split reports whether both sides were masters at the end. Then no step may take for
// granted which of the two is to stay.
func (b *builder) split() bool { return b.r.Ending.TwoMasters() && b.r.Verdict.Sided }

// decide comes before all else where both take writes: each makes them differ more. Unlike
// CLIENT PAUSE, the setting has no end, holds back no reads nor whoever collects, and is
// known since 2.8 (redis, src/replication.c, repl_min_slaves_to_write).
func (b *builder) decide() {
	b.step("Decide which of the two is to stay the master: both answer master to ROLE, so ask which "+
		"one the configuration of the clients and Sentinel name, and who promoted the other. Keep "+
		"every client from writing to the one that is to go, by its firewall, or by the setting under "+
		"which a master refuses writes (NOREPLICAS) while it has fewer replicas than that. It acts only "+
		"where min-replicas-max-lag is not 0; see what it was, as it is to be set back:",
		b.client(report.Master, "ROLE"), b.client(report.Replica, "ROLE"),
		b.onServers("redis-cli -h GOES -p PORT CONFIG GET 'min-replicas-*'"),
		b.onServers("redis-cli -h GOES -p PORT CONFIG SET "+minReplicas+" 1000"))
}

const minReplicas = "min-replicas-to-write"

// promoted is which of the two was made a master of its own, and the other one; which is
// the replica where nothing tells, and then known is false.
func (b *builder) promoted() (promoted, before report.Role, known bool) {
	p := b.r.Verdict.Parting
	if p != nil && p.Promoted == report.Master {
		return report.Master, report.Replica, true
	}
	return report.Replica, report.Master, p != nil && p.Promoted == report.Replica
}

// called are the two in words, with their addresses.
func (b *builder) called() (promoted, before string) {
	p, m, known := b.promoted()
	if !known {
		return "what is the replica in this report" + b.at(p), "what is the master in this report" + b.at(m)
	}
	return "the one that was promoted" + b.at(p), "the master of before" + b.at(m)
}

// saveRefused saves what the replica had refused before they parted: its master alone has
// that right, and loses it should it be made a replica.
func (b *builder) saveRefused() {
	keys := int64(0)
	for _, c := range b.reasons() {
		if !ofReplica(c.Cause) {
			keys += c.Keys
		}
	}
	if keys == 0 {
		return
	}
	which, before := b.called()
	if promoted, _, _ := b.promoted(); promoted == report.Master {
		which = before
	}
	what := fmt.Sprintf("Only to keep %s: before the two parted %s differed already (causes other than "+
		"%s and %s), of which the other one has what was asked for, as a rule. Look at each, and copy "+
		"it over where that is so, and no client has written it since.", which,
		render.Plural(keys, "key", "keys"), finding.CauseDifferentHistory, finding.CauseLocalWrite)
	if b.refusedNewer() {
		what += " What its version does not know it can't hold either: see what it answers."
	}
	b.step(what, b.copyKeys(report.Master, report.Replica,
		func(c finding.Cause) bool { return !ofReplica(c) && c != finding.CauseExpired })...)
}

// carryOver is how to save what is on the side that goes, from dumps of now.
func (b *builder) carryOver() {
	b.step("Of the one that is to go, save what it alone holds, and what is right there, key "+
		"by key, from the dump that was just collected of it. This puts the whole key in the "+
		"place of what the one that stays holds of it: look at that first. What one holds alone the "+
		"other may have deleted since, and no dump tells ("+
		string(finding.CauseDifferentHistory)+"):",
		"redsleuth dump evidence/GOES-PORT/dump.rdb --db DB --match KEY --output resp --replace > key.resp",
		"redis-cli -h STAYS -p PORT --pipe < key.resp")
}

// reunite makes the one the replica of the other, whichever stays.
func (b *builder) reunite() {
	promoted, before, _ := b.promoted()
	taken, old := b.called()
	through := func(goes report.Role) string { // the replica has an address for its master
		if goes != report.Replica {
			return ""
		}
		if proxy := b.proxied(); proxy != "" {
			return " (" + proxy + ")"
		}
		return ""
	}
	commands := []string{"# a) to keep " + taken}
	commands = append(commands, b.replicaOf(before, promoted)...)
	commands = append(append(commands, "# b) to keep "+old), b.replicaOf(promoted, before)...)
	b.step("When that is done, a full sync, once, by a or by b, never both: whoever is made a replica "+
		"drops all that it holds, and takes the other's data. a keeps "+taken+through(before)+", b keeps "+
		old+through(promoted)+". It is done when INFO says master_link_status:up. Then point every "+
		"client at the one that stays, and on the other set back "+minReplicas+", or it will take no "+
		"writes when it is promoted one day:",
		append(commands, b.onServers("redis-cli -h GOES -p PORT CONFIG SET "+minReplicas+" WAS"))...)
}

// at is where a server is, in brackets; "" where that is not known.
func (b *builder) at(role report.Role) string {
	if addr := b.host(role); addr != "" {
		return ", " + addr
	}
	return ""
}

// replicaOf makes a server the other one's replica.
func (b *builder) replicaOf(goes, stays report.Role) []string {
	host, port, err := net.SplitHostPort(b.host(stays))
	if err != nil {
		host, port = strings.ToUpper(string(stays)), "6379"
	}
	if upstream, at := b.upstream(); upstream != "" && goes == report.Replica {
		host, port = upstream, at
	}
	return []string{
		b.onServers(b.client(goes, "REPLICAOF "+host+" "+port)), b.client(goes, "INFO replication"),
	}
}
