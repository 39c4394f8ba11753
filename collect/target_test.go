package collect

import (
	"errors"
	"testing"
)

func TestParseTarget(t *testing.T) {
	for url, want := range map[string]Target{
		"10.0.0.1:6380":          {Network: "tcp", Addr: "10.0.0.1:6380"},
		"redis://db":             {Network: "tcp", Addr: "db:6379"},
		"valkey://u@db:1":        {Network: "tcp", Addr: "db:1", User: "u"},
		"rediss://[::1]:7":       {Network: "tcp", Addr: "[::1]:7", TLS: true},
		"unix:///run/redis.sock": {Network: "unix", Addr: "/run/redis.sock"},
	} {
		if got, err := ParseTarget(url); err != nil || got != want {
			t.Errorf("%s: %+v, %v", url, got, err)
		}
	}
	for _, url := range []string{"http://db", "redis://", "unix://", "redis://u@:1", "redis://%zz"} {
		if got, err := ParseTarget(url); err == nil {
			t.Errorf("%s: %+v", url, got)
		}
	}
	if _, err := ParseTarget("redis://u:secret@db"); !errors.Is(err, ErrPassword) {
		t.Errorf("a password on the command line: %v", err)
	}
}

// No address leads out of the folder.
func TestFolderNames(t *testing.T) {
	for addr, want := range map[string]string{
		"10.0.0.1:6379":    "10.0.0.1-6379",
		"[fd00::1]:6379":   "fd00__1-6379",
		"../../etc:1":      "_.._etc-1",
		"..:1":             "-1",
		"/run/redis.sock":  "run_redis.sock",
		"a\x1b[2J\x00b:1":  "a__2J_b_1", // no host and port
		"höst.example:80":  "h_st.example-80",
		"./.ssh/id_rsa:22": "_.ssh_id_rsa-22",
	} {
		network := "tcp"
		if addr[0] == '/' {
			network = "unix"
		}
		if got := (Target{Network: network, Addr: addr}).folder(); got != want {
			t.Errorf("%q: %q, not %q", addr, got, want)
		}
	}
}
