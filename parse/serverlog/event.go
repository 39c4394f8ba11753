package serverlog

import (
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/redsleuth/redsleuth/server"
)

// Kind says what an Event is.
type Kind string

// The events. The master's side first.
const (
	Started            Kind = "started"             // a process begins: Version
	Ready              Kind = "ready"               // it takes connections
	Loaded             Kind = "loaded"              // its dump or AOF has been read
	Stopped            Kind = "stopped"             // it ended by itself
	Crashed            Kind = "crashed"             // by an assertion or a signal
	Critical           Kind = "critical"            // "== CRITICAL ==": a replica sent its master an error: Reason, Command
	LatestBacklog      Kind = "latest-backlog"      // behind an error to a master: the end of what ran before it, Backlog
	FullRequested      Kind = "full-requested"      // by the replica Peer
	PartialAccepted    Kind = "partial-accepted"    // Bytes from Offset on
	PartialRefused     Kind = "partial-refused"     // Offset was asked for; Reason
	BacklogCreated     Kind = "backlog-created"     // ID, SecondaryID
	ReplicaLost        Kind = "replica-lost"        // connection with Peer
	SecondaryID        Kind = "secondary-id"        // SecondaryID valid up to Offset; the new id is ID
	SyncStarted        Kind = "sync-started"        // the replica connects
	PartialTried       Kind = "partial-tried"       // with ID, from Offset on
	PartialNotTried    Kind = "partial-not-tried"   // no cached master
	PartialDone        Kind = "partial-done"        // +CONTINUE
	FullStarted        Kind = "full-started"        // +FULLRESYNC ID Offset
	FullDone           Kind = "full-done"           // the payload was loaded
	IDChanged          Kind = "id-changed"          // by +CONTINUE: the new one is ID
	MemoryLimit        Kind = "memory-limit"        // CONFIG SET maxmemory to less than the data takes
	MasterLost         Kind = "master-lost"         // the link broke
	CacheDropped       Kind = "cache-dropped"       // the cached master is forgotten
	CacheMade          Kind = "cache-made"          // out of its own dump or its own master's state
	Promoted           Kind = "promoted"            // MASTER MODE enabled
	Demoted            Kind = "demoted"             // REPLICAOF enabled
	DumpVersion        Kind = "dump-version"        // the dump being loaded was made by Version
	ProtocolError      Kind = "protocol-error"      // from the master
	OutputBufferClosed Kind = "output-buffer-limit" // a replica was dropped for being too slow
	Listening          Kind = "listening"           // at Port
	Stopping           Kind = "stopping"            // somebody asks it to end: Client, or a signal as Reason
	SaveStarted        Kind = "save-started"        // the fork of a BGSAVE is made
	Saved              Kind = "saved"               // a dump is written
	Connecting         Kind = "connecting"          // the replica, to Peer
	ConnectFailed      Kind = "connect-failed"      // it reached no master: Reason
)

// An Event is a line that says something about replication or the process's
// life. Fields that the line does not tell are zero; Offset is -1 then.
type Event struct {
	Line
	Kind            Kind
	Version         server.Version
	Peer            string
	ID, SecondaryID string
	Offset, Bytes   int64
	Reason          string
	Command         string
	Backlog         []byte
	// Client is who asked for it, as CLIENT LIST shows one; "" where it does not tell.
	Client string
	Port   string
}

// pattern ties a form of message to an event; groups of the expression are
// named for the fields they fill.
type pattern struct {
	kind Kind
	text *regexp.Regexp
}

// patterns are the messages of all versions: "slave" became "replica" in 5.0,
// "master" "primary" in Valkey 8. They are compiled when a log is read: few
// runs of a program read any.
var patterns = sync.OnceValue(func() []pattern {
	return compile(messages)
})

type message struct {
	kind Kind
	text string
}

var messages = []message{
	{Started, `^(?:(?i:redis|valkey)) version=(?P<version>[\d.]+)`},
	{Started, `^Server started, (?P<flavor>Redis|Valkey) version (?P<version>[\d.]+)`},
	{Listening, `^Running mode=[\w ]+, port=(?P<port>\d+)`},
	{Ready, `^(?:Ready to accept connections|The server is now ready to accept connections)`},
	{Loaded, `^DB loaded from`},
	{Stopped, `^(?:Redis|Valkey) is now ready to exit`},
	{Crashed, `^(?:=== ASSERTION FAILED|(?:Redis|Valkey) .*crashed by signal|.*crashed by signal|Guru Meditation)`},
	{Critical, `^== CRITICAL == This (?:slave|replica) is sending an error to its (?:master|primary): '(?P<reason>.*)' after processing the command '(?P<command>[^']*)'`},
	{Critical, `^== CRITICAL ==(?: This (?:slave|replica) is sending an error to its (?:master|primary): '(?P<reason>.*)')?`},
	{LatestBacklog, `^Latest backlog is: '"(?P<backlog>.*)"'$`},
	{FullRequested, `^Full resync requested by (?:slave|replica) (?P<peer>\S+)`},
	{PartialAccepted, `^Partial resynchronization request from (?P<peer>\S+) accepted\. Sending (?P<bytes>\d+) bytes of backlog starting from offset (?P<offset>\d+)`},
	{PartialRefused, `^Unable to partial resync with (?:slave|replica) (?P<peer>\S+) for lack of backlog \((?:Slave|Replica) request was: (?P<offset>\d+)\)`},
	{PartialRefused, `^Partial resynchronization not accepted: (?P<reason>Requested offset for second ID was (?P<offset>\d+).*)`},
	{PartialRefused, `^Partial resynchronization not accepted: (?P<reason>.*)`},
	{BacklogCreated, `^Replication backlog created, my new replication IDs are '(?P<id>[0-9a-f]{40})' and '(?P<secondary>[0-9a-f]{40})'`},
	{ReplicaLost, `^Connection with (?:slave|replica) (?:client id #\d+|(?P<peer>\S+)) lost`},
	{SecondaryID, `^Setting secondary replication ID to (?P<secondary>[0-9a-f]{40}), valid up to offset: (?P<offset>\d+)\. New replication ID is (?P<id>[0-9a-f]{40})`},
	{SyncStarted, `^(?:MASTER|PRIMARY) <-> (?:SLAVE|REPLICA) sync started`},
	{PartialTried, `^Trying a partial resynchronization \(request (?P<id>[0-9a-f]{40}):(?P<offset>\d+)\)`},
	{PartialNotTried, `^Partial resynchronization not possible \(no cached (?:master|primary)\)`},
	{PartialDone, `^Successful partial resynchronization with (?:master|primary)`},
	{FullStarted, `^Full resync from (?:master|primary): (?P<id>[0-9a-f]{40}):(?P<offset>\d+)`},
	{FullDone, `^(?:MASTER|PRIMARY) <-> (?:SLAVE|REPLICA) sync: Finished with success`},
	{IDChanged, `^(?:Master|Primary) replication ID changed to (?P<id>[0-9a-f]{40})`},
	// src/config.c, updateMaxmemory
	{MemoryLimit, `^WARNING: the new maxmemory value set via CONFIG SET`},
	{MasterLost, `^Connection with (?:master|primary) lost`},
	{CacheDropped, `^Discarding previously cached (?:master|primary) state`},
	{CacheMade, `^Before turning into a (?:slave|replica), using my (?:own )?(?:master|primary) parameters to synthesize a cached (?:master|primary)`},
	{Promoted, `^(?:MASTER|PRIMARY) MODE enabled(?: \(user request from '(?P<client>[^']*))?`},
	{Demoted, `^(?:SLAVE OF|REPLICAOF) (?P<peer>\S+) enabled(?: \(user request from '(?P<client>[^']*))?`},
	// src/server.c, prepareForShutdown and sigShutdownHandler; Valkey names the client
	{Stopping, `^User requested shutdown\.\.\.(?: \(user request from '(?P<client>[^']*))?`},
	{Stopping, `^Received (?P<reason>SIG\w+|shutdown signal).* scheduling shutdown`},
	// src/rdb.c
	{SaveStarted, `^Background saving started by pid`},
	{Saved, `^DB saved on disk`},
	{Connecting, `^(?:Connecting|Reconnecting) to (?:MASTER|PRIMARY) (?P<peer>\S+)`},
	{ConnectFailed, `^(?:Error condition on socket for SYNC|Unable to connect to (?:MASTER|PRIMARY)): (?P<reason>.*)`},
	{ConnectFailed, `^(?P<reason>Timeout) connecting to the (?:MASTER|PRIMARY)`},
	{DumpVersion, `^Loading RDB produced by (?:(?P<flavor>Redis|Valkey|valkey|redis) )?version (?P<version>[\d.]+)`},
	{ProtocolError, `^Protocol error (?:\(.*\) )?from (?:client|master|primary|replica)`},
	{OutputBufferClosed, `closed for overcoming of output buffer limits`},
}

func compile(list []message) []pattern {
	var all []pattern
	for _, p := range list {
		all = append(all, pattern{p.kind, regexp.MustCompile(p.text)})
	}
	return all
}

// EventOf is what a line says; false if nothing that is known here.
func EventOf(l Line) (Event, bool) {
	for _, p := range patterns() {
		m := p.text.FindStringSubmatch(l.Text)
		if m == nil {
			continue
		}
		e := Event{Line: l, Kind: p.kind, Offset: -1}
		flavor, version := "", ""
		for i, name := range p.text.SubexpNames() {
			switch name {
			case "peer":
				e.Peer = m[i]
			case "id":
				e.ID = m[i]
			case "secondary":
				e.SecondaryID = m[i]
			case "offset":
				e.Offset = number(m[i])
			case "bytes":
				e.Bytes = number(m[i])
			case "port":
				e.Port = m[i]
			case "client":
				e.Client = m[i]
			case "reason":
				e.Reason = m[i]
			case "command":
				e.Command = m[i]
			case "backlog":
				e.Backlog = unquote(m[i])
			case "flavor":
				flavor = m[i]
			case "version":
				version = m[i]
			}
		}
		if version != "" {
			if flavor == "" && len(m[0]) > 0 && (m[0][0] == 'v' || m[0][0] == 'V') {
				flavor = "valkey"
			}
			if v, err := server.Parse(flavor + " " + version); err == nil {
				e.Version = v
			}
		}
		return e, true
	}
	return Event{}, false
}

// Asked are the fields of a CLIENT LIST line that say who asked for something: empty
// where they are not there, or hidden.
func (e *Event) Asked() (addr, name, user, command string) {
	for pair := range strings.FieldsSeq(e.Client) {
		key, value, _ := strings.Cut(pair, "=")
		if value == "*redacted*" { // hide-user-data-from-log
			continue
		}
		switch key {
		case "addr":
			addr = value
		case "name":
			name = value
		case "user":
			user = value
		case "cmd":
			command = value
		}
	}
	return addr, name, user, command
}

// unquote is what sdscatrepr quoted (src/sds.c); nil if it did not.
func unquote(text string) []byte {
	b := []byte{}
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c != '\\' {
			b = append(b, c)
			continue
		}
		if i++; i == len(text) {
			return nil
		}
		switch c := text[i]; c {
		case '\\', '"':
			b = append(b, c)
		case 'n', 'r', 't', 'a', 'b':
			b = append(b, "\n\r\t\a\b"[strings.IndexByte("nrtab", c)])
		case 'x':
			n, err := strconv.ParseUint(text[i+1:min(len(text), i+3)], 16, 8)
			if err != nil || i+3 > len(text) {
				return nil
			}
			b, i = append(b, byte(n)), i+2
		default:
			return nil
		}
	}
	return b
}

func number(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return -1
	}
	return n
}
