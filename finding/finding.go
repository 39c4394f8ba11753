// Package finding is the one shape in which every analysis says what it
// found, and the catalogue of what each code means.
//
// A Finding has a Code, a Severity for the server version concerned, a message
// without bytes of the artefacts, and the place: offsets are replication
// offsets, bytes are places in the decompressed input, both nil where they are
// not known; links count from 1, and 0 is none. Codes are in kebab case and never
// change their meaning.
//
// The catalogue has a Markdown file a code, cause or evidence code
// (catalogue/CODE.md); the versions in it come from the rows of package server
// that the file names.
package finding

// Severity is how much a finding weighs for the server version concerned.
type Severity string

// The severities. Info never makes the exit status 1.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
	Info    Severity = "info"
)

// Code names a kind of finding. Codes never change meaning.
type Code string

// A Finding is one thing found, with its proof. The message holds no bytes of
// the artefacts (those are in Keys and Command), so that it needs neither
// escaping nor redaction.
type Finding struct {
	Code     Code
	Severity Severity
	Message  string
	// Path is the input that it is about; "" where there is only one.
	Path string
	// File is the part of a multi-part AOF that it is about, by the name that
	// the set gives it. Untrusted.
	File []byte
	// Link counts from 1 within the input; 0 is none.
	Link int
	// Offset is a replication offset, Byte a place in the decompressed
	// input, DB and ExpectedDB databases; nil where unknown.
	Offset, Byte   *int64
	DB, ExpectedDB *int
	// ExpectedDBUnknown: the finding is about a database that nothing tells;
	// its document then shows expected_db as null.
	ExpectedDBUnknown bool
	SHA1              string // of a script
	Command           []byte // name of the command concerned
	Keys              [][]byte
	Commands          int64 // how many commands it concerns; 0 where that is no question
	Count             int64 // how many times; 0 where that is no question
	Bytes             int64 // how many bytes it concerns; 0 where that is no question
	// Places are the first ones, where it is counted and they are worth a look.
	Places []Place
	// Divergence names a row of the catalogue of divergences; "" for none.
	Divergence string
	// Affects and FixedIn are server versions, in words: "4.0.0 to 4.0.3".
	Affects, FixedIn string
}

// A Place is where in an input something is.
type Place struct {
	Path   string // of the input; "" where there is only one
	File   []byte // as of Finding
	Link   int
	Offset *int64 // nil where unknown
}

// HasProblems reports whether any of the findings is a warning or an error.
func HasProblems(findings []Finding) bool {
	for i := range findings {
		if findings[i].Severity != Info {
			return true
		}
	}
	return false
}

// At is a pointer to a place, for the fields that may be unknown.
func At[T any](v T) *T { return &v }
