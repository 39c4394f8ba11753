package redistest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestDataSurvivesShutdown(t *testing.T) {
	for _, p := range Servers(t) {
		t.Run(p.String(), func(t *testing.T) {
			s := StartProgram(t, p)
			if info := fmt.Sprint(s.Do("INFO", "server")); !strings.Contains(info, "_version:"+p.Version) {
				t.Errorf("it is another version:\n%s", info)
			}
			if !s.Knows("SET") || s.Knows("NO-SUCH") {
				t.Error("it knows what it does not, or the other way round")
			}
			s.Do("SET", "k", "v")
			s.Shutdown()
			s.Launch()
			if got := s.Do("GET", "k"); got != "v" {
				t.Errorf("after a restart k is %v", got)
			}
		})
	}
}

func TestServersAreFound(t *testing.T) {
	dir, onPath := t.TempDir(), t.TempDir()
	for _, name := range []string{
		"redis-server-7.0.15", "redis-server-7.0.2", "redis-server-10.0.0", "valkey-server-8.0.1",
		"redis-cli-7.0.15", "other-server-1.0",
	} {
		write(t, filepath.Join(dir, name), "")
	}
	write(t, filepath.Join(onPath, "valkey-server"), "#!/bin/sh\necho Valkey server v=9.1.2 sha=00000000:0\n")
	write(t, filepath.Join(onPath, "redis-server"), "#!/bin/sh\necho Valkey server v=9.1.2 sha=00000000:0\n")
	t.Setenv("REDSLEUTH_SERVERS", dir)
	t.Setenv("PATH", onPath)
	var names []string
	for _, p := range Servers(t) {
		names = append(names, p.String())
	}
	const want = "redis 7.0.2, redis 7.0.15, redis 10.0.0, valkey 8.0.1, valkey 9.1.2"
	if got := strings.Join(names, ", "); got != want {
		t.Errorf("found %s, want %s", got, want)
	}
	if got := Newest(t, "valkey", "a test").Version; got != "9.1.2" {
		t.Errorf("the newest valkey is %s", got)
	}
	if got := usual(t).Version; got != "7.0.2" {
		t.Errorf("a test that asks for no version gets %s", got)
	}
	if got := Servers(t)[1].Tool("cli"); filepath.Base(got) != "redis-cli-7.0.15" {
		t.Errorf("the redis-cli of 7.0.15 is %q", got)
	}
	if got := Servers(t)[0].Tool("cli"); got != "" {
		t.Errorf("7.0.2 has a redis-cli, %q", got)
	}
}

// TestNoneAtHand: a machine without servers skips, and does not pass.
func TestNoneAtHand(t *testing.T) {
	t.Setenv("REDSLEUTH_SERVERS", t.TempDir())
	t.Setenv("PATH", "")
	for name, ask := range map[string]func(*testing.T){
		"Servers": func(t *testing.T) { Servers(t) },
		"Newest":  func(t *testing.T) { Newest(t, "valkey", "a test") },
		"Start":   func(t *testing.T) { Start(t) },
	} {
		skipped := false
		t.Run(name, func(t *testing.T) {
			defer func() { skipped = t.Skipped() }()
			ask(t)
		})
		if !skipped {
			t.Errorf("%s was not skipped", name)
		}
	}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o700); err != nil {
		t.Fatal(err)
	}
}
