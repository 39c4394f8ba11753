// Package script reads Lua scripts and function libraries without running
// them: which commands they call, what they may write, and what in them can
// end otherwise on a replica than on its master.
//
// The parser is gopher-lua's, of Lua 5.1 as in the servers. What a script
// builds at run time (a command's name out of a variable, a key out of a
// value) is told as such, never guessed.
package script

import (
	"bytes"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/yuin/gopher-lua/ast"
	"github.com/yuin/gopher-lua/parse"
)

// The dangers that an Analysis names.
const (
	Unparsed        = "unparsed"         // it is not Lua 5.1, or too deeply nested; nothing is known of it
	ComputedCommand = "computed-command" // a command is called whose name the text does not show
	ComputedKey     = "computed-key"     // the name of a key is made up at run time
	UndeclaredKey   = "undeclared-key"   // a key stands in the script itself, not in KEYS
	Time            = "time"             // it reads the clock
	Random          = "random"           // it uses randomness, of the server or of Lua
	Unordered       = "unordered"        // it reads something whose order servers don't promise
	Replication     = "replication"      // it says itself how it is replicated
	NestedScript    = "nested-script"    // it calls another script
)

// Analysis is what can be told of a script from its text.
type Analysis struct {
	// Commands are the names that it calls, in upper case, sorted; Writes
	// those of them that write.
	Commands, Writes []string
	// Danger holds words from the list above, sorted.
	Danger []string
	// Keys are the keys that stand in the text itself.
	Keys []string
	// Calls are digests of scripts that it calls with EVALSHA.
	Calls []string
	// Library is what a function library says of itself; nil for a script.
	Library *Library
	// Err says why it could not be parsed.
	Err error
}

// Library is the head of a function library, and what it registers.
type Library struct {
	Engine, Name string
	Functions    []Function
	// Certain: every registration was understood.
	Certain bool
}

// Function is a function that a library registers.
type Function struct {
	Name  string
	Flags []string
}

// SHA1 is the name of a script: the digest of its exact bytes, in lower case
// hex.
func SHA1(body []byte) string {
	sum := sha1.Sum(body)
	return hex.EncodeToString(sum[:])
}

// Analyse reads a script or a library. It never fails: what it can't read is
// in the result.
func Analyse(body []byte) Analysis {
	var a Analysis
	code, engine, name := shebang(body)
	if engine != "" {
		a.Library = &Library{Engine: engine, Name: name, Certain: true}
	}
	chunk, err := parseLua(code)
	if err == nil {
		w := &walker{a: &a}
		w.names(chunk)
		err = w.chunk(chunk)
	}
	if err != nil {
		a.Err = err
		a.danger(Unparsed)
		if a.Library != nil {
			a.Library.Certain = false
		}
	}
	for _, list := range []*[]string{&a.Commands, &a.Writes, &a.Danger, &a.Keys, &a.Calls} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	return a
}

func (a *Analysis) danger(what string) { a.Danger = append(a.Danger, what) }

// Certain reports whether Commands and Writes are all that it calls.
func (a *Analysis) Certain() bool { return !a.Has(ComputedCommand) && !a.Has(Unparsed) }

// Has reports whether the analysis names a danger.
func (a *Analysis) Has(danger string) bool { return slices.Contains(a.Danger, danger) }

// ReadsSorted reports whether it may call a command whose reply a server that
// replicates scripts sorts for them, so that the order is the same on every
// replica: redis 6.2 src/server.c, the flag to-sort of the command table. What
// it calls without showing it counts.
func (a *Analysis) ReadsSorted() bool {
	if !a.Certain() || a.Has(NestedScript) {
		return true
	}
	return slices.ContainsFunc(a.Commands, func(name string) bool {
		switch name {
		case "KEYS", "SMEMBERS", "HKEYS", "HVALS", "SINTER", "SUNION", "SDIFF":
			return true
		}
		return false
	})
}

// shebang takes "#!engine key=value…" off the first line, and keeps its line
// end so that places stay right.
func shebang(body []byte) (code []byte, engine, name string) {
	if !bytes.HasPrefix(body, []byte("#!")) {
		return body, "", ""
	}
	line, _, _ := bytes.Cut(body, []byte("\n"))
	fields := strings.Fields(string(line[2:]))
	if len(fields) == 0 {
		return body[len(line):], "", ""
	}
	for _, f := range fields[1:] {
		if value, ok := strings.CutPrefix(f, "name="); ok {
			// Only a library has a name; EVAL scripts may carry flags alone.
			return body[len(line):], strings.ToLower(fields[0]), value
		}
	}
	return body[len(line):], "", ""
}

// parseLua parses, and turns the parser's panics into errors.
func parseLua(code []byte) (chunk []ast.Stmt, err error) {
	defer func() {
		if r := recover(); r != nil {
			chunk, err = nil, fmt.Errorf("the parser gave up")
		}
	}()
	chunk, err = parse.Parse(bytes.NewReader(code), "script")
	if err != nil {
		// The parser's message quotes the script, which may not be shown.
		return nil, fmt.Errorf("no valid Lua 5.1")
	}
	return chunk, nil
}
