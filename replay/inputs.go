package replay

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/redsleuth/redsleuth/finding"
)

// loggedErrors tells what the replica's log says of errors on its link.
func (r *runner) loggedErrors() {
	for _, command := range slices.Sorted(maps.Keys(r.options.Facts.Errors)) {
		count := r.options.Facts.Errors[command]
		n := finding.Finding{
			Code: finding.ReplicaError, Severity: finding.Warning, Count: count, Command: []byte(command),
			Message: fmt.Sprintf("the replica's log says %s that it answered its master with an error: what the command should have done there was not done", times(count)),
		}
		r.inputs = append(r.inputs, n)
	}
}

// refusedLinks tells of connections that the master ended with an error.
func (r *runner) refusedLinks() {
	for _, c := range r.refused {
		r.inputs = append(r.inputs, finding.Finding{
			Code: finding.ResyncRefused, Severity: finding.Info, Path: r.options.Streams[c.stream].Path,
			Message: "the master refused the connection" + errorWord(c.link.Refused),
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

// duplicateLinks tells of connections that two inputs hold.
func (r *runner) duplicateLinks() {
	for _, c := range r.duplicates {
		r.inputs = append(r.inputs, finding.Finding{
			Code: finding.DuplicateLink, Severity: finding.Info, Path: r.options.Streams[c.stream].Path,
			Message: "another input holds this connection too; it counts once",
		})
	}
}

// unusedBases tells of dumps that nothing was made of.
func (r *runner) unusedBases() {
	for _, b := range r.bases {
		if b.taken {
			continue
		}
		why := fmt.Sprintf("no connection asks for what follows its offset %d", b.offset)
		switch {
		case !known(b.offset):
			why = "it holds no replication state, and so no process resumes from it"
		case !slices.ContainsFunc(r.replicas, func(rep *replica) bool { return !rep.foreign(b) }):
			why = "it is of another history than every connection"
		}
		r.inputs = append(r.inputs, finding.Finding{
			Code: finding.BaseUnused, Severity: finding.Info, Path: b.path, Message: "nothing here starts from this dump: " + why,
		})
	}
}

// addInputs adds what is about whole inputs.
func (o *Outcome) addInputs(all []finding.Finding) {
	o.Findings = append(o.Findings, all...)
	for i := range all {
		o.Summary.tally(all[i].Severity)
	}
}
