package report

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/inspect"
	"github.com/redsleuth/redsleuth/parse/info"
	"github.com/redsleuth/redsleuth/repl"
	"github.com/redsleuth/redsleuth/server"
)

// INFO is taken for that of the server that saved a dump where nothing else would do: its
// replica in step says much the same, and later output is of another moment.
func TestInfoOf(t *testing.T) {
	const id, saved = "680fe49cce76df6a734eff427257bcd37b03b5c2", 1_795_701_085
	dump := &inspect.RDB{
		Server: server.ParseAux("redis-ver", "7.0.15"), CreatedAt: time.Unix(saved, 0),
		Aux:         []inspect.Aux{{Name: []byte("used-mem"), Value: []byte("1000000")}},
		Databases:   []*inspect.Database{{DB: 0, Keys: 21}},
		Replication: &inspect.Replication{State: repl.State{ID: id, Offset: 3319}},
	}
	said := func(id string, offset, keys, at, used int64) *info.Info {
		i, err := info.Parse(strings.NewReader(fmt.Sprintf("redis_version:7.0.15\nrole:master\nmaster_replid:%s\n"+
			"master_repl_offset:%d\nrdb_last_save_time:%d\nused_memory:%d\ndb0:keys=%d,expires=0\n",
			id, offset, at, used, keys)))
		if err != nil {
			t.Fatal(err)
		}
		return i
	}
	own := said(id, 3319, 21, saved, 1_010_000)
	inStep := said(id, 3319, 21, saved, 900_000)
	for _, c := range []struct {
		name  string
		infos []*info.Info
		want  int
	}{
		{"its own", []*info.Info{own}, 0},
		{"its own, and its replica's", []*info.Info{inStep, own}, 1},
		{"two that come as near", []*info.Info{own, said(id, 3319, 21, saved, 985_000)}, -1},
		{"of another save", []*info.Info{said(id, 3319, 21, saved+600, 1_010_000)}, -1},
		{"of other keys", []*info.Info{said(id, 3319, 22, saved, 1_010_000)}, -1},
		{"of another history", []*info.Info{said(strings.Repeat("9", 40), 3319, 21, saved, 1_010_000)}, -1},
		{"none", nil, -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := InfoOf(dump, c.infos); got != c.want {
				t.Errorf("%d, want %d", got, c.want)
			}
		})
	}
}
