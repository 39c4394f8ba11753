package main

import (
	"encoding/hex"
	"encoding/json"
	"time"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/inspect"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/replay"
)

// replayJSON is the document of replay.
type replayJSON struct {
	Schema         string               `json:"schema"`
	MasterVersion  string               `json:"master_version,omitempty"`
	ReplicaVersion string               `json:"replica_version,omitempty"`
	VersionSource  replay.VersionSource `json:"replica_version_source"`
	Links          []replayLinkJSON     `json:"links"`
	Scripts        []replayScriptJSON   `json:"scripts"`
	ScriptsLeftOut int64                `json:"scripts_left_out,omitempty"`
	Findings       []render.FindingJSON `json:"findings"`
	Summary        summaryJSON          `json:"summary"`
	Restarts       *[]unsafeJSON        `json:"restarts,omitempty"`
	Versions       []versionJSON        `json:"versions,omitempty"`
	States         []stateJSON          `json:"states,omitempty"`
	History        *[]touchJSON         `json:"history,omitempty"`
	HistoryLeftOut int64                `json:"history_left_out,omitempty"`
}

type summaryJSON struct {
	Commands int64 `json:"commands"`
	Writes   int64 `json:"writes"`
	Errors   int64 `json:"errors"`
	Warnings int64 `json:"warnings"`
}

// replayLinkJSON is a link, with what replay knows beside.
type replayLinkJSON struct {
	render.LinkJSON
	Path           string `json:"path"`
	ReplicaNumber  int    `json:"replica_number"`
	Entry          string `json:"entry"`
	Base           string `json:"base,omitempty"`
	RanTo          *int64 `json:"ran_to,omitempty"`
	PayloadVersion string `json:"payload_version,omitempty"`
}

type replayScriptJSON struct {
	SHA1    string       `json:"sha1"`
	Bytes   int64        `json:"bytes"`
	Name    string       `json:"name,omitempty"`
	Sources []sourceJSON `json:"sources"`
	Seen    int64        `json:"seen"`
	Calls   int64        `json:"calls"`
	Writes  *[]string    `json:"writes,omitempty"`
	Danger  *[]string    `json:"danger,omitempty"`
}

type sourceJSON struct {
	Kind   replay.SourceKind `json:"kind"`
	Link   int               `json:"link,omitempty"`
	Offset *int64            `json:"offset"`
}

type unsafeJSON struct {
	Behaviour string     `json:"behaviour"`
	From      int64      `json:"from"`
	To        int64      `json:"to"`
	Commands  int64      `json:"commands"`
	Victim    victimJSON `json:"first_victim"`
}

type victimJSON struct {
	Link    int               `json:"link"`
	Offset  int64             `json:"offset"`
	Command json.RawMessage   `json:"command"`
	SHA1    string            `json:"sha1,omitempty"`
	DB      *int              `json:"db,omitempty"`
	Keys    []json.RawMessage `json:"keys,omitempty"`
}

type versionJSON struct {
	ServerVersion string               `json:"server_version"`
	Supposed      bool                 `json:"supposed_dumps"`
	Findings      []render.FindingJSON `json:"findings"`
	Summary       summaryJSON          `json:"summary"`
	Restarts      *[]unsafeJSON        `json:"restarts,omitempty"`
}

type stateJSON struct {
	Replica        int      `json:"replica"`
	Link           int      `json:"link"`
	Reached        bool     `json:"reached"`
	ReplicationID  string   `json:"replication_id,omitempty"`
	Offset         *int64   `json:"offset"`
	SecondaryID    string   `json:"secondary_id,omitempty"`
	SecondaryLimit *int64   `json:"secondary_limit,omitempty"`
	Time           string   `json:"time,omitempty"`
	DB             *int     `json:"db"`
	StreamDB       *int     `json:"stream_db"`
	Transaction    bool     `json:"transaction"`
	Process        int      `json:"process"`
	ScriptsKnown   bool     `json:"scripts_known"`
	Scripts        []string `json:"scripts"`
	ScriptsLeftOut int64    `json:"scripts_left_out,omitempty"`
	LibrariesKnown bool     `json:"libraries_known"`
	Libraries      []string `json:"libraries"`
}

type touchJSON struct {
	Path        string          `json:"path"`
	File        json.RawMessage `json:"file,omitempty"`
	Link        int             `json:"link,omitempty"`
	Offset      *int64          `json:"offset"`
	Byte        *int64          `json:"byte"`
	Time        string          `json:"time,omitempty"`
	DB          *int            `json:"db"`
	ReplicaDB   *int            `json:"replica_db"`
	Key         json.RawMessage `json:"key,omitempty"`
	Command     json.RawMessage `json:"command,omitempty"`
	Type        string          `json:"type,omitempty"`
	Outcome     record.Outcome  `json:"outcome"`
	Transaction bool            `json:"transaction,omitempty"`
	Computed    bool            `json:"computed_keys,omitempty"`
}

func replayDocument(r *replay.Report, contents linkContents, s *render.Shower, o *replay.Options) *replayJSON {
	d := &replayJSON{
		Schema: "redsleuth/replay/1", MasterVersion: r.MasterVersion, ReplicaVersion: r.ReplicaVersion, VersionSource: r.VersionSource,
		Links: []replayLinkJSON{}, Scripts: []replayScriptJSON{}, Findings: render.FindingsJSON(r.Findings, s),
		Summary: summaryJSON(r.Summary), ScriptsLeftOut: r.ScriptsLeftOut, HistoryLeftOut: r.TouchesLeftOut,
	}
	for _, l := range r.Links {
		d.Links = append(d.Links, linkDocument(l, contents[[2]int{l.Stream, l.InStream}], s))
	}
	for i := range r.Scripts {
		d.Scripts = append(d.Scripts, scriptDocument(&r.Scripts[i]))
	}
	for i := range r.Versions {
		v := &r.Versions[i]
		d.Versions = append(d.Versions, versionJSON{
			v.Version.String(), v.Supposed, render.FindingsJSON(v.Findings, s), summaryJSON(v.Summary), restartsDocument(v.Restarts, s, o.Restarts),
		})
	}
	d.Restarts = restartsDocument(r.Restarts, s, o.Restarts)
	for i := range r.States {
		d.States = append(d.States, stateDocument(&r.States[i]))
	}
	if o.Key != nil {
		history := make([]touchJSON, 0, len(r.Touches))
		for i := range r.Touches {
			history = append(history, touchDocument(&r.Touches[i], s))
		}
		d.History = &history
	}
	return d
}

func linkDocument(l *replay.Link, contents *inspect.Link, s *render.Shower) replayLinkJSON {
	j := replayLinkJSON{
		LinkJSON: render.Link(&l.Link, s), Path: l.Path, ReplicaNumber: l.Replica, Entry: l.Found(), Base: l.Base,
		RanTo: offset(l.RanTo), PayloadVersion: l.PayloadVersion,
	}
	j.WithCommands(l.Databases, l.ByCommand, s)
	if contents != nil {
		j.WithContents(contents, s)
	}
	return j
}

func scriptDocument(c *replay.Script) replayScriptJSON {
	j := replayScriptJSON{
		SHA1: hex.EncodeToString(c.SHA1[:]), Bytes: c.Bytes, Name: c.Name, Sources: []sourceJSON{}, Seen: c.Seen, Calls: c.Calls,
	}
	for _, p := range c.Sources {
		j.Sources = append(j.Sources, sourceJSON{p.Kind, p.Link, offset(p.Offset)})
	}
	if c.Analysed {
		j.Writes, j.Danger = listOf(c.Writes), listOf(c.Danger)
	}
	return j
}

// listOf makes an empty list of a nil one.
func listOf(words []string) *[]string {
	list := append([]string{}, words...)
	return &list
}

func restartsDocument(ranges []replay.Unsafe, s *render.Shower, asked bool) *[]unsafeJSON {
	if !asked {
		return nil
	}
	list := make([]unsafeJSON, 0, len(ranges))
	for i := range ranges {
		u := &ranges[i]
		v := u.Victim
		list = append(list, unsafeJSON{u.Behaviour.String(), u.From, u.To, u.Commands, victimJSON{
			v.Link, v.Offset, s.Bytes([]byte(v.Command)), v.SHA1, database(v.DB), s.BytesList(v.Keys),
		}})
	}
	return &list
}

func stateDocument(t *replay.State) stateJSON {
	j := stateJSON{
		Replica: t.Replica, Link: t.Link, Reached: t.Reached, ReplicationID: t.ReplicationID, Offset: offset(t.Offset),
		SecondaryID: t.SecondaryID, SecondaryLimit: offset(t.SecondaryLimit), Time: timeText(t.Time), DB: database(t.DB),
		StreamDB: database(t.StreamDB), Transaction: t.Transaction, Process: t.Process, ScriptsKnown: t.ScriptsKnown,
		Scripts: []string{}, ScriptsLeftOut: t.ScriptsLeftOut, LibrariesKnown: t.LibrariesKnown, Libraries: *listOf(t.Libraries),
	}
	for _, sha := range t.Scripts {
		j.Scripts = append(j.Scripts, hex.EncodeToString(sha[:]))
	}
	return j
}

func touchDocument(t *replay.Touch, s *render.Shower) touchJSON {
	j := touchJSON{
		Path: t.Path, Link: t.Link, Offset: offset(t.Offset), Byte: offset(t.Byte), Time: timeText(t.Time), DB: database(t.DB),
		ReplicaDB: database(t.ReplicaDB), Type: t.Type, Outcome: t.Outcome, Transaction: t.Transaction, Computed: t.Computed,
	}
	if t.Key != nil {
		j.Key = s.Bytes(t.Key)
	}
	if t.File != nil {
		j.File = s.Bytes(t.File)
	}
	if t.Command != "" {
		j.Command = s.Bytes([]byte(t.Command))
	}
	return j
}

// offset is nil for what nothing tells.
func offset(n int64) *int64 {
	if n == record.Unknown {
		return nil
	}
	return &n
}

func database(n int) *int {
	if n == record.Unknown {
		return nil
	}
	return &n
}

func timeText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return render.Time(t)
}
