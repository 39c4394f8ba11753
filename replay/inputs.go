package replay

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/replay/session"
)

// loggedErrors tells what the replica's log says of errors on its link: of those that
// refused a command with that command, and once that they are in the log.
func (r *runner) loggedErrors() {
	facts, refusing := &r.options.Facts, int64(0)
	for _, command := range slices.Sorted(maps.Keys(facts.Errors)) {
		count := facts.Errors[command] - facts.Refusing[command]
		refusing += facts.Refusing[command]
		if count == 0 {
			continue
		}
		r.inputs = append(r.inputs, finding.Finding{
			Code: finding.ReplicaError, Severity: finding.Warning, Count: count, Command: []byte(command),
			Message: fmt.Sprintf("the replica's log says %s that it answered its master with an "+
				"error: what the command should have done there was not done", times(count)),
		})
	}
	r.errorsEnd = len(r.inputs)
	if refusing > 0 {
		r.inputs = append(r.inputs, finding.Finding{
			Code: finding.ReplicaError, Severity: finding.Info, Count: refusing,
			Message: fmt.Sprintf("the replica's log says %s that it answered its master with an error as "+
				"it refused a command, or the EXEC of one: each counts there", times(refusing)),
		})
	}
}

// refusedLinks tells of connections that the master ended with an error.
func (r *runner) refusedLinks() {
	for _, c := range r.plan.Refused {
		r.inputs = append(r.inputs, finding.Finding{
			Code: finding.ResyncRefused, Severity: finding.Info, Path: r.options.Streams[c.Stream].Path,
			Message: "the master refused the connection" + errorWord(c.Link.Refused),
		})
	}
}

// errorWord is the first word of an error reply, where it is one of the
// server's own.
func errorWord(reply string) string {
	word, _, _ := strings.Cut(reply, " ")
	for _, c := range word {
		if c < 'A' || c > 'Z' {
			return ""
		}
	}
	if word == "" || len(word) > 20 {
		return ""
	}
	return " (" + word + ")"
}

// failedSyncs tells of full syncs of one replica that came to nothing, one after the
// other.
func (r *runner) failedSyncs() {
	var links []*record.Link
	index := map[*record.Link]*Link{}
	for _, l := range r.report.Links {
		links = append(links, &l.Link)
		index[&l.Link] = l
	}
	for _, failed := range record.FindFailedSyncs(links) {
		first := index[failed[0]]
		f := finding.Finding{Code: finding.SyncFailed, Severity: finding.Warning, Path: first.Path,
			Link: first.Index, Count: int64(len(failed)), Message: failed.String()}
		for _, l := range failed {
			f.Places = append(f.Places, finding.Place{Link: index[l].Index})
		}
		r.inputs = append(r.inputs, f)
	}
}

// duplicateLinks tells of connections that two inputs hold, all in one finding.
func (r *runner) duplicateLinks() {
	if len(r.plan.Duplicates) == 0 {
		return
	}
	f := finding.Finding{
		Code: finding.DuplicateLink, Severity: finding.Info, Count: int64(len(r.plan.Duplicates)),
		Path:    r.options.Streams[r.plan.Duplicates[0].Stream].Path,
		Message: "another input holds this connection too; it counts once",
	}
	if f.Count > 1 {
		f.Message = fmt.Sprintf("other inputs hold %d of these connections too; each counts once", f.Count)
	}
	for _, c := range r.plan.Duplicates[:min(len(r.plan.Duplicates), maxPlaces)] {
		f.Places = append(f.Places, finding.Place{Path: r.options.Streams[c.Stream].Path, Link: c.Link.Number})
	}
	r.inputs = append(r.inputs, f)
}

// onlyDumps: no stream was given, only RDBs.
func (r *runner) onlyDumps() bool {
	return !slices.ContainsFunc(r.options.Streams, func(in *input.Input) bool {
		return in.Kind != input.KindRDB && in.Kind != input.KindDumpPayload
	})
}

// unusedStreams tells of streams in which there is no link.
func (r *runner) unusedStreams() {
	used := map[int]bool{}
	for c := range r.links {
		used[c.Stream] = true
	}
	for _, list := range [][]*session.Connection{r.plan.Refused, r.plan.Duplicates} {
		for _, c := range list {
			used[c.Stream] = true
		}
	}
	for i, in := range r.options.Streams {
		clients := in.Kind.Clients() || in.Kind == input.KindPCAP && r.options.Clients != nil
		if used[i] || clients || r.report.Damaged && !in.Kind.Recording() { // the damage is told
			continue
		}
		r.inputs = append(r.inputs, finding.Finding{
			Code: finding.StreamUnused, Severity: finding.Warning, Path: in.Path,
			Message: "no replication link is in it: nothing of it was used",
		})
	}
}

// unusedBases tells of dumps that nothing was made of.
func (r *runner) unusedBases() {
	for _, b := range r.plan.Bases {
		if r.plan.Taken(b) {
			continue
		}
		why := fmt.Sprintf("no connection asks for what follows its offset %d", b.Offset)
		switch {
		case !known(b.Offset):
			why = "it holds no replication state, and so no process resumes from it"
		case !slices.ContainsFunc(r.plan.Replicas, func(rep *session.Replica) bool { return !rep.IsForeign(b) }):
			why = "it is of another history than every connection"
		}
		r.inputs = append(r.inputs, finding.Finding{
			Code: finding.BaseUnused, Severity: finding.Info, Path: b.Path, Message: "nothing here starts from this dump: " + why,
		})
	}
}

// addInputs adds what is about whole inputs.
func (o *Result) addInputs(all []finding.Finding) {
	o.Findings = append(o.Findings, all...)
	o.Verdict = Safe
	for i := range all {
		o.Verdict = worst(o.Verdict, verdictOfFinding(&all[i]))
		o.Summary.tally(all[i].Severity)
	}
}
