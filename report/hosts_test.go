package report

import (
	"slices"
	"testing"

	"github.com/redsleuth/redsleuth/inspect"
	"github.com/redsleuth/redsleuth/parse/info"
	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/parse/record"
)

// capturedLink is a link of a capture from one server to another.
func capturedLink(id, from, to string, port int) *Artefact {
	l := &inspect.Link{Link: record.Link{Number: 1, ReplicationID: id, From: from, To: to}}
	l.Link.Replica.ListeningPort = port
	return &Artefact{Path: "pcap", Role: Link, Input: &input.Input{}, Inspect: &inspect.Report{Links: []*inspect.Link{l}}}
}

func sided(d *Artefact, role Role) *Artefact { d.Role = role; return d }

// Commands are made of the addresses, some of which stop a server: roles are right
// or unknown, and addresses are nothing else.
func TestHosts(t *testing.T) {
	const a, b, c = "10.0.0.1:6379", "10.0.0.2:6380", "10.0.0.3:6379"
	together := []*Artefact{sided(dumpOf("m", idA, 9, 1), Master), sided(dumpOf("r", idA, 9, 1), Replica)}
	apart := []*Artefact{sided(dumpOf("m", idB, 9, 1), Master), sided(dumpOf("r", idA, 9, 1), Replica)}
	for name, test := range map[string]struct {
		artefacts []*Artefact
		want      []Host
	}{
		"one history": {
			append(slices.Clone(together), capturedLink(idA, a, "10.0.0.2:51000", 6380)),
			[]Host{{Master, a}, {Replica, b}},
		},
		"the replica was promoted": {
			append(slices.Clone(apart), capturedLink(idA, a, "10.0.0.2:51000", 6380)),
			[]Host{{Replica, a}, {Master, b}},
		},
		"one link that does not tell its history": {
			append(slices.Clone(apart), capturedLink("", a, "10.0.0.2:51000", 6380), capturedLink(idA, a, "10.0.0.2:51000", 6380)),
			[]Host{{Replica, a}, {Master, b}},
		},
		"a history of neither": {
			append(slices.Clone(apart), capturedLink("", a, "10.0.0.2:51000", 6380)),
			[]Host{{Unknown, a}, {Unknown, b}},
		},
		"a chain": {
			append(slices.Clone(together), capturedLink(idA, a, "10.0.0.2:51000", 6380),
				capturedLink(idA, b, "10.0.0.3:51000", 6379)),
			[]Host{{Master, a}, {Unknown, b}, {Replica, c}},
		},
		"INFO alone": {
			append(slices.Clone(together), &Artefact{Info: &info.Info{MasterAddr: a, Replicas: []info.Replica{{Addr: b}}}}),
			[]Host{{Master, a}, {Replica, b}},
		},
		"no address": {
			[]*Artefact{{Info: &info.Info{MasterAddr: "-h $(reboot):6379", Replicas: []info.Replica{{Addr: "x;y:1"}, {Addr: "a:0"}}}}}, nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := &run{}
			r.Artefacts = test.artefacts
			if r.hosts(); !slices.Equal(r.Hosts, test.want) {
				t.Errorf("%v, not %v", r.Hosts, test.want)
			}
		})
	}
}
