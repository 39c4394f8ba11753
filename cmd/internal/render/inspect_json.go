package render

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/server"

	"github.com/redsleuth/redsleuth/inspect"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
)

// An Inspection is the report on one input.
type Inspection struct {
	Path        string
	Bytes       int64 // on disk; -1 where not known
	Compression string
	Report      *inspect.Report
}

// InspectionJSON is the document of inspect.
type InspectionJSON struct {
	Schema   string            `json:"schema"`
	Record   string            `json:"record,omitempty"` // only as ndjson
	Input    InputJSON         `json:"input"`
	RDB      *RDBJSON          `json:"rdb,omitempty"`
	Links    []LinkJSON        `json:"links,omitempty"`
	Files    []json.RawMessage `json:"files,omitempty"`
	Ignored  int64             `json:"ignored_connections,omitempty"`
	Findings []FindingJSON     `json:"findings"`
}

// InputJSON says which input it is.
type InputJSON struct {
	Path        string     `json:"path"`
	Bytes       *int64     `json:"bytes"`
	Kind        input.Kind `json:"kind"`
	Compression string     `json:"compression,omitempty"`
}

// RDBJSON is a dump or a payload.
type RDBJSON struct {
	Magic         string               `json:"magic"`
	Version       int                  `json:"version"`
	Server        string               `json:"server"`
	ServerVersion json.RawMessage      `json:"server_version,omitempty"`
	CreatedAt     string               `json:"created_at,omitempty"`
	Aux           []auxJSON            `json:"aux"`
	Replication   *replicationJSON     `json:"replication"`
	Scripts       []scriptJSON         `json:"scripts"`
	Functions     []libraryJSON        `json:"functions"`
	Databases     []databaseJSON       `json:"databases"`
	Types         map[string]*typeJSON `json:"types"`
	Keys          int64                `json:"keys"`
	Expires       int64                `json:"expires"`
	JudgedAt      string               `json:"judged_at,omitempty"`
	FirstExpiry   string               `json:"first_expiry,omitempty"`
	LastExpiry    string               `json:"last_expiry,omitempty"`
	Biggest       []keyJSON            `json:"biggest,omitempty"`
	Prefixes      *prefixesJSON        `json:"prefixes,omitempty"`
	Sizes         []classJSON          `json:"sizes,omitempty"`
	TTL           []classJSON          `json:"ttl,omitempty"`
	Idle          []classJSON          `json:"idle,omitempty"`
	Freq          []classJSON          `json:"lfu,omitempty"`
	Modules       []string             `json:"module_aux,omitempty"`
	Slots         int64                `json:"slot_infos,omitempty"`
	SlotImports   int64                `json:"slot_imports,omitempty"`
	Updates       int64                `json:"updates,omitempty"`
	HashTemplates int64                `json:"hash_templates,omitempty"`
	Duplicates    int64                `json:"duplicates_checked_until,omitempty"`
	CrossChecked  *crossCheckJSON      `json:"cross_check,omitempty"`
	Checksum      checksumJSON         `json:"checksum"`
	End           record.End           `json:"end"`
}

type auxJSON struct {
	Key   json.RawMessage `json:"key"`
	Value json.RawMessage `json:"value"`
}

type replicationJSON struct {
	ID       json.RawMessage `json:"id"`
	Offset   int64           `json:"offset"`
	StreamDB *int            `json:"stream_db,omitempty"`
	Restored restoredJSON    `json:"restored_on_restart"`
}

type restoredJSON struct {
	Position *bool `json:"position"`
	Database *bool `json:"database"`
	Scripts  *bool `json:"scripts"`
}

type scriptJSON struct {
	SHA1   string `json:"sha1"`
	Bytes  int64  `json:"bytes"`
	Count  int64  `json:"count"`
	Byte   int64  `json:"byte"`
	Offset *int64 `json:"offset,omitempty"`
	As     string `json:"as,omitempty"`
}

type libraryJSON struct {
	Name      json.RawMessage   `json:"name"`
	Engine    json.RawMessage   `json:"engine"`
	Functions []json.RawMessage `json:"functions"`
	Partial   bool              `json:"partial,omitempty"`
	Byte      int64             `json:"byte"`
	Bytes     int64             `json:"bytes"`
}

type databaseJSON struct {
	DB      int    `json:"db"`
	Keys    int64  `json:"keys"`
	Expires int64  `json:"expires"`
	Expired *int64 `json:"expired"`
}

type countsJSON struct {
	Keys     int64 `json:"keys"`
	Elements int64 `json:"elements"`
	Bytes    int64 `json:"bytes"`
}

type typeJSON struct {
	countsJSON
	Encodings []encodingJSON `json:"encodings,omitempty"`
}

type encodingJSON struct {
	Encoding json.RawMessage `json:"encoding"`
	countsJSON
}

type keyJSON struct {
	DB       *int            `json:"db"`
	Key      json.RawMessage `json:"key"`
	Type     string          `json:"type"`
	Encoding string          `json:"encoding,omitempty"`
	Elements int64           `json:"elements"`
	Bytes    int64           `json:"bytes"`
	Byte     int64           `json:"byte"`
	ExpireAt string          `json:"expire_at,omitempty"`
}

type prefixesJSON struct {
	List   []prefixJSON `json:"list"`
	Missed int64        `json:"missed_at_most,omitempty"`
}

type prefixJSON struct {
	Prefix json.RawMessage `json:"prefix"`
	Keys   int64           `json:"keys"`
	Bytes  int64           `json:"bytes"`
}

// classJSON is a class of a histogram: values from From to below Below.
type classJSON struct {
	From  int64  `json:"from"`
	Below *int64 `json:"below,omitempty"`
	Keys  int64  `json:"keys"`
}

type crossCheckJSON struct {
	Agreed   int64 `json:"agreed"`
	Differ   int64 `json:"differ"`
	TooLarge int64 `json:"too_large"`
	Unknown  int64 `json:"unknown_types"`
}

type checksumJSON struct {
	Status   rdb.ChecksumStatus `json:"status"`
	Stored   string             `json:"stored,omitempty"`
	Computed string             `json:"computed,omitempty"`
}

// JSON makes the document.
func (i *Inspection) JSON(s *Shower) *InspectionJSON {
	out := &InspectionJSON{
		Schema:   "redsleuth/inspect/1",
		Input:    InputJSON{Path: i.Path, Kind: i.Report.Kind, Compression: i.Compression},
		Ignored:  i.Report.Ignored,
		Findings: FindingsJSON(i.Report.Findings, s),
	}
	if i.Bytes >= 0 {
		out.Input.Bytes = &i.Bytes
	}
	if i.Report.RDB != nil {
		out.RDB = rdbJSON(i.Report.RDB, s)
	}
	for _, f := range i.Report.Files {
		out.Files = append(out.Files, s.Bytes(f.Name))
	}
	for _, l := range i.Report.Links {
		out.Links = append(out.Links, inspectedLink(l, s))
	}
	return out
}

func rdbJSON(r *inspect.RDB, s *Shower) *RDBJSON {
	out := &RDBJSON{
		Magic: r.Magic, Version: r.Version, Server: "redis",
		Aux: []auxJSON{}, Scripts: scriptsJSON(r.Scripts), Functions: []libraryJSON{}, Databases: []databaseJSON{},
		Types: map[string]*typeJSON{}, Keys: r.Keys, Expires: r.Expires,
		Sizes: classesJSON(r.Sizes), TTL: classesJSON(r.TTL), Idle: classesJSON(r.Idle), Freq: classesJSON(r.Freq),
		Modules: r.ModuleAux, Slots: r.Slots, SlotImports: r.SlotImports, Updates: r.Updates, HashTemplates: r.HashTemplates,
		Duplicates: r.DuplicatesUntil, Checksum: checksum(r.Checksum), End: r.End,
	}
	if r.Valkey {
		out.Server = "valkey"
	}
	if r.ServerVersion != "" {
		out.ServerVersion = s.Own(r.ServerVersion)
	}
	if !r.CreatedAt.IsZero() {
		out.CreatedAt = Time(r.CreatedAt)
	}
	if r.Judged {
		out.JudgedAt = Millis(r.JudgedAt)
	}
	if r.Expires > 0 {
		out.FirstExpiry, out.LastExpiry = Millis(r.FirstExpiry), Millis(r.LastExpiry)
	}
	for _, a := range r.Aux {
		out.Aux = append(out.Aux, auxJSON{s.Bytes(a.Name), s.Bytes(a.Value)})
	}
	if r.Replication != nil {
		out.Replication = replicationOf(r.Replication, s)
	}
	for _, l := range r.Functions {
		out.Functions = append(out.Functions, libraryOf(l, s))
	}
	if x := r.CrossChecked; x != nil {
		out.CrossChecked = (*crossCheckJSON)(x)
	}
	fillKeyspace(out, r, s)
	return out
}

// fillKeyspace sets what is about keys.
func fillKeyspace(out *RDBJSON, r *inspect.RDB, s *Shower) {
	for _, d := range r.Databases {
		j := databaseJSON{DB: d.DB, Keys: d.Keys, Expires: d.Expires}
		if r.Judged {
			j.Expired = &d.Expired
		}
		out.Databases = append(out.Databases, j)
	}
	for _, t := range r.Types {
		j := &typeJSON{countsJSON: countsJSON(t.Total)}
		for _, e := range t.Encodings {
			j.Encodings = append(j.Encodings, encodingJSON{s.Own(e.Name), countsJSON(e.Counts)})
		}
		out.Types[t.Object.String()] = j
	}
	for i := range r.Biggest {
		out.Biggest = append(out.Biggest, keyOf(&r.Biggest[i], s))
	}
	if p := r.Prefixes; p != nil {
		out.Prefixes = &prefixesJSON{List: []prefixJSON{}, Missed: p.Missed}
		for _, x := range p.List {
			out.Prefixes.List = append(out.Prefixes.List, prefixJSON{s.Bytes(x.Name), x.Keys, x.Bytes})
		}
	}
}

func keyOf(k *inspect.Key, s *Shower) keyJSON {
	j := keyJSON{Key: s.Bytes(k.Name), Type: k.Object.String(), Encoding: k.Encoding, Elements: k.Elements, Bytes: k.Bytes, Byte: k.Byte}
	if k.DB >= 0 {
		j.DB = &k.DB
	}
	if k.HasExpire {
		j.ExpireAt = Millis(k.ExpireAt)
	}
	return j
}

func replicationOf(r *inspect.Replication, s *Shower) *replicationJSON {
	j := &replicationJSON{ID: s.Own(r.ID), Offset: r.Offset}
	if r.StreamDB >= 0 {
		j.StreamDB = &r.StreamDB
	}
	j.Restored = restoredJSON{answerJSON(r.Restored.Position), answerJSON(r.Restored.Database), answerJSON(r.Restored.Scripts)}
	return j
}

func answerJSON(a server.Answer) *bool {
	if a == server.Unknown {
		return nil
	}
	yes := a == server.Yes
	return &yes
}

func libraryOf(l *inspect.Library, s *Shower) libraryJSON {
	j := libraryJSON{Functions: []json.RawMessage{}, Partial: l.Partial, Byte: l.Byte, Bytes: l.Bytes}
	j.Name, j.Engine = s.optional(l.Name), s.optional(l.Engine)
	for _, f := range l.Functions {
		j.Functions = append(j.Functions, s.Bytes([]byte(f)))
	}
	return j
}

// optional is null for "".
func (s *Shower) optional(text string) json.RawMessage {
	if text == "" {
		return json.RawMessage("null")
	}
	return s.Bytes([]byte(text))
}

func scriptsJSON(scripts []*inspect.Script) []scriptJSON {
	out := []scriptJSON{}
	for _, x := range scripts {
		j := scriptJSON{SHA1: x.SHA1, Bytes: x.Bytes, Count: x.Count, Byte: x.Byte, As: x.As}
		if x.Offset >= 0 {
			j.Offset = &x.Offset
		}
		out = append(out, j)
	}
	return out
}

// classesJSON leaves out histograms of nothing.
func classesJSON(h *inspect.Histogram) []classJSON {
	if h == nil || h.Total == 0 {
		return nil
	}
	var out []classJSON
	from := int64(0)
	for i, n := range h.Counts {
		c := classJSON{From: from, Keys: n}
		if i < len(h.Bounds) {
			c.Below = &h.Bounds[i]
			from = h.Bounds[i]
		}
		out = append(out, c)
	}
	return out
}

func checksum(c rdb.Checksum) checksumJSON {
	out := checksumJSON{Status: c.Status}
	if c.Status == rdb.ChecksumAbsent {
		return out
	}
	if c.Stored != 0 {
		out.Stored = fmt.Sprintf("%016x", c.Stored)
	}
	if c.Computed != 0 {
		out.Computed = fmt.Sprintf("%016x", c.Computed)
	}
	return out
}

// optionalTime is "" for no time.
func optionalTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return Time(t)
}
