package replay

import (
	"errors"
	"fmt"

	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
)

// Note takes in what is missing or wrong in a stream.
func (r *runner) Note(n *record.Note) error {
	if n.Link == nil || n.Kind == record.NoteFile {
		r.noteInput(n)
	}
	if n.Link != nil {
		for _, f := range r.current {
			f.note(n)
		}
	}
	return nil
}

// noteInput takes in what is about an input and not about one link of it.
func (r *runner) noteInput(n *record.Note) {
	if n.Err == nil || len(r.inputs) >= maxPerCode {
		return
	}
	var f finding.Finding
	switch n.Kind {
	case record.NoteTruncated:
		f = noted(n, finding.Truncated, finding.Info, "the recording stops early: "+cause(n.Err))
	case record.NoteFile:
		f = noted(n, finding.AOFFile, finding.Error, "a file of the set is not as the manifest says: "+cause(n.Err))
		if errors.Is(n.Err, parse.ErrUnsupported) {
			f.Severity = finding.Info // which servers don't load
		}
		f.File = clone(n.Text)
	default:
		f = noted(n, finding.CaptureGap, finding.Warning, "part of the capture could not be read: "+cause(n.Err))
	}
	f.Path = r.stream.Path
	r.inputs = append(r.inputs, f)
}

// noteHead takes in what is wrong with the RDB at the head of an AOF.
func (r *runner) noteHead(d *dump) {
	if f, wrong := d.judge(); wrong {
		r.report.Damaged = true
		f.Path = r.stream.Path
		if len(r.current) > 0 {
			f.File = r.current[0].file
		}
		r.inputs = append(r.inputs, f)
	}
}

func (f *follower) note(n *record.Note) {
	switch n.Kind {
	case record.NoteFile:
		if n.Err == nil { // a client of its own loads it
			f.file = clone(n.Text)
			f.db, f.streamDB, f.unselected = 0, 0, false
			f.open, f.openKnown, f.transaction = false, true, record.Unknown
		}
	case record.NoteGap:
		f.report(f.captureGap(n))
		f.loseTrack()
		f.watch()
	case record.NoteTransactionOpen:
		f.report(f.transactionOpen(n))
		if f.conn.Link.AOF || n.Link.End != record.Truncated { // else nothing tells
			f.neverRan(n)
		}
	case record.NoteTruncated:
		f.report(f.truncated(n))
	case record.NoteDamage:
		what := "bytes that are no command: "
		if f.conn.Link.AOF { // or good ones, in a file that ends early
			what = ""
		}
		f.report(noted(n, finding.Damaged, finding.Error, what+cause(n.Err)))
		f.loseTrack()
		f.watch()
	case record.NoteReply:
		f.report(noted(n, finding.StreamText, finding.Warning, "a line of text within the stream, where only commands belong: a replica counts it and its master may not"))
	}
}

// neverRan takes back what was told of the commands of a transaction that did
// not come to its end.
func (f *follower) neverRan(n *record.Note) {
	for i := len(f.touches) - 1; i >= 0; i-- {
		t := &f.touches[i]
		if t.Outcome == record.Loaded || t.Link != f.link.Number || t.Byte < n.Byte || string(t.File) != string(f.file) {
			break
		}
		t.Outcome = record.Undelivered
	}
	if f.open {
		f.db, f.streamDB, f.open = f.before.db, f.before.streamDB, false
	}
}

// noted is a finding about a place that a note tells.
func noted(n *record.Note, code finding.Code, severity finding.Severity, message string) finding.Finding {
	g := finding.Finding{Code: code, Severity: severity, Message: message, Byte: finding.At(n.Byte)}
	if known(n.Offset) {
		g.Offset = finding.At(n.Offset)
	}
	if n.Bytes > 0 {
		g.Bytes = n.Bytes
	}
	return g
}

// cause is what is wrong, without the place.
func cause(err error) string {
	if e, ok := parse.AsDamage(err); ok {
		return e.Err.Error()
	}
	if err == nil {
		return "damaged"
	}
	return err.Error()
}

// resolved: nothing of the stream from this offset on matters, since it was
// sent again or replaced.
func (f *follower) resolved(offset int64) bool {
	return known(f.conn.RanTo) && known(offset) && offset >= f.conn.RanTo
}

func (f *follower) captureGap(n *record.Note) finding.Finding {
	g := noted(n, finding.CaptureGap, finding.Warning, "the recording lacks bytes of the stream that the replica received: what they changed is not known")
	switch {
	case f.resolved(n.Offset):
		g.Severity, g.Message = finding.Info, "the recording lacks bytes of the stream, which were sent again later"
	case n.Link != nil && n.Link.Commands == 0 && n.Link.Resync == record.NoSync:
		g.Severity, g.Message = finding.Info, "the recording begins within a command or a payload"
	}
	return g
}

func (f *follower) transactionOpen(n *record.Note) finding.Finding {
	g := noted(n, finding.TransactionOpen, finding.Warning, "the stream ends within a transaction: its commands were queued and never ran")
	if f.conn.Link.AOF {
		g.Severity, g.Message = finding.Error, "the AOF ends within a transaction: a server cuts it back to where the transaction began"
	}
	switch {
	case !f.conn.Last || f.resolved(n.Offset):
		g.Severity, g.Message = finding.Info, "the link ends within a transaction, which the next connection sends again or replaces"
	case n.Link.End == record.Truncated && !f.conn.Link.AOF:
		g.Message = "the recording stops within a transaction: whether the rest of it arrived, and it ran, is not told"
	}
	return g
}

func (f *follower) truncated(n *record.Note) finding.Finding {
	if f.conn.Link.AOF {
		return noted(n, finding.Truncated, finding.Error, "the AOF ends within a command: "+cause(n.Err))
	}
	return noted(n, finding.Truncated, finding.Info, fmt.Sprintf("the recording stops within a command or payload: %s", cause(n.Err)))
}

// judge says what is wrong with an RDB that was read to its end.
func (b *dump) judge() (f finding.Finding, wrong bool) {
	damage, damaged := parse.AsDamage(b.Err)
	switch {
	case damaged:
		f.Code, f.Byte = finding.Damaged, finding.At(damage.ByteOffset)
		if b.End == record.Truncated {
			f.Code = finding.Truncated
		}
		f.Message = "a server stops loading this RDB here: " + cause(b.Err)
	case b.checksum.Status == rdb.ChecksumInvalid:
		f.Code, f.Byte = finding.ChecksumInvalid, finding.At(b.endByte)
		f.Message = fmt.Sprintf("the checksum of the RDB is %016x and its bytes sum to %016x: a server refuses it", b.checksum.Stored, b.checksum.Computed)
	default:
		return f, false
	}
	f.Severity = finding.Error
	return f, true
}

const maxDuplicatesListed = 100

// finish reports what only the end of everything tells.
func (f *follower) finish() {
	f.endWrong()
	if f.pending {
		f.snapshot(f.conn.Link.Ended, false)
	}
	f.reportUnseen()
	f.reportDuplicates()
	f.reportLeftOut()
}

func (f *follower) reportUnseen() {
	if f.unseen.calls == 0 {
		return
	}
	n := finding.Finding{
		Code: finding.ScriptUnseen, Severity: finding.Info, SHA1: f.unseen.sha.String(), Count: f.unseen.calls,
		Message: fmt.Sprintf("%d EVALSHA of scripts whose source was sent before the artefacts begin: whether the replica had them is not told", f.unseen.calls),
	}
	if f.scripts.overflow > 0 {
		n.Severity = finding.Warning
		n.Message = fmt.Sprintf("more than %d distinct scripts: %d EVALSHA could not be judged; raise --max-memory", f.scripts.limit, f.unseen.calls)
	}
	if known(f.unseen.first) {
		n.Offset = finding.At(f.unseen.first)
	}
	f.summary.tally(n.Severity)
	f.findings = append(f.findings, n)
}

// reportDuplicates lists the bodies that travelled although the replica had
// them, and what they cost.
func (f *follower) reportDuplicates() {
	var rest finding.Finding
	listed := 0
	for k := range f.scripts.all {
		if k.again == 0 {
			continue
		}
		if listed++; listed > maxDuplicatesListed {
			rest.Count += k.again
			rest.Bytes += k.againBytes
			continue
		}
		f.findings = append(f.findings, finding.Finding{
			Code: finding.ScriptDuplicate, Severity: finding.Info, SHA1: k.sha.String(), Count: k.again, Bytes: k.againBytes,
			Message: fmt.Sprintf("its body was sent again %s although the replica had it: %d bytes of the stream", times(k.again), k.againBytes),
		})
	}
	if rest.Count > 0 {
		rest.Code, rest.Severity = finding.ScriptDuplicate, finding.Info
		rest.Message = fmt.Sprintf("the bodies of %d more scripts were sent again %s although the replica had them", listed-maxDuplicatesListed, times(rest.Count))
		f.findings = append(f.findings, rest)
	}
}

// reportLeftOut says how many findings of a code were not listed.
func (f *follower) reportLeftOut() {
	for code, n := range f.perCode {
		if n <= f.listed[code] {
			continue
		}
		f.findings = append(f.findings, finding.Finding{
			Code: code, Severity: finding.Info, Count: n - f.listed[code],
			Message: fmt.Sprintf("%d more findings of this code, beside the %d that are listed", n-f.listed[code], f.listed[code]),
		})
	}
}

// times is "once" or "3 times".
func times(n int64) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}
