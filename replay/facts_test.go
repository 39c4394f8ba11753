package replay

import (
	"strings"
	"testing"
)

func TestFacts(t *testing.T) {
	tests := []struct {
		name, info, log string
		want            Facts
	}{
		{name: "INFO of a replica", info: "# Server\r\nredis_version:4.0.2\r\nrole:slave\r\nsecond_repl_offset:-1\r\n", want: Facts{Replica: version(t, "4.0.2")}},
		{name: "INFO of a promoted master",
			info: "redis_version:7.2.4\nvalkey_version:8.0.1\nrole:master\nmaster_replid:" + idB + "\nmaster_replid2:" + idA + "\nsecond_repl_offset:42\n",
			want: Facts{Master: version(t, "valkey 8.0.1"), Secondary: []Secondary{{idB, idA, 42}}}},
		{name: "log of 4.0",
			log:  "15197:C 23 Nov 17:10:43.590 # Redis version=4.0.2, bits=64, pid=15197\n15197:S 23 Nov 17:10:43.600 * MASTER <-> SLAVE sync started\n",
			want: Facts{Replica: version(t, "4.0.2")}},
		{name: "log of 3.2", log: "15386:M 23 Nov 17:11:09.999 # Server started, Redis version 3.2.13\n", want: Facts{Master: version(t, "3.2.13")}},
		{name: "log of 2.8", log: "[15386] 23 Nov 17:11:09.999 # Server started, Redis version 2.8.24\n", want: Facts{Master: version(t, "2.8.24")}},
		{name: "the writer of an RDB is another server", log: "15481:S 23 Nov 2026 17:11:17.980 * Loading RDB produced by Valkey version 8.0.1\n"},
		{name: "log of a promotion",
			log:  "1:M 23 Nov 2026 17:11:08.650 * Setting secondary replication ID to " + idA + ", valid up to offset: 9385. New replication ID is " + idB + "\n",
			want: Facts{Secondary: []Secondary{{idB, idA, 9385}}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var got Facts
			read, text := got.ReadInfo, test.info
			if text == "" {
				read, text = got.ReadLog, test.log
			}
			if err := read(strings.NewReader(text)); err != nil {
				t.Fatal(err)
			}
			if got.Replica != test.want.Replica || got.Master != test.want.Master || len(got.Secondary) != len(test.want.Secondary) ||
				len(got.Secondary) == 1 && got.Secondary[0] != test.want.Secondary[0] {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}
