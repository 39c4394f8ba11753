package page

import (
	"cmp"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/report"
)

// readOnly keeps clients from writing to the replica.
func (b *builder) readOnly() {
	why := "Keep clients from writing to the replica"
	if b.r.Ending.Writable {
		why += ": by its INFO (slave_read_only:0) it takes their writes"
	}
	commands := []string{b.onServers("redis-cli -h REPLICA CONFIG SET replica-read-only yes")}
	kept := "CONFIG REWRITE, or its configuration file, keeps it"
	if b.r.Ending.NoConfigFile {
		kept = "it has no configuration file, by its INFO, so it has to be in what starts it"
	} else {
		commands = append(commands, b.onServers("redis-cli -h REPLICA CONFIG REWRITE"))
	}
	b.step(why+". CONFIG SET holds until it is started anew; "+kept+". ("+
		string(finding.CauseLocalWrite)+")", commands...)
}

// startEnded is the first of all where a process had ended by its log: the other steps ask
// it.
func (b *builder) startEnded() {
	e := &b.r.Ending
	var ended []string
	for _, x := range []struct {
		role report.Role
		at   time.Time
	}{{report.Master, e.MasterEnded}, {report.Replica, e.ReplicaEnded}} {
		if !x.at.IsZero() {
			ended = append(ended, fmt.Sprintf("the %s's process at %s", x.role, render.Time(x.at)))
		}
	}
	if len(ended) == 0 {
		return
	}
	b.step("See that what had ended where these files end runs again, with clients kept away: by its log "+
		strings.Join(ended, ", ")+". Copy its RDB and AOF before it is started: that is all it has, and "+
		"what it loads.", b.client(report.Master, "PING"), b.client(report.Replica, "PING"))
}

// saveOwn saves what the replica alone holds, before a full sync takes it away.
func (b *builder) saveOwn() {
	keys := int64(0)
	for c, n := range b.r.Verdict.Causes {
		if ofReplica(c) {
			keys += n
		}
	}
	if keys == 0 {
		return
	}
	b.step(fmt.Sprintf("See whether anything of what the replica alone holds is wanted: of %s it may "+
		"be what nobody else has, and the full sync below takes it away. Copy such a key to the "+
		"master first, from the dump that was just collected of the replica. This puts the whole "+
		"key in the place of what the master holds of it: look at that first.",
		render.Plural(keys, "key", "keys")), b.copyKey(report.Replica, report.Master)...)
}

// rewriteDiscarded is what to do about writes that a replica took as a master, and that a
// full sync took away.
func (b *builder) rewriteDiscarded() {
	if b.r.Replay == nil {
		return
	}
	var keys []string
	found := false
	for i := range b.r.Replay.Findings {
		if f := &b.r.Replay.Findings[i]; f.Code == finding.WritesDiscarded {
			found = true
			if k := strings.TrimPrefix(b.keysOf(f), ": "); k != "" {
				keys = append(keys, k)
			}
		}
	}
	if !found {
		return
	}
	of := ""
	if len(keys) > 0 {
		of = " (" + strings.Join(keys, ", ") + ")"
	}
	b.step("See what clients wrote to the replica while it was a master" + of + ", and a full " +
		"sync took away: a capture, or who wrote it, has it still. Write it again on the master, " +
		"but not where that was written since: redsleuth replay --key shows both. Find out what promoted " +
		"the replica, so that it does not do so again; who did what is below. (" + string(finding.WritesDiscarded) + ")")
}

// ofReplica reports whether keys that differ for this may be right on the replica alone.
func ofReplica(c finding.Cause) bool {
	return c == finding.CauseLocalWrite || c == finding.CauseDifferentHistory || c == finding.CauseUnexplained
}

// copyKey takes one key of one database from the dump that was collected of a server to
// the other one.
func (b *builder) copyKey(from, to report.Role) []string {
	return []string{
		"redsleuth dump " + b.collected(from) + " --db DB --match KEY --output resp --replace > key.resp",
		b.client(to, "--pipe") + " < key.resp",
	}
}

// fewCopied is how many keys are named in a command.
const fewCopied = 12

// copyKeys is copyKey of the keys that differ for some causes, by name where they are few
// and a shell and a glob take their names as they are; what the one does not hold is
// deleted from the other.
func (b *builder) copyKeys(from, to report.Role, of func(finding.Cause) bool) []string {
	d := b.r.Diff
	var keys []*diff.Difference
	for _, x := range d.Differences {
		if of(x.Cause) {
			keys = append(keys, x)
		}
	}
	odd := slices.ContainsFunc(keys, func(x *diff.Difference) bool { return !isPlain(x.Key) })
	if odd || int64(len(d.Differences)) < d.Summary.Different || len(keys) == 0 || len(keys) > fewCopied || b.redacts() {
		return b.copyKey(from, to)
	}
	slices.SortStableFunc(keys, func(x, y *diff.Difference) int { return cmp.Compare(x.DB, y.DB) })
	gone := diff.ExtraOnReplica
	if from == report.Replica {
		gone = diff.MissingOnReplica
	}
	var dumps, deletes []string
	for i := 0; i < len(keys); {
		db, match := keys[i].DB, ""
		for ; i < len(keys) && keys[i].DB == db; i++ {
			if keys[i].Kind == gone {
				deletes = append(deletes, b.client(to, fmt.Sprintf("-n %d DEL %s", db, keys[i].Key)))
			} else {
				match += " --match " + string(keys[i].Key)
			}
		}
		if match != "" {
			into := map[bool]string{true: ">", false: ">>"}[len(dumps) == 0]
			dumps = append(dumps, fmt.Sprintf("redsleuth dump %s --db %d%s --output resp --replace %s keys.resp",
				b.collected(from), db, match, into))
		}
	}
	if len(dumps) > 0 {
		dumps = append(dumps, b.client(to, "--pipe")+" < keys.resp")
	}
	if len(deletes) > 0 {
		deletes = append([]string{"# these the other one does not hold: look at each before it goes"}, deletes...)
	}
	return append(dumps, deletes...)
}

// isPlain: neither a shell nor a glob finds anything special in a key.
func isPlain(key []byte) bool {
	word := strings.ReplaceAll(string(key), ":", "_") // which is special to neither
	return word != "" && word[0] != '-' && len(word) <= longestCell && shellWord(word) == word
}

// collected is where the dump of a server is that the step of collecting took.
func (b *builder) collected(role report.Role) string {
	host, port, err := net.SplitHostPort(b.host(role))
	if err != nil || strings.ContainsAny(host, ":%") {
		return "evidence/" + strings.ToUpper(string(role)) + "-6379/dump.rdb"
	}
	return shellWord("evidence/" + host + "-" + port + "/dump.rdb")
}

// resync is how the replica is given its master's data anew, once.
func (b *builder) resync() {
	what := "When that is done, a full sync, once: the replica drops all that it holds, and takes " +
		"the master's data"
	if proxy := b.proxied(); proxy != "" {
		what += ". " + sentence(proxy)
	}
	again := "redis-cli -h REPLICA REPLICAOF MASTER 6379"
	if host, port := b.upstream(); host != "" {
		again = "redis-cli -h REPLICA REPLICAOF " + host + " " + port
	}
	what += ". Between REPLICAOF NO ONE and the next it takes writes: keep clients away"
	if b.linkDown() {
		what += ". Its link was down at the end of these files: see first that its master can be reached"
	}
	what += ". It is done when INFO says master_link_status:up"
	var commands []string
	if host, port := b.upstream(); host != "" && b.linkDown() {
		commands = append(commands, fmt.Sprintf("redis-cli -h %s -p %s PING", host, port))
	}
	if b.onlyConsumers() {
		what = "This can be left as it is: all that differs are consumers of groups, which hold " +
			"no entries. It matters to what lists consumers to find work to take over, and a " +
			"consumer that reads new entries is on both sides again. Who wants the two alike all the " +
			"same: a full sync" + strings.TrimPrefix(what, "When that is done, a full sync")
	}
	b.step(what+":", append(commands, b.onServers("redis-cli -h REPLICA REPLICAOF NO ONE"),
		b.onServers(again), b.onServers("redis-cli -h REPLICA INFO replication"))...)
}

// onlyConsumers reports whether all that differs are consumers of groups that exist on
// one side alone; not where not all of that is known.
func (b *builder) onlyConsumers() bool {
	n := b.r.Tally.Consumers
	return n > 0 && n == b.r.Diff.Summary.Different
}

// discards reports whether clients were seen to write what a full sync threw away.
func (b *builder) discards() bool {
	return b.r.Replay != nil && slices.ContainsFunc(b.r.Replay.Findings, func(f finding.Finding) bool {
		return f.Code == finding.WritesDiscarded && f.Commands > 0
	})
}
