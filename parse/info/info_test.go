package info

import (
	"fmt"
	"strings"
	"testing"
)

const (
	master4 = "# Server\r\nredis_version:4.0.2\r\nrun_id:" + "0123456789012345678901234567890123456789" + "\r\ntcp_port:6379\r\n\r\n" +
		"# Replication\r\nrole:master\r\nconnected_slaves:1\r\nslave0:ip=10.0.0.2,port=6380,state=online,offset=120,lag=1\r\n" +
		"master_replid:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\nmaster_replid2:0000000000000000000000000000000000000000\r\n" +
		"master_repl_offset:134\r\nsecond_repl_offset:-1\r\nrepl_backlog_active:1\r\nrepl_backlog_size:1048576\r\n" +
		"repl_backlog_first_byte_offset:1\r\nrepl_backlog_histlen:134\r\n\r\n# Keyspace\r\ndb0:keys=3,expires=1,avg_ttl=9\r\ndb11:keys=2,expires=0\r\n"
	replica7 = "role:slave\nmaster_host:::1\nmaster_port:6379\nmaster_link_status:down\nslave_repl_offset:99\nmaster_repl_offset:99\n" +
		"master_replid:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\nmaster_replid2:cccccccccccccccccccccccccccccccccccccccc\nsecond_repl_offset:51\n"
	valkey  = "redis_version:7.2.4\nserver_name:valkey\nvalkey_version:8.0.1\nrole:master\n"
	ancient = "redis_version:2.4.18\nrole:master\nconnected_slaves:1\nslave0:127.0.0.1,6380,online\ndb0:keys=1,expires=0\n"
)

func value(n *int64) string {
	if n == nil {
		return "?"
	}
	return fmt.Sprint(*n)
}

func TestParse(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"a master of 4.0", master4, "4.0.2 master aaaa 134 second  ? backlog 1+134 port 6379"},
		{"a replica", replica7, " replica bbbb 99 second cccc 51 backlog ?+? port ?"},
		{"Valkey", valkey, "valkey 8.0.1 master  ? second  ? backlog ?+? port ?"},
		{"after a prompt", "127.0.0.1:6379> info\n# Replication\nrole:master\n", " master  ? second  ? backlog ?+? port ?"},
	} {
		i, err := Parse(strings.NewReader(c.text))
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		got := fmt.Sprintf("%s %s %.4s %s second %.4s %s backlog %s+%s port %s", i.Version, i.Role, i.ReplicationID, value(i.MasterOffset),
			i.SecondaryID, value(i.SecondaryOffset), value(i.Backlog.FirstByte), value(i.Backlog.Length), value(i.Port))
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestReplicasAndKeyspace(t *testing.T) {
	i, err := Parse(strings.NewReader(master4))
	if err != nil || len(i.Replicas) != 1 || i.Replicas[0].Addr != "10.0.0.2:6380" || *i.Replicas[0].Offset != 120 || *i.Replicas[0].Lag != 1 {
		t.Errorf("%+v, %v", i.Replicas, err)
	}
	if fmt.Sprint(i.Keyspace) != "map[0:{3 1} 11:{2 0}]" {
		t.Errorf("%v", i.Keyspace)
	}
	i, err = Parse(strings.NewReader(ancient))
	if err != nil || len(i.Replicas) != 1 || i.Replicas[0].Addr != "127.0.0.1:6380" || i.Replicas[0].Offset != nil {
		t.Errorf("%+v, %v", i.Replicas, err)
	}
	i, err = Parse(strings.NewReader(replica7))
	if err != nil || i.LinkUp == nil || *i.LinkUp || i.MasterAddr != "::1:6379" {
		t.Errorf("%+v, %v", i, err)
	}
}

func TestNoInfo(t *testing.T) {
	if _, err := Parse(strings.NewReader("Dear diary,\n\x00\xff\n")); err == nil {
		t.Error("no error")
	}
}

// FuzzParse: no text makes it panic, and unknown stays unknown.
func FuzzParse(f *testing.F) {
	for _, text := range []string{master4, replica7, valkey, ancient} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		i, err := Parse(strings.NewReader(text))
		if err == nil && i.Fields["master_repl_offset"] == "" && i.MasterOffset != nil {
			t.Error("an offset out of nothing")
		}
	})
}
