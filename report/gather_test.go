package report

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/redsleuth/redsleuth/parse/input"
)

// Texts are told apart by what is in them, also where one holds another.
func TestKindOfText(t *testing.T) {
	const info = "# Server\r\nredis_version:7.0.15\r\nrole:master\r\nrun_id:1\r\nused_memory:1\r\ntcp_port:6379\r\n"
	for name, test := range map[string]struct {
		text string
		want input.Kind
	}{
		"INFO":  {info, KindInfo},
		"a log": {"1:M 25 Nov 2026 18:43:24.001 * Ready to accept connections\n", KindLog},
		"a log with the INFO of a crash": {"1:S 25 Nov 2026 18:43:24.001 # === ASSERTION FAILED ===\n" +
			"------ INFO OUTPUT ------\n" + info, KindLog},
		"what was asked":               {`{"schema":"redsleuth/collect/1"}`, KindCollect},
		"a capture whose head is gone": {"\x00\x17\x02$1500\r\n" + info, KindUnknown},
		"notes of people":              {"we restarted it at 3: then all was well\n", KindUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "text")
			if err := os.WriteFile(path, []byte(test.text), 0o600); err != nil {
				t.Fatal(err)
			}
			if got := KindOfText(path); got != test.want {
				t.Errorf("%s, not %s", got, test.want)
			}
		})
	}
}

// Recordings of a folder come in the order of their numbers, which tells when they were
// made where nothing else does.
func TestWalkOrder(t *testing.T) {
	dir := t.TempDir()
	want := []string{"a/link-9", "a/link-10", "link", "link-1.psync", "link-02-b.psync", "link-2.psync",
		"link-10.psync", "master.rdb"}
	for _, name := range slices.Backward(want) {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	err := Walk(dir, func(_, name string) error {
		got = append(got, filepath.ToSlash(name))
		return nil
	})
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%s, %v", strings.Join(got, " "), err)
	}
}
