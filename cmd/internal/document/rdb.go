package document

import (
	"encoding/json"
	"fmt"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/inspect"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/server"
)

// RDB is a dump, or the payload of a link.
type RDB struct {
	Magic         string          `json:"magic,omitempty"`
	Version       int             `json:"version,omitempty"`
	Server        string          `json:"server"` // "redis" or "valkey"
	ServerVersion json.RawMessage `json:"server_version,omitempty"`
	CreatedAt     string          `json:"created_at,omitempty"`
	Aux           []Aux           `json:"aux"`
	Replication   *Replication    `json:"replication"`
	Scripts       []RDBScript     `json:"scripts"`
	Functions     []Library       `json:"functions"`
	Keyspace
	Rarities
	Checksum    Checksum    `json:"checksum"`
	Values      Values      `json:"values"`
	Announced   []Announced `json:"announced,omitempty"`
	MissingKeys *int64      `json:"missing_keys,omitempty"`
	Lost        *Lost       `json:"lost,omitempty"`
	Loads       []Loads     `json:"loads,omitempty"`
	End         record.End  `json:"end"`
	EOFMark     bool        `json:"eof_mark,omitempty"`
}

// Lost is what could not be read where --salvage went on behind it.
type Lost struct {
	Ranges int64 `json:"ranges"`
	Bytes  int64 `json:"bytes"`
	Saved  int64 `json:"keys_behind"`
}

// Loads says whether a server of a version would load the dump; null where that
// is not known. ServerVersion is null of a dump that names none.
type Loads struct {
	ServerVersion *string `json:"server_version"`
	Loads         *bool   `json:"loads"`
	Why           string  `json:"why,omitempty"`
}

// Values says whether every value that was reached is sound, broken where one
// is not, or unread where not all were opened.
type Values struct {
	Status string `json:"status"`
	Broken int64  `json:"broken"`
}

// Announced is how many keys the dump says that a database has.
type Announced struct {
	DB   int   `json:"db"`
	Keys int64 `json:"keys"`
}

// Keyspace is what the keys of a dump are. Expired is judged at JudgedAt.
type Keyspace struct {
	Databases   []Database       `json:"databases"`
	Types       map[string]*Type `json:"types"`
	Keys        int64            `json:"keys"`
	Expires     int64            `json:"expires"`
	JudgedAt    string           `json:"judged_at,omitempty"`
	FirstExpiry string           `json:"first_expiry,omitempty"`
	LastExpiry  string           `json:"last_expiry,omitempty"`
	Biggest     []Key            `json:"biggest,omitempty"`
	Filter      *Passed          `json:"filter,omitempty"`
	Memory      *Memory          `json:"memory,omitempty"`
	Prefixes    *Prefixes        `json:"prefixes,omitempty"`
	Sizes       []Class          `json:"sizes,omitempty"`
	TTL         []Class          `json:"ttl,omitempty"`
	Idle        []Class          `json:"idle,omitempty"`
	Freq        []Class          `json:"lfu,omitempty"`
}

// Rarities are what few dumps hold, and what was asked for beside.
type Rarities struct {
	Modules       []string    `json:"module_aux,omitempty"`
	Slots         int64       `json:"slot_infos,omitempty"`
	SlotImports   int64       `json:"slot_imports,omitempty"`
	Updates       int64       `json:"updates,omitempty"`
	HashTemplates int64       `json:"hash_templates,omitempty"`
	Shard         *Shard      `json:"shard,omitempty"`
	Duplicates    int64       `json:"duplicates_checked_until,omitempty"`
	CrossChecked  *CrossCheck `json:"cross_check,omitempty"`
}

// Aux is an AUX field as it stands in the dump.
type Aux struct {
	Key   json.RawMessage `json:"key"`
	Value json.RawMessage `json:"value"`
	// Count is how many fields of that name it stands for, where there are many.
	Count int64 `json:"count,omitempty"`
}

// Replication is the replication state that a server saved in a dump.
type Replication struct {
	ID       json.RawMessage `json:"id"`
	Offset   int64           `json:"offset"`
	StreamDB *int            `json:"stream_db,omitempty"`
	Restored Restored        `json:"restored_on_restart"`
}

// Restored says what of it a server of the dump's version restores when it is
// started from the dump as a replica; null where the version is not known.
type Restored struct {
	Position *bool `json:"position"`
	Database *bool `json:"database"`
	Scripts  *bool `json:"scripts"`
}

// An RDBScript is a script in an AUX field of a dump, or in a command of a
// link: Count times, first at Byte.
type RDBScript struct {
	SHA1   string `json:"sha1"`
	Bytes  int64  `json:"bytes"`
	Count  int64  `json:"count"`
	Byte   int64  `json:"byte"`
	Offset *int64 `json:"offset,omitempty"`
	As     string `json:"as,omitempty"` // "rdb-aux", "eval" or "script-load"
}

// A Library is a function library; Partial means that it may register more
// functions than its text shows.
type Library struct {
	Name      json.RawMessage   `json:"name"`
	Engine    json.RawMessage   `json:"engine"`
	Functions []json.RawMessage `json:"functions"`
	Partial   bool              `json:"partial,omitempty"`
	Byte      int64             `json:"byte"`
	Bytes     int64             `json:"bytes"`
}

// A Database counts the keys under one number; Expired is null where nothing
// tells the time.
type Database struct {
	DB      *int   `json:"db"`
	Keys    int64  `json:"keys"`
	Expires int64  `json:"expires"`
	Expired *int64 `json:"expired"`
	Memory  *int64 `json:"memory,omitempty"` // with --memory
}

// Counts sums keys, their elements and the bytes of their records; of module
// values, Elements is null.
type Counts struct {
	Keys     int64  `json:"keys"`
	Elements *int64 `json:"elements"`
	Bytes    int64  `json:"bytes"`
	Memory   *int64 `json:"memory,omitempty"` // with --memory
}

func newCounts(c inspect.Counts, measured bool) Counts {
	d := Counts{Keys: c.Keys, Elements: known(c.Elements), Bytes: c.Bytes}
	if measured {
		d.Memory = known(c.Memory)
	}
	return d
}

// Type counts the keys of one type.
type Type struct {
	Counts
	Encodings []Encoding `json:"encodings,omitempty"`
}

// Encoding counts the keys of one encoding of a type.
type Encoding struct {
	Encoding json.RawMessage `json:"encoding"`
	Counts
}

// A Key is one of the largest; of a module value, Elements is null.
type Key struct {
	DB       *int            `json:"db"`
	Key      json.RawMessage `json:"key"`
	Type     string          `json:"type"`
	Encoding string          `json:"encoding,omitempty"`
	Elements *int64          `json:"elements"`
	Bytes    int64           `json:"bytes"`
	Byte     int64           `json:"byte"`
	Memory   *int64          `json:"memory,omitempty"`
	ExpireAt string          `json:"expire_at,omitempty"`
}

// A Class of a histogram holds the values from From to below Below.
type Class struct {
	From  int64  `json:"from"`
	Below *int64 `json:"below,omitempty"`
	Keys  int64  `json:"keys"`
}

// CrossCheck counts the keys that a second decoder read too.
type CrossCheck struct {
	Agreed   int64 `json:"agreed"`
	Differ   int64 `json:"differ"`
	TooLarge int64 `json:"too_large"`
	Unknown  int64 `json:"unknown_types"`
}

// Checksum is the CRC-64 of a dump, in hexadecimal: many readers of JSON lose
// the last digits of 64 bits.
type Checksum struct {
	Status   rdb.ChecksumStatus `json:"status"`
	Stored   string             `json:"stored,omitempty"`
	Computed string             `json:"computed,omitempty"`
}

func newRDB(r *inspect.RDB, f *render.BytesFormatter) *RDB {
	d := &RDB{
		Magic: r.Magic, Version: r.Version, Server: "redis",
		ServerVersion: wordOrNone(r.ServerVersion, f),
		CreatedAt:     timeText(r.CreatedAt), Aux: []Aux{}, Replication: newReplication(r.Replication, f),
		Scripts: newRDBScripts(r.Scripts), Functions: []Library{}, Keyspace: newKeyspace(r, f),
		Rarities: Rarities{
			Modules: r.ModuleAux, Slots: r.Slots, SlotImports: r.SlotImports, Updates: r.Updates,
			HashTemplates: r.HashTemplates, Duplicates: r.DuplicatesUntil, Shard: inspectedShard(r.Shard),
			CrossChecked: (*CrossCheck)(r.CrossChecked),
		},
		Checksum: newChecksum(r.Checksum), Values: Values{r.Values.Status(), r.Values.Broken}, End: r.End, EOFMark: r.EOFMark,
	}
	if r.Valkey {
		d.Server = "valkey"
	}
	for _, a := range r.Aux {
		x := Aux{Key: f.Bytes(a.Name), Value: f.Bytes(a.Value)}
		if a.Count > 1 {
			x.Count = a.Count
		}
		d.Aux = append(d.Aux, x)
	}
	for _, a := range r.Announced {
		d.Announced = append(d.Announced, Announced(a))
	}
	if missing, told := inspect.MissingKeys(r); told {
		d.MissingKeys = &missing
	}
	if r.Lost.Ranges > 0 {
		d.Lost = (*Lost)(&r.Lost)
	}
	for _, l := range r.Loads {
		j := Loads{Loads: newAnswer(l.Answer), Why: l.Why}
		if v := l.Version.String(); v != "" {
			j.ServerVersion = &v
		}
		d.Loads = append(d.Loads, j)
	}
	for _, l := range r.Functions {
		d.Functions = append(d.Functions, newLibrary(l, f))
	}
	return d
}

func newKeyspace(r *inspect.RDB, f *render.BytesFormatter) Keyspace {
	d := Keyspace{
		Databases: []Database{}, Types: map[string]*Type{}, Keys: r.Keys, Expires: r.Expires,
		Sizes: newClasses(r.Sizes), TTL: newClasses(r.TTL), Idle: newClasses(r.Idle),
		Freq: newClasses(r.Freq),
	}
	measured := r.Memory != nil && len(r.Memory.Versions) > 0
	if r.Judged {
		d.JudgedAt = render.Millis(r.JudgedAt)
	}
	if r.Filtered {
		d.Filter = &Passed{r.Keys, r.Read}
	}
	d.Memory = newMemory(r.Memory, f)
	if r.Expires > 0 {
		d.FirstExpiry, d.LastExpiry = render.Millis(r.FirstExpiry), render.Millis(r.LastExpiry)
	}
	for _, x := range r.Databases {
		j := Database{DB: known(x.DB), Keys: x.Keys, Expires: x.Expires}
		if measured {
			j.Memory = known(x.Memory)
		}
		if r.Judged {
			j.Expired = &x.Expired
		}
		d.Databases = append(d.Databases, j)
	}
	for _, t := range r.Types {
		j := &Type{Counts: newCounts(t.Total, measured)}
		for _, e := range t.Encodings {
			j.Encodings = append(j.Encodings, Encoding{f.Word(e.Name), newCounts(e.Counts, measured)})
		}
		d.Types[t.Object.String()] = j
	}
	for i := range r.Biggest {
		d.Biggest = append(d.Biggest, newKey(&r.Biggest[i], f))
	}
	d.Prefixes = newPrefixes(r.Patterns, f)
	return d
}

func newKey(k *inspect.Key, f *render.BytesFormatter) Key {
	j := Key{
		DB: known(k.DB), Key: f.Bytes(k.Name), Type: k.Object.String(), Encoding: k.Encoding,
		Elements: known(k.Elements), Bytes: k.Bytes, Byte: k.Byte,
	}
	if k.HasExpire {
		j.ExpireAt = render.Millis(k.ExpireAt)
	}
	return j
}

func newReplication(r *inspect.Replication, f *render.BytesFormatter) *Replication {
	if r == nil {
		return nil
	}
	return &Replication{f.Word(r.ID), r.Offset, known(r.StreamDB), Restored{
		newAnswer(r.Restored.Position), newAnswer(r.Restored.Database), newAnswer(r.Restored.Scripts),
	}}
}

func newAnswer(a server.Answer) *bool {
	if a == server.Unknown {
		return nil
	}
	yes := a == server.Yes
	return &yes
}

func newLibrary(l *inspect.Library, f *render.BytesFormatter) Library {
	j := Library{
		Name: textOrNull(l.Name, f), Engine: textOrNull(l.Engine, f), Functions: []json.RawMessage{},
		Partial: l.Partial, Byte: l.Byte, Bytes: l.Bytes,
	}
	for _, name := range l.Functions {
		j.Functions = append(j.Functions, f.Bytes([]byte(name)))
	}
	return j
}

func newRDBScripts(scripts []*inspect.Script) []RDBScript {
	out := []RDBScript{}
	for _, x := range scripts {
		out = append(out, RDBScript{x.SHA1, x.Bytes, x.Count, x.Byte, known(x.Offset), x.As})
	}
	return out
}

// newClasses leaves out histograms of nothing.
func newClasses(h *inspect.Histogram) []Class {
	if h == nil || h.Total == 0 {
		return nil
	}
	var out []Class
	from := int64(0)
	for i, n := range h.Counts {
		c := Class{From: from, Keys: n}
		if i < len(h.Bounds) {
			c.Below = &h.Bounds[i]
			from = h.Bounds[i]
		}
		out = append(out, c)
	}
	return out
}

func newChecksum(c rdb.Checksum) Checksum {
	d := Checksum{Status: c.Status}
	if c.Status == rdb.ChecksumAbsent {
		return d
	}
	if c.Stored != 0 {
		d.Stored = fmt.Sprintf("%016x", c.Stored)
	}
	if c.Computed != 0 {
		d.Computed = fmt.Sprintf("%016x", c.Computed)
	}
	return d
}
