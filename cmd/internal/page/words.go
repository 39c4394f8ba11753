package page

import (
	"time"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
)

// words are those of the page that a reader may not know.
func words() []Answer {
	return []Answer{
		{"proved, likely", "Proved: it was seen, and nothing else is left that could explain it. " +
			"Likely: the files speak for it, and leave something else open; the evidence of each key " +
			"says what."},
		{"cause, by way of", "A cause says what kind of difference it is, and what it came about by is named " +
			"beside it: re-evaluated, by way of command-refused, is that the replica decided the command " +
			"otherwise than its master, by refusing it."},
		{"offset", "How many bytes of the stream a server had sent, or taken, up to there. Two servers " +
			"of one history at the same offset have been sent the same."},
		{"stream, link", "The stream is the commands that a master sends its replicas; a link is one " +
			"connection over which it is sent."},
		{"history", "The stream of one master, named by its replication id. A server that is promoted " +
			"begins one of its own: from there on the two have nothing in common."},
		{"full, partial sync", "A full sync sends the replica all keys anew, and replaces all that it " +
			"has. A partial one goes on at the offset where the replica is."},
		{"dump", "An RDB file: all keys of a server at one moment."},
	}
}

// span says from when to when the files tell of anything: what comes after is not in
// them.
func (b *builder) span() {
	var from, to time.Time
	for i := range b.r.Timeline {
		e := &b.r.Timeline[i]
		if e.Time.IsZero() {
			continue
		}
		if from.IsZero() || e.Time.Before(from) {
			from = e.Time
		}
		if e.Time.After(to) {
			to = e.Time
		}
	}
	n := render.Plural(int64(len(b.r.Artefacts)), "file", "files")
	if from.IsZero() {
		b.Span = n + ", none of which tells a time"
		return
	}
	b.Span = n + ", " + secondText(from) + " to " + secondText(to)
}
