// Package schema says in JSON Schema (2020-12) what documents the commands write.
// The documents of package document are described by their Go types, so that the
// two can't part; the records of dump, which are written as they are read, by types
// made for it. Tests hold what the program writes against it.
//
//	Document     what --output json writes: the definition that the command is named for
//	Line         a line of --output ndjson
//
// A property that is not required may be absent. More properties may come; those
// that are there keep their meaning within a schema's number.
package schema

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/redsleuth/redsleuth/cmd/internal/document"
	"github.com/redsleuth/redsleuth/collect"
	"github.com/redsleuth/redsleuth/dump"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/internal/columns"
	"github.com/redsleuth/redsleuth/parse/record"
)

const draft = "https://json-schema.org/draft/2020-12/schema"

// An object is a JSON object.
type object = map[string]any

// A command is one that writes documents.
type command struct {
	name string
	// document is what --output json writes, or an array of it; lines are what
	// --output ndjson writes else, a record a line.
	document any
	lines    []any
	array    bool
}

func commands() []command {
	return []command{
		{name: "collect", document: collect.Server{}, array: true},
		{name: "diff", document: document.Diff{}, lines: []any{document.DiffHead{}, document.Difference{},
			document.DiffLibrary{}, document.DiffScript{}, findingLine{},
			document.Growth{}, document.GrownPattern{}}}, // of --growth, which writes the first whole too
		{name: "dump", lines: dumpRecords()},
		{name: "explain", document: document.Explain{}},
		{name: "inspect", document: document.Inspect{}, array: true},
		{name: "replay", document: document.Replay{}},
		{name: "report", document: document.Report{}},
		{name: "scripts", document: document.Scripts{}},
		{name: "version", document: document.Version{}},
	}
}

// findingLine is a finding in NDJSON.
type findingLine struct {
	Record string `json:"record"`
	document.Finding
}

// Commands are those that have a schema.
func Commands() []string {
	var names []string
	for _, c := range commands() {
		names = append(names, c.name)
	}
	return names
}

// For is the schema of what a command writes, or of what all do for "". It is nil
// for a command that has none.
func For(name string) json.Marshaler {
	b := &builder{defs: object{}}
	var any []object
	for _, c := range commands() {
		if name != "" && c.name != name {
			continue
		}
		any = append(any, b.command(&c)...)
	}
	if any == nil {
		return nil
	}
	id := "redsleuth"
	if name != "" {
		id += "/" + name + "/1"
	}
	return root{id, any, b.defs}
}

// A root is a whole schema.
type root struct {
	title string
	anyOf []object
	defs  object
}

// MarshalJSON implements json.Marshaler. What matters comes first.
func (r root) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Schema string   `json:"$schema"`
		Title  string   `json:"title"`
		AnyOf  []object `json:"anyOf"`
		Defs   object   `json:"$defs"`
	}{draft, r.title, r.anyOf, r.defs})
}

// A builder gathers definitions.
type builder struct{ defs object }

func (b *builder) command(c *command) (any []object) {
	if c.document != nil {
		one := b.of(reflect.TypeOf(c.document))
		any = append(any, one)
		if c.array {
			any = append(any, object{"type": "array", "items": one})
		}
	}
	var lines []object
	for _, line := range c.lines {
		lines = append(lines, b.of(reflect.TypeOf(line)))
	}
	any = append(any, lines...)
	if c.document == nil {
		any = append(any, object{"type": "array", "items": object{"anyOf": lines}})
	}
	switch c.name {
	case "dump":
		b.defs["parquet"] = parquet(dump.Columns())
	case "diff":
		b.defs["diff-parquet"] = parquet(document.DiffColumns())
	}
	return any
}

// bytes is how a byte string of an artefact is written.
var byteString = object{"anyOf": []object{
	{"type": "string"},
	{"type": "object", "properties": object{"base64": object{"type": "string"}},
		"required": []string{"base64"}, "additionalProperties": false},
	{"type": "object", "required": []string{"redacted", "bytes"}, "additionalProperties": false,
		"properties": object{"redacted": object{"type": "string"}, "bytes": object{"type": "integer"}}},
}}

// words are the types of which every value is known.
var words = map[reflect.Type][]string{
	reflect.TypeFor[finding.Severity]():   {"error", "warning", "info"},
	reflect.TypeFor[finding.Confidence](): {"proved", "likely"},
	reflect.TypeFor[record.End]():         {"clean", "truncated", "damaged", "unsupported"},
}

// of describes a type.
func (b *builder) of(t reflect.Type) object {
	if t == reflect.TypeFor[json.RawMessage]() {
		b.defs["bytes"] = byteString
		return ref("bytes")
	}
	if w := words[t]; w != nil {
		return object{"enum": w}
	}
	if t == reflect.TypeFor[collect.Time]() {
		return object{"type": "string", "format": "date-time"}
	}
	switch t.Kind() {
	case reflect.String:
		return object{"type": "string"}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Float64, reflect.Float32:
		return object{"type": "number"}
	case reflect.Slice, reflect.Array:
		return object{"type": "array", "items": b.of(t.Elem())}
	case reflect.Map:
		return object{"type": "object", "additionalProperties": b.of(t.Elem())}
	case reflect.Pointer:
		return b.of(t.Elem())
	case reflect.Interface:
		return object{}
	case reflect.Struct:
		name := nameOf(t)
		if b.defs[name] == nil {
			b.defs[name] = object{} // it may hold itself
			b.defs[name] = b.object(t)
		}
		return ref(name)
	}
	return object{"type": "integer"}
}

// nameOf is what the definition of a type is called: two packages may have types of
// one name.
func nameOf(t reflect.Type) string {
	if t.PkgPath() == reflect.TypeFor[collect.Server]().PkgPath() {
		return "Collect" + t.Name()
	}
	return t.Name()
}

// numbered is the schema that a document names, "" where it names none.
func numbered(t reflect.Type) string {
	for _, c := range commands() {
		if c.document != nil && reflect.TypeOf(c.document) == t {
			return "redsleuth/" + c.name + "/1"
		}
	}
	switch t {
	case reflect.TypeFor[document.DiffHead](), reflect.TypeFor[document.Growth]():
		return "redsleuth/diff/1"
	case reflect.TypeFor[dumpHeader]():
		return "redsleuth/dump/1"
	}
	return ""
}

func ref(name string) object { return object{"$ref": "#/$defs/" + name} }

// object describes a struct by its fields and their tags.
func (b *builder) object(t reflect.Type) object {
	properties, required := object{}, []string{}
	b.fields(t, true, properties, &required)
	if schema := numbered(t); schema != "" {
		properties["schema"] = object{"const": schema}
	}
	slices.Sort(required)
	return object{"type": "object", "properties": properties, "required": required}
}

// fields describes those of a struct, and of what it embeds; what a pointer
// embeds may be absent.
func (b *builder) fields(t reflect.Type, there bool, properties object, required *[]string) {
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous && f.Tag.Get("json") == "" {
			if embedded := f.Type; embedded.Kind() == reflect.Pointer {
				b.fields(embedded.Elem(), false, properties, required)
			} else {
				b.fields(embedded, there, properties, required)
			}
			continue
		}
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" || name == "-" {
			continue
		}
		properties[name] = b.field(&f, name)
		if there && options == "" {
			*required = append(*required, name)
		}
	}
}

// field describes one. What its type can't say is in its tag: schema:"any",
// schema:"integer" (or null), schema:"note", or the words that it may be.
func (b *builder) field(f *reflect.StructField, name string) object {
	tag := f.Tag.Get("schema")
	switch {
	case tag == "any":
		return object{}
	case tag == "integer":
		return nullable(object{"type": "integer"})
	case tag == "note":
		return object{"enum": dump.NoteRecords()}
	case tag != "":
		return object{"enum": strings.Split(tag, "|")}
	}
	is := b.of(f.Type)
	if is["type"] == "string" && isTime(name) {
		is = object{"type": "string", "format": "date-time"}
	}
	switch f.Type.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map: // nil of them is null
		is = nullable(is)
	}
	return is
}

func isTime(name string) bool { return name == "time" || strings.HasSuffix(name, "_at") }

func nullable(is object) object {
	return object{"anyOf": []object{is, {"type": "null"}}}
}

// parquet describes a row of --output parquet.
func parquet(all []columns.Column) object {
	kinds := map[columns.Kind]object{
		columns.Text:  {"type": "string", "x-parquet": "BYTE_ARRAY (STRING)"},
		columns.Hex:   {"type": "string", "x-parquet": "BYTE_ARRAY (STRING)"},
		columns.Int:   {"type": "integer", "x-parquet": "INT64"},
		columns.Small: {"type": "integer", "x-parquet": "INT32"},
		columns.Bool:  {"type": "boolean", "x-parquet": "BOOLEAN"},
		columns.Time: {"type": "string", "format": "date-time",
			"x-parquet": "INT64 (TIMESTAMP(MILLIS, UTC))"},
	}
	properties, names := object{}, []string{}
	for _, c := range all {
		is := maps.Clone(kinds[c.Kind])
		is["type"] = []any{is["type"], "null"}
		is["description"] = c.About
		properties[c.Name] = is
		names = append(names, c.Name)
	}
	return object{
		"description": "a row of --output parquet, all of whose columns are optional; x-columns has them in order",
		"type":        "object", "properties": properties, "required": names, "x-columns": names,
		"additionalProperties": false,
	}
}
