package inspect

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/record"
)

// Note implements record.Handler.
func (in *Inspector) Note(n *record.Note) error {
	switch n.Kind {
	case record.NoteGap:
		in.gap(n)
	case record.NoteDamage:
		in.wrong(n, finding.Damaged, finding.Error,
			"these bytes are neither commands nor anything else that may be here")
	case record.NoteTruncated:
		in.truncated(n, finding.Truncated, "the bytes end within a command or a payload")
	case record.NoteTransactionOpen:
		in.truncated(n, finding.TransactionOpen,
			"the stream ends within the MULTI that begins here: a server runs none of it")
	case record.NoteTrailing:
		in.wrong(n, finding.TrailingData, finding.Error,
			"bytes after the end, which servers ignore: the file was appended to, or is several in one")
	case record.NoteEOFMark:
		if in.report.RDB != nil {
			in.report.RDB.EOFMark = true
		}
	case record.NoteCut:
		in.cut(n)
	case record.NoteHeartbeat:
		if n.Link != nil {
			in.link(n.Link).Heartbeats += max(n.Count, 1)
		}
	case record.NoteFile:
		in.file(n)
	case record.NoteUnread:
		in.find(about(n, finding.CaptureGap, finding.Warning, "part of the capture could not be read"))
	case record.NoteEncrypted:
		in.find(about(n, finding.CaptureEncrypted, finding.Warning, ""))
	case record.NoteZeros:
		in.find(about(n, finding.ZeroFilled, finding.Warning, ""))
	case record.NoteJoined:
		in.find(about(n, finding.CaptureJoined, finding.Info, ""))
	case record.NoteLeading:
		in.find(about(n, finding.LeadingData, finding.Warning, ""))
	case record.NoteMisaligned:
		in.find(about(n, finding.StreamMisaligned, finding.Warning, ""))
	case record.NoteReply:
		in.find(about(n, finding.StreamText, finding.Warning, ""))
	case record.NoteIgnored:
		in.report.Ignored += n.Count
	}
	return nil
}

// about is a finding with the place of a note, which says more itself if it
// has an error.
func about(
	n *record.Note, code finding.Code, severity finding.Severity, message string,
) finding.Finding {
	f := finding.Finding{Code: code, Severity: severity, Message: message}
	if placed, ok := parse.AsDamage(n.Err); ok {
		f.Message = placed.Err.Error()
	} else if n.Err != nil {
		f.Message = n.Err.Error()
	}
	if n.Byte >= 0 {
		f.Byte = finding.At(n.Byte)
	}
	if n.Offset >= 0 {
		f.Offset = finding.At(n.Offset)
	}
	if n.Bytes > 0 {
		f.Bytes = n.Bytes
	}
	if n.Link != nil {
		f.Link = n.Link.Number
	}
	return f
}

// wrong tells of something that makes a dump or an AOF a damaged one.
func (in *Inspector) wrong(
	n *record.Note, code finding.Code, severity finding.Severity, message string,
) {
	f := about(n, code, severity, message)
	if placed, ok := parse.AsDamage(n.Err); ok && errors.Is(n.Err, parse.ErrZeros) {
		f.Code, f.Byte, f.Bytes = finding.ZeroFilled, finding.At(placed.ByteOffset), placed.Bytes
	}
	if in.recordingAt(n.Link) {
		if f.Code == finding.ZeroFilled {
			f.Severity = finding.Warning
		}
		in.find(f)
		return
	}
	in.broken(f)
}

// cut tells of compressed data that ends early, or is broken where it ends.
func (in *Inspector) cut(n *record.Note) {
	if n.Err == nil {
		in.truncated(n, finding.Truncated, "the compressed data ends early: the file was not copied "+
			"whole; what was in it may have been")
		return
	}
	in.wrong(n, finding.Damaged, finding.Error, "")
	if r := in.report.RDB; r != nil {
		r.End = record.Damaged
	}
}

// truncated tells of an early end, which is damage only in what is meant to
// be whole.
func (in *Inspector) truncated(n *record.Note, code finding.Code, message string) {
	severity := finding.Error
	if in.recordingAt(n.Link) {
		severity = finding.Info
	}
	in.wrong(n, code, severity, message)
}

// recordingAt reports whether an early end there is no damage.
func (in *Inspector) recordingAt(l *record.Link) bool {
	return in.recording() && (l == nil || !l.AOF)
}

func (in *Inspector) gap(n *record.Note) {
	severity, what := finding.Warning, "bytes that were sent are not in the recording"
	if n.Byte <= 0 {
		severity, what = finding.Info,
			"the recording begins in the middle: what is before the first whole command can't be read"
	}
	f := about(n, finding.CaptureGap, severity, what)
	if n.Bytes > 0 {
		f.Message += fmt.Sprintf(" (%d bytes)", n.Bytes)
	}
	in.find(f)
	if n.Link == nil {
		return
	}
	l := in.link(n.Link)
	l.GapBytes += max(n.Bytes, 0)
	if len(l.Gaps) < maxGaps {
		l.Gaps = append(l.Gaps, Gap{n.Byte, n.Bytes, n.Offset, n.EndOffset, n.Time, n.EndTime})
	}
}

// file takes in a part of a multi-part AOF, or what is wrong with it.
func (in *Inspector) file(n *record.Note) {
	file := &File{Name: bytes.Clone(n.Text), Err: n.Err}
	if len(in.report.Files) < in.options.Limits.MaxDistinct {
		in.report.Files = append(in.report.Files, file)
	}
	if n.Err == nil {
		in.part = file
		return
	}
	f := about(n, finding.AOFFile, finding.Error, "a file of the set is not as the manifest says")
	f.File = bytes.Clone(n.Text)
	if errors.Is(n.Err, parse.ErrUnsupported) { // servers don't load it either
		f.Severity = finding.Info
		in.find(f)
		return
	}
	if errors.Is(n.Err, parse.ErrTruncated) { // they do, and lose what it held
		f.Severity = finding.Warning
		in.find(f)
		return
	}
	in.broken(f)
}
