package page

import (
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/divergence"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/replay"
	"github.com/redsleuth/redsleuth/replay/session"
	"github.com/redsleuth/redsleuth/report"
	"github.com/redsleuth/redsleuth/server"
)

// Replica is what the replay tells of the replica.
type Replica struct {
	Version, VersionFrom string
	Restarts             []Restart
	Versions             []Version
	// Alike is what all versions would have met, in place of a table of it; "" where
	// they differ.
	Alike string
	// OfMaster is what the table of versions does not show: of what is the master's
	// version's, and of what a version has no part in.
	OfMaster       string
	Scripts        []Script
	ScriptsUnshown string
}

// A Restart is what a process of the replica had as it asked to go on.
type Restart struct {
	Link, From, Offset, Database, Scripts, Position string
	Then                                            string // what sync it got
}

// A Version is what a release would have met.
type Version struct {
	Name, This, Own string
	// Advised: nothing would have been lost, had the replica run it all along.
	Advised bool
}

// A Script is one that the replica met, with its source where it matters.
type Script struct {
	SHA1, Calls, Writes, Danger, Body string
	// Concerned: a finding is about it.
	Concerned bool
}

func (b *builder) replica() {
	r := b.r.Replay
	if r == nil {
		return
	}
	out := &b.Replica
	out.Version, out.VersionFrom = b.version(r.ReplicaVersion), string(r.VersionSource)
	for _, l := range r.Links {
		if l.Entry.IsRestart() && len(out.Restarts) < mostScripts {
			out.Restarts = append(out.Restarts, b.restart(l))
		}
	}
	lost := b.lost() || len(b.r.Verdict.Crashes) > 0
	if len(b.r.Versions) > 0 {
		out.Versions = append(out.Versions, Version{
			Name: strings.TrimSpace(out.Version + " (as it was)"),
			This: verdictText(r.Verdict), Own: verdictText(r.Verdict),
		})
	}
	for i := range b.r.Versions {
		v := &b.r.Versions[i]
		own := v.OwnDump.Verdict
		row := Version{v.Version.String(), verdictText(v.Verdict), verdictText(own), lost && own == replay.Safe}
		out.Versions = append(out.Versions, row)
	}
	b.joinVersions(out)
	if b.r.Diff != nil {
		out.OfMaster = b.ofMaster()
	}
	if of := b.ofRefused(); of != "" && len(b.r.Versions) > 0 {
		out.OfMaster = joined("Of what the replica refused: "+of+".", out.OfMaster)
	}
	b.scripts()
}

// version is one as people write it, where it is one.
func (b *builder) version(text string) string {
	if v, err := server.Parse(text); err == nil && v.String() == text {
		return text
	}
	return b.f.WordText(text)
}

// joinVersions puts a sentence in the place of a table whose rows are all the same.
func (b *builder) joinVersions(r *Replica) {
	if len(r.Versions) == 0 {
		return
	}
	var names []string
	for _, v := range r.Versions {
		if first := r.Versions[0]; v.This != first.This || v.Own != first.Own || v.Advised {
			return
		}
		names = append(names, v.Name)
	}
	r.Alike = b.alike(r.Versions[0].This) + " (Asked were " + strings.Join(names, ", ") + ".)"
	r.Versions = nil
}

// alike says of a verdict that it is that of every version.
func (b *builder) alike(verdict string) string {
	switch verdict {
	case verdictText(replay.Safe):
		return "None of them would have met anything else: no script, " +
			"database or command of these streams is a " +
			"matter of the replica's version. " + b.besides()
	case verdictText(replay.LosesWrites):
		return "With each of them the replica loses writes of these streams."
	case verdictText(replay.Crashes):
		return "Another version would not have helped: each of them crashes on these streams."
	}
	return "Whether another version would have done better can't be told: " + b.whyOpen() + "."
}

// besides is what the verdicts on versions leave out.
func (b *builder) besides() string {
	if b.split() {
		return "Nor are two masters: no version keeps a replica that is promoted from writing."
	}
	return "That says nothing of what led to differences otherwise."
}

// whyOpen is why nothing is said of other versions.
func (b *builder) whyOpen() string {
	failed := false
	for i := range b.r.Replay.Findings {
		switch f := &b.r.Replay.Findings[i]; {
		case f.Severity == finding.Info, f.Code == finding.DivergentCommand: // which leaves nothing open
		case f.Code == finding.ReplicaError:
			failed = true
		default:
			return "these files do not hold all that the replica was sent, or what it started from"
		}
	}
	if failed {
		return "commands failed by the replica's log, and whether they would have elsewhere depends on the data"
	}
	return "these files do not hold all that the replica was sent, or what it started from"
}

// ofMaster says which reasons are a matter of the master's version, which the table
// of the replica's does not show.
func (b *builder) ofMaster() string {
	var told []string
	for _, c := range b.reasons() {
		if row, ok := divergence.ByName(c.Way); ok {
			told = append(told, c.Way+" concerns "+row.Affects())
		}
	}
	if len(told) == 0 {
		return ""
	}
	return "By what led to it: " + strings.Join(told, "; ") + "."
}

func verdictText(v replay.Verdict) string {
	switch v {
	case replay.Safe:
		return "safe"
	case replay.LosesWrites:
		return "loses writes"
	case replay.Crashes:
		return "crashes"
	}
	return "not known"
}

// restart tells what a process of the replica had taken up from its dump.
func (b *builder) restart(l *replay.Link) Restart {
	const unknown = "not known"
	row := Restart{
		Link: fmt.Sprintf("%s, link %d", b.path(l.Path), l.Number),
		From: unknown, Position: unknown, Database: unknown, Scripts: unknown,
	}
	if l.StartOffset >= 0 {
		row.Offset = render.Offset(l.StartOffset)
	}
	if l.Entry == session.FromPayload {
		row.From = "what it had been sent"
	}
	switch l.Resync {
	case record.Full:
		row.Then = "a full sync, which replaced all of it"
	case record.Partial:
		row.Then = "went on from there"
	}
	a := b.artefact(l.Base)
	if a == nil || a.Inspect == nil || a.Inspect.RDB == nil {
		return row
	}
	row.From = b.path(a.Path)
	d := a.Inspect.RDB
	held := int64(len(d.Scripts))
	if d.Replication == nil {
		return row
	}
	restored := d.Replication.Restored
	if a.State.Placed() {
		row.Position = answered(restored.Position, "offset "+render.Offset(a.State.Offset), "it asks for a full sync")
	}
	row.Scripts = answered(restored.Scripts, render.Plural(held, "script", "scripts")+" in the dump",
		"this version loads none")
	if held == 0 {
		row.Scripts = "none in the dump: it knows none until they are sent"
	}
	selected := "the database of the stream"
	if a.State.StreamDB != record.Unknown {
		selected = fmt.Sprintf("database %d", a.State.StreamDB)
	}
	row.Database = answered(restored.Database, selected, "it goes on in database 0")
	return row
}

// answered says of what a dump has whether the process took it up again.
func answered(is server.Answer, what, not string) string {
	switch is {
	case server.Yes:
		return what + ": taken up again"
	case server.No:
		return what + ": lost, " + not
	}
	return what + ": not known whether it was taken up"
}

// artefact is the one of a name that engines use; nil for none.
func (b *builder) artefact(name string) *report.Artefact {
	for _, a := range b.r.Artefacts {
		if name != "" && a.Input != nil && a.Input.Path == name {
			return a
		}
	}
	return nil
}

// scripts are those that the replica met, those first that findings are about.
func (b *builder) scripts() {
	concerned := map[string]bool{}
	for i := range b.r.Replay.Findings {
		concerned[b.r.Replay.Findings[i].SHA1] = true
	}
	out := &b.Replica
	for _, wanted := range []bool{true, false} {
		for i := range b.r.Replay.Scripts {
			s := &b.r.Replay.Scripts[i]
			sha1 := hex.EncodeToString(s.SHA1[:])
			if concerned[sha1] != wanted || len(out.Scripts) >= mostScripts {
				continue
			}
			shown := Script{
				SHA1: sha1, Calls: render.Count(s.Calls), Danger: strings.Join(s.Danger, ", "),
				Concerned: wanted,
			}
			var writes []string
			for _, w := range s.Writes {
				writes = append(writes, b.f.CommandText(w))
			}
			shown.Writes = strings.Join(writes, ", ")
			if body := b.r.Body(sha1); body != nil {
				shown.Body = b.source(body)
			}
			out.Scripts = append(out.Scripts, shown)
		}
	}
	if more := int64(len(b.r.Replay.Scripts)-len(out.Scripts)) + b.r.Replay.ScriptsLeftOut; more > 0 {
		out.ScriptsUnshown = render.Count(more)
	}
}

// source is that of a script, line by line.
func (b *builder) source(body []byte) string {
	if b.f.Mode() != render.Quoted {
		return b.f.Text(body)
	}
	var lines []string
	for line := range strings.Lines(string(body)) {
		lines = append(lines, printable(strings.TrimRight(line, "\r\n")))
	}
	return strings.Join(lines, "\n")
}
