package document

import (
	"encoding/hex"
	"encoding/json"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/inspect"
	"github.com/redsleuth/redsleuth/internal/appendjson"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/replay"
	"github.com/redsleuth/redsleuth/replay/replica"
)

// Replay is the document of replay.
type Replay struct {
	Schema         string                `json:"schema"`
	MasterVersion  json.RawMessage       `json:"master_version,omitempty"`
	ReplicaVersion json.RawMessage       `json:"replica_version,omitempty"`
	VersionSource  replica.VersionSource `json:"replica_version_source"`
	Links          []ReplayLink          `json:"links"`
	Scripts        []ReplayScript        `json:"scripts"`
	ScriptsLeftOut int64                 `json:"scripts_left_out,omitempty"`
	Findings       []Finding             `json:"findings"`
	Summary        ReplaySummary         `json:"summary"`
	Verdict        string                `json:"verdict"`
	// Restarts, Versions, States and History are there where they were asked
	// for.
	Restarts       []UnsafeRange    `json:"restarts,omitzero"`
	Versions       []VersionOutcome `json:"versions,omitempty"`
	States         []State          `json:"states,omitempty"`
	History        []Touch          `json:"history,omitzero"`
	HistoryLeftOut int64            `json:"history_left_out,omitempty"`
}

// ReplaySummary counts commands, and findings by severity.
type ReplaySummary struct {
	Commands int64 `json:"commands"`
	Writes   int64 `json:"writes"`
	Errors   int64 `json:"errors"`
	Warnings int64 `json:"warnings"`
}

// A ReplayLink is a link, with what replay knows beside: whose it is, how the
// replica came to it, and how far it kept what it ran.
type ReplayLink struct {
	Link
	Path           string          `json:"path"`
	ReplicaNumber  int             `json:"replica_number"`
	Entry          string          `json:"entry"`
	Base           string          `json:"base,omitempty"`
	RanTo          *int64          `json:"ran_to,omitempty"`
	PayloadVersion json.RawMessage `json:"payload_version,omitempty"`
}

// A ReplayScript is a script or a library that the replica was given or asked
// for. Sources holds the first of the Seen places. Where its text is nowhere,
// Bytes is null, and Writes and Danger are absent.
type ReplayScript struct {
	SHA1    string          `json:"sha1"`
	Bytes   *int64          `json:"bytes"`
	Name    json.RawMessage `json:"name,omitempty"`
	Sources []Source        `json:"sources"`
	Seen    int64           `json:"seen"`
	Calls   int64           `json:"calls"`
	Writes  []string        `json:"writes,omitzero"`
	Danger  []string        `json:"danger,omitzero"`
}

// A Source is a place from which the replica had a script.
type Source struct {
	Kind   replica.SourceKind `json:"kind"`
	File   json.RawMessage    `json:"file,omitempty"`
	Link   int                `json:"link,omitempty"`
	Offset *int64             `json:"offset"`
}

// An UnsafeRange is a range of offsets at which a restart of the replica would
// do harm, with the first command that would meet it.
type UnsafeRange struct {
	Behaviour string `json:"behaviour"`
	From      int64  `json:"from"`
	To        int64  `json:"to"`
	Commands  int64  `json:"commands"`
	Victim    Victim `json:"first_victim"`
}

// A Victim is a command that would run otherwise after a restart.
type Victim struct {
	File    json.RawMessage   `json:"file,omitempty"`
	Link    int               `json:"link"`
	Offset  int64             `json:"offset"`
	Command json.RawMessage   `json:"command"`
	SHA1    string            `json:"sha1,omitempty"`
	DB      *int              `json:"db,omitempty"`
	Keys    []json.RawMessage `json:"keys,omitempty"`
}

// A VersionOutcome is what a replica of one of several versions asked about
// would have met.
type VersionOutcome struct {
	ServerVersion string        `json:"server_version"`
	Findings      []Finding     `json:"findings"`
	Summary       ReplaySummary `json:"summary"`
	Verdict       string        `json:"verdict"`
	OwnDump       *OwnDump      `json:"own_dump,omitempty"`
	Restarts      []UnsafeRange `json:"restarts,omitzero"`
}

// An OwnDump is what a replica of the version would have met that had run it all
// along, and started from dumps of its own.
type OwnDump struct {
	Summary ReplaySummary `json:"summary"`
	Verdict string        `json:"verdict"`
}

// A State is that of a replica's process at the point asked for; Reached is
// false where the streams end before it.
type State struct {
	Replica        int               `json:"replica"`
	File           json.RawMessage   `json:"file,omitempty"`
	Link           int               `json:"link"`
	Reached        bool              `json:"reached"`
	ReplicationID  json.RawMessage   `json:"replication_id,omitempty"`
	Offset         *int64            `json:"offset"`
	SecondaryID    json.RawMessage   `json:"secondary_id,omitempty"`
	SecondaryLimit *int64            `json:"secondary_limit,omitempty"`
	Time           string            `json:"time,omitempty"`
	DB             *int              `json:"db"`
	StreamDB       *int              `json:"stream_db"`
	Transaction    bool              `json:"transaction"`
	Process        int               `json:"process"`
	ScriptsKnown   bool              `json:"scripts_known"`
	Scripts        []string          `json:"scripts"`
	ScriptsLeftOut int64             `json:"scripts_left_out,omitempty"`
	LibrariesKnown bool              `json:"libraries_known"`
	Libraries      []json.RawMessage `json:"libraries"`
}

// A Touch is an event in the history of the keys asked for.
type Touch struct {
	File      json.RawMessage `json:"file,omitempty"`
	Link      int             `json:"link,omitempty"`
	Offset    *int64          `json:"offset"`
	Byte      *int64          `json:"byte"`
	Time      string          `json:"time,omitempty"`
	DB        *int            `json:"db"`
	ReplicaDB *int            `json:"replica_db"`
	Key       json.RawMessage `json:"key,omitempty"`
	Command   json.RawMessage `json:"command,omitempty"`
	Type      string          `json:"type,omitempty"`
	// ReplicationID is that of the history that Offset is of.
	ReplicationID json.RawMessage `json:"replication_id,omitempty"`
	// Side is whose dump it is that holds the key so.
	Side string `json:"side,omitempty"`
	// Args are the arguments but for the key, or the elements of the value of a record,
	// as far as a history keeps them.
	Args        []json.RawMessage `json:"args,omitempty"`
	ArgsLeft    int               `json:"args_left,omitempty"`
	Outcome     string            `json:"outcome"`
	Transaction bool              `json:"transaction,omitempty"`
	Computed    bool              `json:"computed_keys,omitempty"`
	Client      *TouchClient      `json:"client,omitempty"`
	To          string            `json:"to,omitempty"`
	Reply       record.Reply      `json:"reply,omitempty"`
	ReplyError  json.RawMessage   `json:"reply_error,omitempty"`
}

// A TouchClient is who asked for what is no command of a stream; Addr is null
// where nothing tells it.
type TouchClient struct {
	Addr *string         `json:"addr"`
	Name json.RawMessage `json:"name,omitempty"`
	User json.RawMessage `json:"user,omitempty"`
}

// A LinkPlace names a link: which stream of replay's arguments holds it, from
// 0, and its number within.
type LinkPlace struct{ Stream, Link int }

// NewReplay makes the document of a report. contents are what inspect tells
// of links beside; asked are the options of the replay.
func NewReplay(
	r *replay.Report, contents map[LinkPlace]*inspect.Link, asked *replay.Options,
	f *render.BytesFormatter,
) *Replay {
	d := &Replay{
		Schema: "redsleuth/replay/1", MasterVersion: wordOrNone(r.MasterVersion, f),
		ReplicaVersion: wordOrNone(r.ReplicaVersion, f), VersionSource: r.VersionSource,
		Links: []ReplayLink{}, Scripts: []ReplayScript{}, ScriptsLeftOut: r.ScriptsLeftOut,
		Findings: Findings(r.Findings, f), Summary: ReplaySummary(r.Summary),
		Verdict: string(r.Verdict), HistoryLeftOut: r.TouchesLeftOut,
	}
	for _, l := range r.Links {
		d.Links = append(d.Links, newReplayLink(l, contents[LinkPlace{l.Stream, l.Number}], f))
	}
	for i := range r.Scripts {
		d.Scripts = append(d.Scripts, newReplayScript(r, &r.Scripts[i], f))
	}
	for i := range r.Versions {
		d.Versions = append(d.Versions, newVersionOutcome(r, &r.Versions[i], asked, f))
	}
	if asked.Restarts {
		d.Restarts = newUnsafeRanges(r, r.Restarts, f)
	}
	for i := range r.States {
		d.States = append(d.States, newState(r, &r.States[i], f))
	}
	if asked.Key != nil {
		d.History = make([]Touch, 0, len(r.Touches))
		for i := range r.Touches {
			d.History = append(d.History, newTouch(r, &r.Touches[i], f))
		}
	}
	return d
}

// linkPlace is a link of the report as its input and its number within that; the
// input is named where there are several.
func linkPlace(r *replay.Report, index int) (file json.RawMessage, link int) {
	if index == 0 {
		return nil, 0
	}
	l := r.Links[index-1]
	for _, other := range r.Links {
		if other.Stream != l.Stream {
			return appendjson.Bytes(nil, []byte(l.Path)), l.Number
		}
	}
	return nil, l.Number
}

func newReplayLink(l *replay.Link, contents *inspect.Link, f *render.BytesFormatter) ReplayLink {
	d := ReplayLink{
		Link: newLink(&l.Link, f), Path: l.Path, ReplicaNumber: l.Replica, Entry: l.Found(),
		Base: l.Base, RanTo: known(l.RanTo), PayloadVersion: wordOrNone(l.PayloadVersion, f),
	}
	d.addCommands(l.Databases, l.ByCommand, f)
	if contents != nil {
		d.addContents(contents, f)
	}
	return d
}

func newReplayScript(r *replay.Report, s *replica.Script, f *render.BytesFormatter) ReplayScript {
	d := ReplayScript{
		SHA1: hex.EncodeToString(s.SHA1[:]), Name: textOrNone(s.Name, f), Sources: []Source{},
		Seen: s.Seen, Calls: s.Calls,
	}
	if s.Seen > 0 {
		d.Bytes = &s.Bytes
	}
	for _, at := range s.Sources {
		file, link := linkPlace(r, at.Link)
		d.Sources = append(d.Sources, Source{at.Kind, file, link, known(at.Offset)})
	}
	if s.Analysed {
		d.Writes, d.Danger = list(s.Writes), list(s.Danger)
	}
	return d
}

func newVersionOutcome(
	r *replay.Report, v *replay.Result, asked *replay.Options, f *render.BytesFormatter,
) VersionOutcome {
	d := VersionOutcome{
		ServerVersion: v.Version.String(), Findings: Findings(v.Findings, f),
		Summary: ReplaySummary(v.Summary), Verdict: string(v.Verdict),
	}
	if own := v.OwnDump; own != nil {
		d.OwnDump = &OwnDump{ReplaySummary(own.Summary), string(own.Verdict)}
	}
	if asked.Restarts {
		d.Restarts = newUnsafeRanges(r, v.Restarts, f)
	}
	return d
}

func newUnsafeRanges(r *replay.Report, ranges []replica.Unsafe, f *render.BytesFormatter) []UnsafeRange {
	out := make([]UnsafeRange, 0, len(ranges))
	for i := range ranges {
		u := &ranges[i]
		v := u.Victim
		file, link := linkPlace(r, v.Link)
		out = append(out, UnsafeRange{u.Behaviour.String(), u.From, u.To, u.Commands, Victim{
			file, link, v.Offset, f.Bytes([]byte(v.Command)), v.SHA1, known(v.DB), f.BytesList(v.Keys),
		}})
	}
	return out
}

func newState(r *replay.Report, t *replay.State, f *render.BytesFormatter) State {
	file, link := linkPlace(r, t.Link)
	d := State{
		Replica: t.Replica, File: file, Link: link, Reached: t.Reached,
		ReplicationID: wordOrNone(t.ReplicationID, f), Offset: known(t.Offset),
		SecondaryID: wordOrNone(t.SecondaryID, f), SecondaryLimit: known(t.SecondaryOffset),
		Time: timeText(t.Time), DB: known(t.DB), StreamDB: known(t.StreamDB),
		Transaction: t.Transaction, Process: t.Process, ScriptsKnown: t.ScriptsKnown,
		Scripts: []string{}, ScriptsLeftOut: t.ScriptsLeftOut, LibrariesKnown: t.LibrariesKnown,
		Libraries: []json.RawMessage{},
	}
	for _, sha := range t.Scripts {
		d.Scripts = append(d.Scripts, hex.EncodeToString(sha[:]))
	}
	for _, name := range t.Libraries {
		d.Libraries = append(d.Libraries, f.Bytes([]byte(name)))
	}
	return d
}

func newTouch(r *replay.Report, t *replay.Touch, f *render.BytesFormatter) Touch {
	_, link := linkPlace(r, t.Link)
	d := Touch{
		File: file(t.Path, t.File, f), Link: link, Offset: known(t.Offset), Byte: known(t.Byte),
		Time: timeText(t.Time), DB: known(t.DB), ReplicaDB: known(t.ReplicaDB),
		Key: bytesOrNone(t.Key, f), Command: textOrNone(t.Command, f), Type: t.Type,
		Outcome: string(t.Outcome), Transaction: t.Transaction != 0, Computed: t.Computed, Side: t.Side,
	}
	d.ArgsLeft, d.ReplicationID = t.ArgsLeft, wordOrNone(t.History, f)
	for _, a := range t.Args {
		d.Args = append(d.Args, f.Bytes(a))
	}
	if c := t.Client; c != nil {
		d.Client = &TouchClient{Name: textOrNone(c.Name, f), User: textOrNone(c.User, f)}
		if c.Addr != "" {
			addr := f.Place(c.Addr)
			d.Client.Addr = &addr
		}
		d.To, d.Reply, d.ReplyError = f.Place(c.To), c.Reply, wordOrNone(c.ReplyError, f)
	}
	return d
}
