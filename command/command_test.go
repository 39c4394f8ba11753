package command

import (
	"strings"
	"testing"
)

// split takes a line apart; ” is an empty argument.
func split(line string) (args [][]byte) {
	for _, w := range strings.Fields(line) {
		args = append(args, []byte(strings.ReplaceAll(w, "''", "")))
	}
	return args
}

func TestWrites(t *testing.T) {
	for _, name := range []string{"set", "EVAL", "evalsha", "FCALL", "xgroup", "FlushAll", "PFCOUNT", "nosuch", "VADD", "SORT", strings.Repeat("x", 100)} {
		if !Writes([]byte(name)) {
			t.Errorf("%s does not write", name)
		}
	}
	for _, name := range []string{"get", "EVAL_RO", "select", "ping", "MULTI", "EXEC", "replconf", "publish", "SCRIPT"} {
		if Writes([]byte(name)) {
			t.Errorf("%s writes", name)
		}
	}
}

func TestWritesBySubcommand(t *testing.T) {
	for line, want := range map[string]bool{
		"XGROUP CREATE k g $": true, "xgroup help": false, "XGROUP NOSUCH": true,
		"CLUSTER FLUSHSLOT 1": true, "CLUSTER SYNCSLOTS FINISH": false, "CLUSTER": false,
		"FUNCTION LOAD x": false, "SCRIPT LOAD x": false, "HIMPORT SET k f 1": true, "NOSUCH": true,
	} {
		t.Run(line, func(t *testing.T) {
			if got := Writes(split(line)...); got != want {
				t.Errorf("writes: %v", got)
			}
		})
	}
}

func TestScope(t *testing.T) {
	for line, want := range map[string]Scope{
		"FLUSHDB": Database, "flushall ASYNC": Keyspace, "SWAPDB 0 1": Keyspace, "MOVE k 1": TwoDatabases,
		"GET k": Nothing, "SET k v": Named, "COPY a b": TwoDatabases, "NOSUCH": Uncertain, "": Uncertain,
		"EVAL x 0": Scripted, "EVAL_RO x 0": Nothing, "TRIMSLOTS RANGES 1 0 5": Keyspace,
		"SFLUSH 0 5": Keyspace, "CLUSTER FLUSHSLOT 5": Keyspace, "CLUSTER INFO": Nothing,
		"FUNCTION FLUSH": Nothing, "SELECT 1": Nothing,
	} {
		t.Run(line, func(t *testing.T) {
			if got := ScopeOf(split(line)); got != want {
				t.Errorf("%d, want %d", got, want)
			}
		})
	}
}

func TestClassOf(t *testing.T) {
	for name, want := range map[string]Class{
		"ping": Quiet, "REPLCONF": Quiet, "select": Select, "MULTI": Multi, "EXEC": Exec, "Eval": Eval,
		"EVAL_RO": Eval, "EVALSHA": EvalSHA, "evalsha_ro": EvalSHA, "SCRIPT": ScriptCache,
		"FUNCTION": Functions, "FCALL": Fcall, "FCALL_RO": Fcall, "FLUSHALL": Flush, "FLUSHDB": Flush,
		"XADD": XAdd, "SET": Ordinary, "NOSUCH": Ordinary, "": Ordinary, "DISCARD": Ordinary,
	} {
		t.Run(name, func(t *testing.T) {
			if got := ClassOf([]byte(name)); got != want {
				t.Errorf("%d, want %d", got, want)
			}
		})
	}
}

func BenchmarkWrites(b *testing.B) {
	name := []byte("HINCRBYFLOAT")
	for b.Loop() {
		Writes(name)
	}
}

func BenchmarkClassOf(b *testing.B) {
	name := []byte("EVALSHA")
	for b.Loop() {
		ClassOf(name)
	}
}
