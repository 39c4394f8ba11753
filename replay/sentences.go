package replay

import (
	"fmt"

	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/repl"
	"github.com/redsleuth/redsleuth/replay/replica"
	"github.com/redsleuth/redsleuth/replay/session"
	"github.com/redsleuth/redsleuth/server"
)

// sentences make findings of events, one function a kind. They know of the
// replica only its version, and of everything else what INFO and logs tell.
type sentences struct {
	version server.Version
	facts   *repl.Facts
	conn    *session.Connection
	links   []*Link // of the report
}

// finding is what an event comes to; false for one that is no finding.
func (s sentences) finding(e replica.Event) (f finding.Finding, is bool) {
	switch e := e.(type) {
	case *replica.PayloadBroken:
		return brokenDump(e.Payload)
	case *replica.ScriptMissing:
		return s.scriptMissing(e), true
	case *replica.ScriptAtRisk:
		return s.scriptAtRisk(e), true
	case *replica.ScriptsFlushed:
		return scriptsFlushed(e), true
	case *replica.ScriptUnordered:
		return scriptUnordered(e), true
	case *replica.ScriptsUnseen:
		return scriptsUnseen(e), true
	case *replica.ScriptResent:
		return scriptResent(e), true
	case *replica.DuplicateOnLoad:
		return s.duplicateOnLoad(e), true
	case *replica.FormatUnread:
		return s.formatUnread(e), true
	case *replica.FunctionsUnsupported:
		return s.functionsUnsupported(e), true
	case *replica.FunctionMissing:
		return functionMissing(e), true
	case *replica.LibraryMissing:
		return libraryMissing(e), true
	case *replica.LibraryExists:
		return libraryExists(e), true
	case *replica.FunctionsFlushed:
		return functionsFlushed(e), true
	case *replica.IDMadeUp:
		return idMadeUp(e), true
	case *replica.CommandRefused:
		return s.commandRefused(e), true
	case *replica.Divergent:
		return s.divergent(e), true
	}
	return s.findingOfStream(e)
}

// findingOfStream is finding for events that are about databases, restarts,
// offsets and transactions.
func (s sentences) findingOfStream(e replica.Event) (f finding.Finding, is bool) {
	switch e := e.(type) {
	case *replica.DatabaseLost:
		return s.databaseLost(e), true
	case *replica.DatabaseUnknown:
		return databaseUnknown(e), true
	case *replica.RestartRefused:
		return restartRefused(e), true
	case *replica.OffsetStale:
		return s.offsetStale(e), true
	case *replica.TransactionStray:
		return transactionStray(e), true
	case *replica.ResumedInside:
		return s.resumedInside(e), true
	case *replica.ResyncRefused:
		return s.resyncRefused(e), true
	case *replica.HistoryChanged:
		return s.historyChanged(e), true
	case *replica.Rejoined:
		return s.rejoined(e), true
	}
	return finding.Finding{}, false
}

// about is a finding on a command.
func about(
	c replica.Call, code finding.Code, severity finding.Severity, format string, args ...any,
) finding.Finding {
	f := finding.Finding{
		Code: code, Severity: severity, Message: fmt.Sprintf(format, args...),
		Byte: finding.At(c.Byte), Command: clone(c.Args[0]),
	}
	if known(c.Offset) {
		f.Offset = finding.At(c.Offset)
	}
	if c.DB != record.Unknown {
		f.DB = finding.At(c.DB)
	}
	return f
}

// aboutKeys is a finding on a command and the keys that it names.
func aboutKeys(
	c replica.Call, code finding.Code, severity finding.Severity, format string, args ...any,
) finding.Finding {
	f := about(c, code, severity, format, args...)
	f.Keys = cloneKeys(command.Keys(c.Args))
	return f
}

// at sets the offset, if it is known.
func at(f finding.Finding, offset int64) finding.Finding {
	if known(offset) {
		f.Offset = finding.At(offset)
	}
	return f
}

func known(offset int64) bool { return offset != record.Unknown }
