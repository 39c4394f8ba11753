package command

import (
	"bytes"
	"strings"
	"testing"
)

func TestRedact(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"AUTH hush", "AUTH (redacted)"},
		{"auth user hush", "auth (redacted) (redacted)"},
		{"HELLO 3 AUTH user hush SETNAME app", "HELLO 3 AUTH (redacted) (redacted) SETNAME app"},
		{"HELLO 3 SETNAME app", "HELLO 3 SETNAME app"},
		{"HELLO 3 AUTH user", "HELLO 3 AUTH (redacted)"},
		{"MIGRATE host 6379 key 0 100 AUTH hush KEYS a", "MIGRATE host 6379 key 0 100 AUTH (redacted) KEYS a"},
		{"MIGRATE host 6379 auth 0 100 COPY AUTH2 user hush", "MIGRATE host 6379 auth 0 100 COPY AUTH2 (redacted) (redacted)"},
		{"ACL SETUSER bob on >hush ~*", "ACL SETUSER (redacted) (redacted) (redacted) (redacted)"},
		{"ACL LIST", "ACL LIST"},
		{"CONFIG SET requirepass hush maxmemory 1", "CONFIG SET requirepass (redacted) maxmemory 1"},
		{"config set maxmemory 1 MasterAuth hush", "config set maxmemory 1 MasterAuth (redacted)"},
		{"CONFIG GET requirepass", "CONFIG GET requirepass"},
		{"SENTINEL SET mymaster auth-pass hush", "SENTINEL SET mymaster auth-pass (redacted)"},
		{"SET auth hush", "SET auth hush"},
		{"AUTH", "AUTH"},
	} {
		args := bytes.Fields([]byte(c.args))
		Redact(args)
		if got := string(bytes.Join(args, []byte(" "))); got != c.want {
			t.Errorf("%s: %s", c.args, got)
		} else if strings.Contains(c.want, "(redacted)") && bytes.Contains([]byte(c.args), Redacted) {
			t.Errorf("%s: its own bytes were changed", c.args)
		}
	}
}
